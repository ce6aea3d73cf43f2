// Why a port or file cannot be opened, and what to do about it.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

namespace gridbridge {

enum class Access : unsigned char { Read, ReadWrite }; // what was wanted

// What decides about access to a path: path_resolution(7), "Permissions".
struct AccessFacts {
    std::string closed_folder; // on the way to the path, may not be entered; empty: none
    bool found = false;        // the rest is known
    bool is_device = false;
    mode_t mode = 0; // permission bits
    uid_t owner = 0;
    gid_t group = 0;
    uid_t user = 0;            // effective, of this process
    std::vector<gid_t> groups; // of this process, ascending
};

// Reads the facts from the system. Any thread.
AccessFacts access_facts(const std::string& path);

// Text for EACCES. Pure.
std::string explain_denied(const std::string& path, const AccessFacts& facts, Access wanted);

// For users: the path, the reason, the fix. `error` is an errno value of open(2) or flock(2). Any thread.
std::string explain_open_error(const std::string& path, int error, Access wanted = Access::ReadWrite);

} // namespace gridbridge
