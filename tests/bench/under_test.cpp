#include "tests/bench/under_test.hpp"

#include "tests/fakes/free_port.hpp"

#include <ctime>
#include <fstream>
#include <stdexcept>

namespace gridbridge::bench {

using testing_support::Process;

BenchBroker::BenchBroker(bool no_delay, const std::string& address) : port_(free_port()) {
    folder_.write("mosquitto.conf", "listener " + std::to_string(port_) + " " + address +
                                        "\nallow_anonymous true\npersistence false\n" +
                                        (no_delay ? "set_tcp_nodelay true\n" : ""));
    process_ = std::make_unique<Process>(std::vector<std::string>{
        "setpriv", "--pdeathsig", "KILL", "mosquitto", "-v", "-c", folder_.path("mosquitto.conf")});
    if (!process_->wait_for_line("running")) {
        throw std::runtime_error("mosquitto does not start");
    }
}

// The shell says the process number and becomes the program, which dies with us. Its memory is kept as the
// unit and the image keep it.
Measured::Measured(std::vector<std::string> command) {
    command.insert(command.begin(),
                   {"sh", "-c",
                    "export GLIBC_TUNABLES=glibc.malloc.tcache_max=256:glibc.malloc.tcache_count=2; "
                    "echo pid $$; exec setpriv --pdeathsig KILL \"$0\" \"$@\""});
    process_ = std::make_unique<Process>(std::move(command));
    pid_ = std::stoi(process_->wait_for_line("pid ").value().substr(4));
}

double Measured::cpu_seconds() const {
    clockid_t clock{};
    timespec used{};
    if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) {
        throw std::runtime_error("the program has ended:\n" + process_->errors());
    }
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

Memory Measured::memory() const {
    std::ifstream status("/proc/" + std::to_string(pid_) + "/status");
    Memory memory;
    for (std::string name; status >> name;) {
        for (const auto& [wanted, field] :
             {std::pair("VmHWM:", &memory.peak_kb), std::pair("RssAnon:", &memory.anonymous_kb),
              std::pair("RssFile:", &memory.file_kb), std::pair("Threads:", &memory.threads)}) {
            if (name == wanted) {
                status >> *field;
            }
        }
    }
    return memory;
}

Service::Service(const BenchBroker& broker, const std::string& meter_uri, const std::string& program)
    : process_({program, "run", "--mqtt", broker.url(), "--meter", meter_uri, "--portal-id", "bench",
                "--state-dir", folder_.path()}) {}

} // namespace gridbridge::bench
