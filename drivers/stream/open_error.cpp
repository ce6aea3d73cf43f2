#include "drivers/stream/byte_source.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include <sys/stat.h>
#include <unistd.h>

namespace gridbridge {
namespace {

std::string own_groups() {
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(getgroups(0, nullptr), 0)));
    const int count = getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    groups.push_back(getegid());
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    std::string text;
    for (const gid_t group : groups) {
        text += (text.empty() ? "" : ", ") + std::to_string(group);
    }
    return text;
}

std::string describe_denied(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) {
        return path + ": permission denied";
    }
    const std::string group = std::to_string(status.st_gid);
    return path + ": permission denied: its group is " + group + ", this process is user " +
           std::to_string(geteuid()) + " with groups " + own_groups() + ": add `group_add: [\"" + group +
           "\"]` to the container, or the user to that group";
}

} // namespace

std::string describe_open_error(const std::string& path, int error) {
    switch (error) {
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return path + ": not found: is it plugged in, and passed into the container?";
    case EACCES:
    case EPERM:
        return describe_denied(path);
    case EBUSY:
    case EWOULDBLOCK:
        return path + ": in use by another program: stop it, or give each program a port of its own";
    case EISDIR:
        return path + ": is a folder, not a file or device";
    default:
        return path + ": " + std::generic_category().message(error);
    }
}

} // namespace gridbridge
