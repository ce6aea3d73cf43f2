#include "app/simulate/pty.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

namespace gridbridge {
namespace {

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

bool is_link(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
}

} // namespace

Pty::Pty(std::string link) : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK)) {
    std::array<char, 128> name{};
    if (!master_.is_open() || ::grantpt(master()) != 0 || ::unlockpt(master()) != 0 ||
        ::ptsname_r(master(), name.data(), name.size()) != 0) {
        fail("pty");
    }
    device_ = name.data();
    slave_.reset(::open(device_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));
    termios settings{};
    if (!slave_.is_open() || ::tcgetattr(slave_.get(), &settings) != 0) {
        fail(device_);
    }
    ::cfmakeraw(&settings); // no echo of what arrives before the client has set up its side
    ::tcsetattr(slave_.get(), TCSANOW, &settings);
    if (link.empty()) {
        return;
    }
    if (is_link(link)) {
        ::unlink(link.c_str());
    }
    if (::symlink(device_.c_str(), link.c_str()) != 0) {
        fail(link);
    }
    link_ = std::move(link);
}

Pty::~Pty() {
    if (!link_.empty()) {
        ::unlink(link_.c_str());
    }
}

} // namespace gridbridge
