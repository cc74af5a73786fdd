// A sound shared library that is neither ONNX Runtime nor a provider of it.
extern "C" __attribute__((visibility("default"))) int vsmlrt_test_answer() {
    return 42;
}
