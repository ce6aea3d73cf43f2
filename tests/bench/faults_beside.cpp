#include "tests/bench/fault_world.hpp"
#include "tests/bench/faults.hpp"
#include "tests/bench/under_test.hpp"
#include "tests/fakes/silent_port.hpp"
#include "tests/integration/own_network.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

namespace gridbridge::bench {
namespace {

using namespace std::chrono_literals;
using testing_support::OwnNetwork;

constexpr auto without_time = 8s;
constexpr auto with_time = 20s;

struct Run {
    double gap = 0;
    double first = 0; // from the start of the program to the first value, in seconds
    std::optional<double> end;
};

// `meanwhile` is called about every 2 s.
Run measure(const BenchBroker& broker, FastMeter& meter, const ProgramOptions& options,
            std::chrono::seconds time, void (*meanwhile)(const PowerLog& log)) {
    const PowerLog log(broker.port(), meter.latency());
    const auto started = Clock::now();
    Program program(options);
    const auto first = log.first_fresh(started, 40s);
    if (!first) {
        throw std::runtime_error("no values arrive:\n" + program.log());
    }
    const auto from = Clock::now();
    while (Clock::now() < from + time) {
        if (meanwhile != nullptr) {
            meanwhile(log);
        }
        std::this_thread::sleep_for(2s);
    }
    const double gap = log.worst_gap(from, Clock::now());
    return {gap, *first, program.end()};
}

void print_row(std::string_view name, const Run& without, const Run& with) {
    std::printf("  %-44s %8.2f %8.2f %8.2f %8.2f %8.2f %8.2f\n", std::string(name).c_str(), without.gap,
                with.gap, without.first, with.first, without.end.value_or(99), with.end.value_or(99));
}

// The same twice: as it is, and with the fault.
void compare(std::string_view name, const ProgramOptions& fault, void (*meanwhile)(const PowerLog&) = nullptr,
             FastMeter::Kind kind = FastMeter::Kind::Modbus) {
    const BenchBroker broker(true);
    FastMeter meter(kind);
    ProgramOptions plain;
    plain.main_url = broker.url();
    plain.meter_uri = meter.uri("127.0.0.1");
    const Run without = measure(broker, meter, plain, without_time, meanwhile);
    ProgramOptions faulty = fault;
    faulty.main_url = plain.main_url;
    faulty.meter_uri = meter.uri(fault.meter_uri.empty() ? "127.0.0.1" : fault.meter_uri);
    print_row(name, without, measure(broker, meter, faulty, with_time, meanwhile));
}

void need(const OwnNetwork& network) {
    if (!network.usable) {
        throw std::runtime_error("needs root and iproute2");
    }
}

void mute_name_of_gx(std::string_view name) {
    OwnNetwork network;
    network.silence_name_server();
    need(network);
    compare(name, {{}, {}, "mqtt://venus.example", {}});
}

void swallowed_syns(std::string_view name) {
    const OwnNetwork network;
    need(network);
    compare(name, {{}, {}, std::string("mqtts://") + OwnNetwork::dead_host + ":8883", {}});
}

void no_arp_answer(std::string_view name) {
    const OwnNetwork network;
    need(network);
    compare(name, {{}, {}, "mqtt://192.0.2.99", {}});
}

void silent_tls_port(std::string_view name) {
    const SilentPort silent;
    compare(name, {{}, {}, "mqtts://127.0.0.1:" + std::to_string(silent.port()), {}});
}

// Each write of a name is a change that is saved, so the disk is never at rest.
void slow_disk(std::string_view name) {
    const auto write_name = [](const PowerLog& log) {
        static int number = 0;
        log.publish("W/bench/grid/30/CustomName", R"({"value":"name )" + std::to_string(++number) + "\"}");
    };
    compare(name, {{}, {}, {}, {"env", "LD_PRELOAD=" SLOW_DISK_LIBRARY}}, write_name);
}

// The reading end is kept open and never read.
void unread_log(std::string_view name) {
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0) {
        throw std::runtime_error("pipe");
    }
    compare(name,
            {{}, {}, {}, {"sh", "-c", "exec \"$0\" \"$@\" --log-level trace 2>&" + std::to_string(ends[1])}});
}

template <FastMeter::Kind kind>
void dead_first_address(std::string_view name) {
    OwnNetwork network;
    network.name_hosts("127.0.0.1 localhost\n192.0.2.7 meter.example\n127.0.0.1 meter.example\n");
    need(network);
    compare(name, {{}, "meter.example", {}, {}}, nullptr, kind);
}

constexpr std::array rows{
    Fault{"GX: its name server is mute", mute_name_of_gx},
    Fault{"GX: mqtts, its host swallows SYNs", swallowed_syns},
    Fault{"GX: off, no ARP answer", no_arp_answer},
    Fault{"GX: mqtts, a silent port", silent_tls_port},
    Fault{"disk: 1.5 s for each sync", slow_disk},
    Fault{"log: nobody reads it", unread_log},
    Fault{"Modbus TCP: first address dead", dead_first_address<FastMeter::Kind::Modbus>},
    Fault{"P1 over TCP: first address dead", dead_first_address<FastMeter::Kind::P1>},
};

} // namespace

std::span<const Fault> faults_beside() {
    return rows;
}

} // namespace gridbridge::bench
