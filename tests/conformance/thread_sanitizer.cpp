// ONNX Runtime is not built for ThreadSanitizer, which therefore does not see the locks inside it: what its
// own code copies is left out, what this project's code does is not.
extern "C" __attribute__((visibility("default"))) const char *__tsan_default_suppressions() {
    return "race:libonnxruntime.so\n";
}
