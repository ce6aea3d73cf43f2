// A network of the test's own: name servers that are silent, hosts that swallow what is sent to them.
#pragma once

#include "tests/integration/process.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace gridbridge::testing_support {

// Puts this process, and what it starts, into a network and mount namespace of its own. Every test runs in a
// process of its own. `usable` is false where the machine does not allow it: the test is skipped, loudly.
class OwnNetwork {
  public:
    static constexpr const char* dead_host = "192.0.2.7"; // takes packets, answers none
    static constexpr const char* here = "192.0.2.1";

    OwnNetwork() {
        usable = ::unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
                 ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && set_up();
    }

    // No name is found from now on, and nobody says so.
    void silence_name_server() {
        mute_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(53);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        usable = usable && ::bind(mute_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                 replace("/etc/resolv.conf", "nameserver 127.0.0.1\n");
    }
    // What is asked of the silent name server, for who wants to answer after all.
    int name_server() const { return mute_; }
    // Lines of /etc/hosts. The system would put addresses of this machine first: here the dead one is.
    void name_hosts(const std::string& lines) {
        usable = usable && replace("/etc/hosts", lines) &&
                 replace("/etc/gai.conf", "precedence ::ffff:" + std::string(dead_host) + "/128 100\n");
    }

    OwnNetwork(const OwnNetwork&) = delete;
    OwnNetwork& operator=(const OwnNetwork&) = delete;
    ~OwnNetwork() {
        if (mute_ >= 0) {
            ::close(mute_);
        }
    }

    bool usable = false;

  private:
    static bool set_up() {
        const std::string script = "ip link set lo up && ip link add veth0 type veth peer name veth1 && ip "
                                   "addr add 192.0.2.1/24 dev veth0 && "
                                   "ip link set veth0 up && ip link set veth1 up && ip neigh add " +
                                   std::string(dead_host) +
                                   " lladdr 02:00:00:00:00:07 dev veth0 nud permanent";
        const Result result = run({"sh", "-c", script});
        return result.exit_code == 0;
    }
    bool replace(const std::string& path, const std::string& text) {
        const std::string name = path.substr(path.rfind('/') + 1);
        folder_.write(name, text);
        return ::mount(folder_.path(name).c_str(), path.c_str(), nullptr, MS_BIND, nullptr) == 0;
    }

    Folder folder_;
    int mute_ = -1;
};

} // namespace gridbridge::testing_support
