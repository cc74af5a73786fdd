// trtexec, tensorrt_rtx and migraphx-driver: their work is the plugin's, one folder up (engine_stand_in.cpp).
#include "base/launch.h"

int main(int count, char **arguments) {
    return vsmlrt::launch("../" VSMLRT_PLUGIN_FILE, "vsmlrt_engine_stand_in", count, arguments);
}
