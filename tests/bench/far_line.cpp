#include "tests/bench/far_line.hpp"

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace gridbridge::bench {
namespace {

using testing_support::OwnNetwork;
using testing_support::run;

constexpr const char* far_host = "192.0.2.2";
constexpr const char* nobody = "02:00:00:00:00:07"; // no machine has this address

void shell(const std::string& script) {
    const auto result = run({"sh", "-c", script});
    if (result.exit_code != 0) {
        throw std::runtime_error(script + ": " + result.errors);
    }
}

std::string network_of(const std::string& process) {
    return std::filesystem::read_symlink("/proc/" + process + "/ns/net").string();
}

} // namespace

FarLine::FarLine() {
    if (!network_.usable) {
        throw std::runtime_error("needs root and iproute2");
    }
    shell("ip link add veth2 type veth peer name veth3 && ip addr add " + std::string(meter_host) +
          "/24 dev veth2 && ip link set veth2 up");
}

std::vector<std::string> FarLine::wrapper() {
    return {
        "unshare", "--net", "sh", "-c",
        "until ip link show veth3 >/dev/null 2>&1; do sleep 0.02; done; ip addr add " +
            std::string(far_host) +
            "/24 dev veth1; ip addr add 198.51.100.2/24 dev veth3; ip link set lo up; ip link set veth1 up; "
            "ip link set veth3 up; exec \"$0\" \"$@\""};
}

void FarLine::attach(int pid) {
    pid_ = pid;
    while (network_of(std::to_string(pid)) == network_of("self")) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    const std::string there = " netns " + std::to_string(pid);
    shell("ip link set veth1" + there + " && ip link set veth3" + there);
}

std::string FarLine::there(const std::string& command) const {
    return "nsenter -t " + std::to_string(pid_) + " -n " + command;
}

void FarLine::be_dead(bool dead) const {
    const auto neighbour = [&](const std::string& host, const std::string& device) {
        return dead ? "ip neigh replace " + host + " lladdr " + nobody + " dev " + device + " nud permanent"
                    : "ip neigh del " + host + " dev " + device;
    };
    shell(there(neighbour(broker_host, "veth1")));
    shell(neighbour(far_host, "veth0"));
}

// What waits in it then is sent at once, as a line does that is free again.
void FarLine::be_slow(bool slow) const {
    const std::string rate = slow ? "rate 1600bit burst 1600" : "rate 100mbit burst 16000";
    shell(there("tc qdisc replace dev veth1 root tbf " + rate + " limit 6000"));
}

} // namespace gridbridge::bench
