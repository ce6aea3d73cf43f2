#include "drivers/io/open_error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gridbridge {
namespace {

constexpr mode_t permission_bits = 07777;

std::vector<gid_t> own_groups() {
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    const int count = ::getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    groups.push_back(::getegid());
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    return groups;
}

// The first folder on the way to `path` that this process may not enter.
std::string closed_folder(const std::string& path) {
    for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1)) {
        std::string folder = path.substr(0, std::max<std::size_t>(slash, 1));
        if (::faccessat(AT_FDCWD, folder.c_str(), X_OK, AT_EACCESS) != 0 && errno == EACCES) {
            return folder;
        }
    }
    return {};
}

std::string octal(mode_t mode) {
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & permission_bits));
    return text.data();
}

std::string listed(const std::vector<gid_t>& groups) {
    std::string text;
    for (const gid_t group : groups) {
        text += (text.empty() ? "" : ", ") + std::to_string(group);
    }
    return text;
}

// Whether three permission bits grant what is wanted.
bool grants(mode_t bits, Access wanted) {
    const mode_t needed = wanted == Access::Read ? 04 : 06;
    return (bits & needed) == needed;
}

// A port gets its mode from udev anew each time it is plugged in; a file keeps what chmod says.
std::string new_mode(const std::string& path, const AccessFacts& facts, Access wanted) {
    const std::string letters = wanted == Access::Read ? "r" : "rw";
    return facts.is_device
               ? R"(set MODE="0660" and GROUP="dialout" in a udev rule of this port)"
               : "chmod " + std::string(facts.user == facts.owner ? "u+" : "g+") + letters + " " + path;
}

} // namespace

AccessFacts access_facts(const std::string& path) {
    AccessFacts facts;
    facts.closed_folder = closed_folder(path);
    facts.user = ::geteuid();
    facts.groups = own_groups();
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        facts.found = true;
        facts.is_device = S_ISCHR(status.st_mode);
        facts.mode = status.st_mode & permission_bits;
        facts.owner = status.st_uid;
        facts.group = status.st_gid;
    }
    return facts;
}

// The kernel looks at one class of bits only: the owner's, else the group's, else those of all others.
std::string explain_denied(const std::string& path, const AccessFacts& facts, Access wanted) {
    std::string denied = path + ": permission denied";
    const std::string process =
        "this process is user " + std::to_string(facts.user) + " with groups " + listed(facts.groups);
    if (!facts.closed_folder.empty()) {
        return denied + ": the folder " + facts.closed_folder + " may not be entered, " + process +
               ": give it the right to (x), or move the file";
    }
    if (!facts.found) {
        return denied;
    }
    const bool owns = facts.user == facts.owner;
    const bool in_group = std::binary_search(facts.groups.begin(), facts.groups.end(), facts.group);
    const unsigned shift = owns ? 6 : in_group ? 3 : 0;
    if (grants(facts.mode >> shift, wanted)) {
        return denied + " although its mode " + octal(facts.mode) +
               " grants it: look for AppArmor or SELinux";
    }
    if (!owns && !in_group && grants(facts.mode >> 3U, wanted)) {
        const std::string group = std::to_string(facts.group);
        return denied + ": its group is " + group + ", " + process + ": add `group_add: [\"" + group +
               "\"]` to the container, or the user to that group";
    }
    return denied + ": its mode is " + octal(facts.mode) + ", its owner " + std::to_string(facts.owner) +
           ", its group " + std::to_string(facts.group) + ", " + process + ": " +
           new_mode(path, facts, wanted);
}

std::string explain_open_error(const std::string& path, int error, Access wanted) {
    switch (error) {
    case ENOENT:
        return path + " does not exist: not plugged in, or not passed into the container";
    case ENODEV: // the file is there, what it stands for is not
    case ENXIO:
    case EIO:
        return path +
               ": nothing stands behind this device file: the adapter has gone or was plugged in again, or "
               "the machine lacks that port. A container keeps the old file: give it /dev and "
               "device_cgroup_rules (docker/README.md), or set on_lost = \"exit\" and a restart policy";
    case EBUSY:
    case EWOULDBLOCK:
        return path + " is in use by another program: stop it, or give each program a port of its own";
    case EPERM:
        return path +
               ": not permitted by the device cgroup; pass the device into the container, or, under "
               "systemd, allow it: systemctl edit gridbridge: [Service] DeviceAllow=" +
               path + " rw";
    case EACCES:
        return explain_denied(path, access_facts(path), wanted);
    case EISDIR:
        return path + ": is a folder, not a file or device";
    default:
        return path + ": " + std::generic_category().message(error);
    }
}

} // namespace gridbridge
