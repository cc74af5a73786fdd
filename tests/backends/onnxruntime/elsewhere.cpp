// What needy_provider needs.
extern "C" __attribute__((visibility("default"))) int elsewhere() {
    return 7;
}
