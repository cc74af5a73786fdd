// Bytes in memory as a stream, which OpenVINO reads networks and programs from.
#pragma once

#include <streambuf>

namespace vsmlrt::openvino {

// Reads what is there without copying it; the bytes outlive it.
class MemoryBuffer : public std::streambuf {
public:
    MemoryBuffer(const void *data, std::size_t size) {
        auto *begin = const_cast<char *>(static_cast<const char *>(data));
        setg(begin, begin, begin + size);
    }

protected:
    pos_type seekoff(off_type offset, std::ios_base::seekdir from, std::ios_base::openmode) override {
        char *base = from == std::ios_base::beg ? eback() : from == std::ios_base::cur ? gptr() : egptr();
        if (offset < eback() - base || offset > egptr() - base)
            return pos_type(off_type(-1));
        setg(eback(), base + offset, egptr());
        return pos_type(gptr() - eback());
    }
    pos_type seekpos(pos_type position, std::ios_base::openmode which) override {
        return seekoff(off_type(position), std::ios_base::beg, which);
    }
};

} // namespace vsmlrt::openvino
