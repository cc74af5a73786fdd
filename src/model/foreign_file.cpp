#include "model/foreign_file.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>

namespace vsmlrt::model {
namespace {

using namespace std::string_view_literals;

struct Signature {
    std::size_t at;
    std::string_view bytes;
    std::string_view nature;
};

// Sources: the formats' own documentation.
constexpr Signature signatures[] = {
    {0, "PK\x03\x04"sv,
     "it is a ZIP archive, such as a PyTorch checkpoint (export the network to ONNX) or a packed network "
     "(unpack it)"},
    {0, "7z\xBC\xAF"sv, "it is a 7z archive; unpack it"},
    {0, "Rar!"sv, "it is a RAR archive; unpack it"},
    {0, "\x1F\x8B"sv, "it is compressed by gzip; unpack it"},
    {0,
     "\xFD"
     "7zXZ"sv,
     "it is compressed by xz; unpack it"},
    {0, "\x28\xB5\x2F\xFD"sv, "it is compressed by zstd; unpack it"},
    {0, "\x80\x02"sv,
     "it is a Python pickle, such as an older PyTorch checkpoint; export the network to ONNX"},
    {0, "\x80\x03"sv, "it is a Python pickle; export the network to ONNX"},
    {0, "\x80\x04"sv, "it is a Python pickle; export the network to ONNX"},
    {0, "\x80\x05"sv, "it is a Python pickle; export the network to ONNX"},
    {0, "\x89HDF"sv, "it is an HDF5 file, such as a Keras network; export the network to ONNX"},
    {0, "GGUF"sv, "it is a GGUF file; networks are read from ONNX and ncnn files"},
    {0, "ptrt"sv, "it is a TensorRT engine; give the ONNX file that it was built from"},
    {0, "ftrt"sv, "it is a TensorRT engine; give the ONNX file that it was built from"},
    {4, "TFL3"sv, "it is a TensorFlow Lite network; networks are read from ONNX and ncnn files"},
    {4, "ORTM"sv, "it is in ONNX Runtime's own format; give the ONNX file that it was made from"},
    {0, "\xDD\x85\x76\x00"sv, "it is an ncnn param file in binary form; give the text form"},
    {0, "7767517\n"sv, "it is the text of an ncnn network; name it .param, and the file of its weights .bin"},
    {0, "7767517\r\n"sv,
     "it is the text of an ncnn network; name it .param, and the file of its weights .bin"},
    {0, "version https://git-lfs"sv, "it is a Git LFS pointer; fetch the file itself with git lfs pull"},
};

// The length of a JSON text in 8 bytes, then that text.
bool is_safetensors(std::string_view bytes) {
    std::uint64_t length = 0;
    if (bytes.size() < sizeof length + 2 || bytes[sizeof length] != '{')
        return false;
    std::memcpy(&length, bytes.data(), sizeof length);
    return length <= bytes.size() - sizeof length;
}

} // namespace

std::string_view nature_of(std::string_view bytes) {
    if (bytes.empty())
        return "it is empty";
    for (const Signature &signature : signatures)
        if (bytes.substr(std::min(signature.at, bytes.size())).starts_with(signature.bytes))
            return signature.nature;
    if (is_safetensors(bytes))
        return "it is a safetensors file, which holds weights without a network; export the network to ONNX";
    const std::string_view start = bytes.substr(0, 256);
    const bool is_text = std::all_of(start.begin(), start.end(), [](unsigned char c) {
        return c >= 0x80 || std::isprint(c) || std::isspace(c);
    });
    if (!is_text)
        return "it is cut off or damaged";
    if (start.starts_with("<") && start.find("<net") != std::string_view::npos)
        return "it is an OpenVINO network; give the ONNX file that it was made from";
    if (start.starts_with("<"))
        return "it is a web page or another markup text";
    return "it is text";
}

} // namespace vsmlrt::model
