#include "app/recording/newest_recordings.hpp"

#include "app/recording/recording_folder.hpp"
#include "drivers/io/descriptor.hpp"

#include <algorithm>

#include <fcntl.h>
#include <sys/stat.h>

namespace gridbridge {
namespace {

constexpr std::uint64_t most_bundled = 32'000'000; // bytes, unpacked
constexpr std::uint64_t usual_packing = 12;        // as small becomes what is packed

struct OpenFile {
    RingFile listed;
    Descriptor file;
    struct stat now {};

    bool open(const std::string& directory) {
        file.reset(::open((directory + "/" + listed.name).c_str(), O_RDONLY | O_CLOEXEC));
        return file.is_open() && ::fstat(file.get(), &now) == 0;
    }
};

// It may have been compressed since it was listed.
bool open_either(const std::string& directory, OpenFile& file) {
    if (file.open(directory)) {
        return true;
    }
    if (file.listed.is_packed) {
        return false;
    }
    file.listed.name += packed_suffix;
    file.listed.is_packed = true;
    return file.open(directory);
}

Bytes content(const OpenFile& file) {
    Bytes bytes(static_cast<std::size_t>(file.now.st_size));
    std::size_t have = 0;
    for (ssize_t got = 1; got > 0 && have < bytes.size(); have += static_cast<std::size_t>(got)) {
        got = std::max<ssize_t>(::read(file.file.get(), bytes.data() + have, bytes.size() - have), 0);
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
    for (RingFile& each : listed) {
        OpenFile file{std::move(each), Descriptor(), {}};
        if (!open_either(directory, file)) {
            continue; // the ring had no room for it any more
        }
        const auto bytes = static_cast<std::uint64_t>(file.now.st_size);
        const std::uint64_t size = file.listed.is_packed ? bytes * usual_packing : bytes;
        if (file.now.st_mtime < since || size > left) {
            break;
        }
        left -= size;
        all.emplace_back(file.listed.name, content(file));
    }
    std::reverse(all.begin(), all.end());
    return all;
}

} // namespace gridbridge
