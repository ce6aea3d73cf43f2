#include "app/recording/recording_folder.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/utc.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

#include <fcntl.h>

namespace gridbridge {
namespace {

constexpr std::string_view prefix = "gridbridge-";
constexpr std::string_view plain_suffix = ".pcapng";

std::optional<RingFile> ring_file(std::string name) {
    RingFile file;
    std::string_view rest = name;
    if (rest.ends_with(packed_suffix)) {
        file.is_packed = true;
        rest.remove_suffix(std::string_view(packed_suffix).size());
    }
    if (!rest.starts_with(prefix) || !rest.ends_with(plain_suffix)) {
        return std::nullopt;
    }
    rest.remove_suffix(plain_suffix.size());
    const auto number = parse_integer(rest.substr(rest.rfind('-') + 1));
    if (!number || *number < 0) {
        return std::nullopt;
    }
    file.number = static_cast<std::uint64_t>(*number);
    file.name = std::move(name);
    return file;
}

// False: it is no file, or has gone since it was listed. One that was compressed since then has its new name.
bool measure(const std::string& directory, RingFile& file) {
    std::error_code gone;
    file.size = std::filesystem::file_size(directory + "/" + file.name, gone);
    if (gone && !file.is_packed) {
        file.name += packed_suffix;
        file.is_packed = true;
        file.size = std::filesystem::file_size(directory + "/" + file.name, gone);
    }
    return !gone;
}

} // namespace

std::string ring_problem(const std::string& path, int error) {
    const bool is_full = error == ENOSPC || error == EDQUOT || error == EFBIG;
    return path + ": " + std::generic_category().message(error) + "; " +
           (is_full ? "free some space there, or record less" : "let the user of the service write there");
}

std::string ring_file_name(std::int64_t unix_time, std::uint64_t number) {
    return std::string(prefix) + utc_text(unix_time, UtcForm::Compact) + "-" + std::to_string(number) +
           std::string(plain_suffix);
}

void remove_unfinished(const std::string& directory) {
    std::error_code error;
    std::vector<std::filesystem::path> unfinished;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(prefix) && name.ends_with(unfinished_suffix)) {
            unfinished.push_back(entry.path());
        }
    }
    for (const auto& path : unfinished) {
        std::filesystem::remove(path, error);
    }
}

std::vector<RingFile> ring_files(const std::string& directory) {
    std::vector<RingFile> files;
    try {
        for (const auto& entry : std::filesystem::directory_iterator(directory)) {
            const std::string name = entry.path().filename().string();
            if (auto file = ring_file(name); file && measure(directory, *file)) {
                files.push_back(std::move(*file));
            }
        }
    } catch (const std::filesystem::filesystem_error& error) {
        throw std::runtime_error(ring_problem(directory, error.code().value()));
    }
    std::sort(files.begin(), files.end(), [](const RingFile& one, const RingFile& other) {
        return std::pair(one.number, !one.is_packed) < std::pair(other.number, !other.is_packed);
    });
    return files;
}

std::vector<RingFile> recordings_in(const std::string& directory) {
    std::vector<RingFile> files = ring_files(directory);
    const auto is_same = [](const RingFile& one, const RingFile& other) {
        return one.number == other.number;
    };
    files.erase(std::unique(files.begin(), files.end(), is_same), files.end());
    return files;
}

Descriptor open_recording(std::string& path) {
    Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open() && errno == ENOENT) {
        const std::string packed = path + packed_suffix;
        file.reset(::open(packed.c_str(), O_RDONLY | O_CLOEXEC));
        path = file.is_open() ? packed : path;
    }
    return file;
}

bool is_folder(const std::string& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
}

void make_ring_folder(const std::string& directory) {
    std::error_code error;
    std::filesystem::create_directory(directory, error);
    if (error) {
        throw std::runtime_error(ring_problem(directory, error.value()));
    }
}

void make_ring_room(const std::string& directory, std::uint64_t bytes, const std::string& keep) {
    const auto files = ring_files(directory);
    std::uint64_t all = 0;
    for (const RingFile& file : files) {
        all += file.size;
    }
    for (const RingFile& file : files) {
        if (all <= bytes) {
            return;
        }
        const std::string path = directory + "/" + file.name;
        std::error_code error;
        if (file.name != keep && std::filesystem::remove(path, error)) {
            all -= file.size;
        }
        if (error) {
            throw std::runtime_error(ring_problem(path, error.value()));
        }
    }
}

} // namespace gridbridge
