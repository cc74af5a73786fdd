// import_tool PARAM BIN OUT.onnx [--keep-size-as-is]: the ncnn import for tests that are written in Python.
#include "base/file.h"
#include "model/ncnn.h"
#include "model/onnx.h"

#include <cstring>
#include <exception>
#include <iostream>

int main(int argc, char **argv) {
    const bool keep = argc == 5 && std::strcmp(argv[4], "--keep-size-as-is") == 0;
    if (argc != 4 && !keep) {
        std::cerr << "usage: import_tool PARAM BIN OUT.onnx [--keep-size-as-is]\n";
        return 2;
    }
    try {
        using namespace vsmlrt;
        const auto param = read_file(argv[1]);
        const auto bin = read_file(argv[2]);
        const std::string_view text(reinterpret_cast<const char *>(param.data()), param.size());
        const auto network = model::import_ncnn(text, bin, {.restore_size = !keep});
        replace_file(argv[3], model::write_onnx(network));
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
    return 0;
}
