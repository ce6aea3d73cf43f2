#include "app/recording/newest_recordings.hpp"

#include "app/recording/recording_folder.hpp"
#include "drivers/io/descriptor.hpp"

#include <algorithm>

#include <sys/stat.h>

namespace gridbridge {
namespace {

constexpr std::uint64_t most_bundled = 32'000'000; // bytes, unpacked
constexpr std::uint64_t usual_packing = 12;        // as small becomes what is packed

Bytes content(const Descriptor& file, std::size_t size) {
    Bytes bytes(size);
    std::size_t have = 0;
    for (ssize_t got = 1; got > 0 && have < bytes.size(); have += static_cast<std::size_t>(got)) {
        got = std::max<ssize_t>(::read(file.get(), bytes.data() + have, bytes.size() - have), 0);
    }
    bytes.resize(have);
    return bytes;
}

} // namespace

std::vector<std::pair<std::string, Bytes>> newest_recordings(const std::string& directory,
                                                             std::int64_t since) {
    std::vector<std::pair<std::string, Bytes>> all;
    if (!is_folder(directory)) {
        return all;
    }
    auto listed = recordings_in(directory);
    std::reverse(listed.begin(), listed.end()); // the newest first
    std::uint64_t left = most_bundled;
    for (const RingFile& each : listed) {
        std::string path = directory + "/" + each.name;
        const Descriptor file = open_recording(path);
        struct stat now {};
        if (!file.is_open() || ::fstat(file.get(), &now) != 0) {
            continue; // the ring had no room for it any more
        }
        const auto bytes = static_cast<std::size_t>(now.st_size);
        const std::uint64_t size = path.ends_with(packed_suffix) ? bytes * usual_packing : bytes;
        if (now.st_mtime < since || size > left) {
            break;
        }
        left -= size;
        all.emplace_back(path.substr(directory.size() + 1), content(file, bytes));
    }
    std::reverse(all.begin(), all.end());
    return all;
}

} // namespace gridbridge
