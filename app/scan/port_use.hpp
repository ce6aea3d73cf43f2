// Names of serial ports, and who has one open.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

inline constexpr const char* by_id_folder = "/dev/serial/by-id";

// The names in the folder, sorted; empty when there is no such folder.
std::vector<std::string> ports_by_id(const std::string& folder = by_id_folder);
// The name by id of this port; the path itself when it has none.
std::string name_by_id(const std::string& path, const std::string& folder = by_id_folder);

// A character device that may be a serial port; /dev/null is one that may not.
bool is_terminal_device(const std::string& path);

struct PortHolder {
    int pid = 0;
    std::string command;

    bool operator==(const PortHolder&) const = default;
};

// Other processes that have the port open, as far as this user may see, or hold a lock on it.
std::vector<PortHolder> port_holders(const std::string& path);

// Other processes with a lock on this file, as far as its file system tells.
std::vector<int> file_lock_holders(const std::string& path);
// Processes with a lock on this file. `text` is /proc/locks. Pure.
std::vector<int> lock_holders(std::string_view text, unsigned major, unsigned minor, std::uint64_t inode);
// Whether a descriptor is the other end of the pseudo terminal /dev/pts/<index>. `text` is its
// /proc/<pid>/fdinfo. Pure.
bool is_master_of(std::string_view text, unsigned index);

} // namespace gridbridge
