// A disk of the test's own, which can stand still as a worn card does.
#pragma once

#include "tests/integration/process.hpp"

#include <sched.h>
#include <sys/mount.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

namespace gridbridge::testing_support {

// Puts this process, and what it starts, into a mount namespace of its own with a file system in a file.
// Every test runs in a process of its own. `usable` is false where the machine does not allow it: the test is
// skipped, loudly.
class OwnDisk {
  public:
    OwnDisk() {
        const std::string image = folder_.path("image");
        usable = ::unshare(CLONE_NEWNS) == 0 &&
                 ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                 does("truncate -s 64M " + image + " && /sbin/mkfs.ext4 -q " + image + " && mkdir " + path() +
                      " && mount -o loop " + image + " " + path());
    }
    OwnDisk(const OwnDisk&) = delete;
    OwnDisk& operator=(const OwnDisk&) = delete;
    ~OwnDisk() {
        while (stands_still()) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        ::umount2(path().c_str(), MNT_DETACH);
    }

    std::string path() const { return folder_.path("disk"); }

    // Who writes there from now on waits. Ends by itself, whatever becomes of the test: a process that waits
    // for a disk cannot be killed.
    bool stand_still(std::chrono::seconds time) {
        has_stood_still_ = does("/sbin/fsfreeze -f " + path() + " && (setsid sh -c 'sleep " +
                                std::to_string(time.count()) + "; touch " + moved_on() +
                                "; /sbin/fsfreeze -u " + path() + "' </dev/null >/dev/null 2>&1 &)");
        return has_stood_still_;
    }
    bool stands_still() const { return has_stood_still_ && !std::filesystem::exists(moved_on()); }

    bool usable = false;

  private:
    static bool does(const std::string& script) { return run({"sh", "-c", script}).exit_code == 0; }
    std::string moved_on() const { return folder_.path("moved_on"); }

    Folder folder_;
    bool has_stood_still_ = false;
};

} // namespace gridbridge::testing_support
