#include "app/scan/port_use.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <system_error>

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace gridbridge {
namespace {

namespace fs = std::filesystem;

constexpr unsigned first_pts_major = 136;
constexpr unsigned last_pts_major = 143;

std::string text_of(const fs::path& file) {
    std::ifstream in(file);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> found;
    std::error_code error; // processes end while we look, others may not be looked at
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        found.push_back(entry->path());
    }
    return found;
}

bool is_device(const fs::path& path, dev_t device) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISCHR(status.st_mode) && status.st_rdev == device;
}

bool is_pts(dev_t device) {
    return major(device) >= first_pts_major && major(device) <= last_pts_major;
}

bool has_open(const fs::path& process, dev_t device) {
    const auto descriptors = entries(process / "fd");
    const bool open = std::any_of(descriptors.begin(), descriptors.end(),
                                  [&](const fs::path& fd) { return is_device(fd, device); });
    if (!open || !is_pts(device)) {
        return open;
    }
    // Who made the pseudo terminal is the meter on it, not a user of it.
    return std::none_of(descriptors.begin(), descriptors.end(), [&](const fs::path& fd) {
        return is_master_of(text_of(process / "fdinfo" / fd.filename()), minor(device));
    });
}

std::string command_of(int pid) {
    std::string command = text_of("/proc/" + std::to_string(pid) + "/comm");
    return std::string(trim(command));
}

template <typename Number>
std::optional<Number> number_of(std::string_view text, int base) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

} // namespace

std::vector<std::string> ports_by_id(const std::string& folder) {
    std::vector<std::string> ports;
    for (const fs::path& entry : entries(folder)) {
        ports.push_back(entry.string());
    }
    std::sort(ports.begin(), ports.end());
    return ports;
}

std::string name_by_id(const std::string& path, const std::string& folder) {
    std::error_code error;
    const fs::path device = fs::canonical(path, error);
    for (const std::string& port : ports_by_id(folder)) {
        std::error_code dangling;
        if (!error && fs::canonical(port, dangling) == device && !dangling) {
            return port;
        }
    }
    return path;
}

bool is_terminal_device(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) {
        return false;
    }
    const std::string device =
        std::to_string(major(status.st_rdev)) + ':' + std::to_string(minor(status.st_rdev));
    std::error_code unknown; // pseudo terminals are not listed
    const fs::path kind = fs::read_symlink("/sys/dev/char/" + device + "/subsystem", unknown);
    return unknown || kind.filename() == "tty";
}

std::vector<int> file_lock_holders(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        return {};
    }
    auto pids =
        lock_holders(text_of("/proc/locks"), major(status.st_dev), minor(status.st_dev), status.st_ino);
    std::erase(pids, ::getpid());
    return pids;
}

std::vector<PortHolder> port_holders(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0 || !S_ISCHR(status.st_mode)) {
        return {};
    }
    const auto locks = file_lock_holders(path);
    std::set<int> pids(locks.begin(), locks.end());
    for (const fs::path& process : entries("/proc")) {
        const auto pid = parse_integer(process.filename().string());
        if (pid && has_open(process, status.st_rdev)) {
            pids.insert(static_cast<int>(*pid));
        }
    }
    pids.erase(::getpid());
    std::vector<PortHolder> holders;
    holders.reserve(pids.size());
    for (const int pid : pids) {
        holders.push_back({pid, command_of(pid)});
    }
    return holders;
}

std::vector<int> lock_holders(std::string_view text, unsigned major, unsigned minor, std::uint64_t inode) {
    std::vector<int> pids;
    for (const std::string_view line : split(text, '\n')) {
        std::istringstream in{std::string(line)};
        std::string number;
        std::string kind;
        std::string strictness;
        std::string access;
        std::string pid;
        std::string file;
        if (!(in >> number >> kind) || (kind == "->" && !(in >> kind)) ||
            !(in >> strictness >> access >> pid >> file)) {
            continue;
        }
        const auto parts = split(file, ':');
        const auto holder = number_of<int>(pid, 10);
        if (parts.size() == 3 && holder && *holder > 0 && number_of<unsigned>(parts[0], 16) == major &&
            number_of<unsigned>(parts[1], 16) == minor && number_of<std::uint64_t>(parts[2], 10) == inode) {
            pids.push_back(*holder);
        }
    }
    return pids;
}

bool is_master_of(std::string_view text, unsigned index) {
    constexpr std::string_view key = "tty-index:";
    for (const std::string_view line : split(text, '\n')) {
        if (line.starts_with(key)) {
            return number_of<unsigned>(trim(line.substr(key.size())), 10) == index;
        }
    }
    return false;
}

} // namespace gridbridge
