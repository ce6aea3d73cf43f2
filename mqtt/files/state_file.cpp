#include "mqtt/files/state_file.hpp"

#include "mqtt/files/synced_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace gridbridge {
namespace {

constexpr const char* last_good_suffix = ".bak";

} // namespace

std::optional<std::string> StateFile::load() const {
    return directory_.empty() ? std::nullopt : read_whole(path());
}

std::optional<std::string> StateFile::load_last_good() const {
    return directory_.empty() ? std::nullopt : read_whole(path() + last_good_suffix);
}

std::string StateFile::keep_copy(const std::string& suffix) const {
    std::string copy = path() + "." + suffix;
    std::error_code ignored;
    std::filesystem::copy_file(path(), copy, std::filesystem::copy_options::skip_existing, ignored);
    return copy;
}

std::string StateFile::set_aside() const {
    std::string aside = path() + ".bad";
    std::error_code ignored;
    std::filesystem::rename(path(), aside, ignored);
    return aside;
}

void StateFile::save(const std::string& text) const {
    if (!directory_.empty()) {
        replace_synced(path(), text, path() + last_good_suffix);
    }
}

std::string StateFile::why_not_writable() const {
    if (directory_.empty()) {
        return "no state_dir is set";
    }
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) {
        return directory_ + ": " + error.message();
    }
    return ::access(directory_.c_str(), W_OK | X_OK) == 0
               ? std::string()
               : directory_ + ": " + std::generic_category().message(errno);
}

} // namespace gridbridge
