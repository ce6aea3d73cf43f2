// What a meter has sent, from a file of the corpus: as it came over the wire, or a recording of it.
#pragma once

#include "app/recording/recorded_bytes.hpp"
#include "tests/drivers/stream/support.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace gridbridge::test {

// What the file of its expected values is named after: of m.bin, m.pcapng and m.pcapng.zst it is m.
inline std::string capture_name(std::filesystem::path path) {
    if (path.extension() == ".zst") {
        path = path.stem();
    }
    return path.stem().string();
}

// `dialect`: "p1", "sml" or "d0"; of a recording the bytes received on connections of it.
inline Bytes captured_bytes(const std::filesystem::path& path, std::string_view dialect) {
    if (const auto received = recorded_bytes(path.string(), dialect)) {
        return bytes_of(*received);
    }
    return read_bytes(path);
}

} // namespace gridbridge::test
