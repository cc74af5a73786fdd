// A library that cannot be opened by itself, and is not a provider once it is open.
extern "C" int elsewhere();

extern "C" __attribute__((visibility("default"))) int needy() {
    return elsewhere();
}
