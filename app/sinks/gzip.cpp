#include "app/sinks/gzip.hpp"

#include <zlib.h>

#include <new>

namespace gridbridge {

std::string gzip(std::string_view bytes) {
    constexpr int gzip_frame = 16;  // added to the bits of the window, see deflateInit2
    constexpr int window_bits = 13; // 8 kB: lines repeat soon
    constexpr int memory_level = 6;
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, window_bits + gzip_frame, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::bad_alloc();
    }
    std::string packed(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data())); // zlib only reads there
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(packed.data());
    stream.avail_out = static_cast<uInt>(packed.size());
    deflate(&stream, Z_FINISH);
    packed.resize(stream.total_out);
    deflateEnd(&stream);
    return packed;
}

} // namespace gridbridge
