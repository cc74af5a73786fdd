// VapourSynth is not built for ThreadSanitizer, which does not see the atomic counts of its frames and
// requests: what their last owner frees seems to it to be freed while others have it. What really is freed
// too early is AddressSanitizer's to find, which runs the same tests.
extern "C" __attribute__((visibility("default"))) const char *__tsan_default_suppressions() {
    return "race:operator delete\nrace:VSPlaneData::release\n";
}
