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

Pty::Pty(std::string link) {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    std::array<char, 128> name{};
    try {
        if (master_ < 0 || ::grantpt(master_) != 0 || ::unlockpt(master_) != 0 ||
            ::ptsname_r(master_, name.data(), name.size()) != 0) {
            fail("pty");
        }
        device_ = name.data();
        slave_ = ::open(device_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
        termios settings{};
        if (slave_ < 0 || ::tcgetattr(slave_, &settings) != 0) {
            fail(device_);
        }
        ::cfmakeraw(&settings); // no echo of what arrives before the client has set up its side
        ::tcsetattr(slave_, TCSANOW, &settings);
        if (!link.empty()) {
            if (is_link(link)) {
                ::unlink(link.c_str());
            }
            if (::symlink(device_.c_str(), link.c_str()) != 0) {
                fail(link);
            }
            link_ = std::move(link);
        }
    } catch (...) {
        close();
        throw;
    }
}

Pty::~Pty() {
    close();
}

void Pty::close() noexcept {
    if (!link_.empty()) {
        ::unlink(link_.c_str());
    }
    if (slave_ >= 0) {
        ::close(slave_);
    }
    if (master_ >= 0) {
        ::close(master_);
    }
}

} // namespace gridbridge
