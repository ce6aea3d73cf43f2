#include "tests/bench/far_line.hpp"
#include "tests/bench/fault_world.hpp"
#include "tests/bench/faults.hpp"
#include "tests/bench/name_server.hpp"
#include "tests/bench/under_test.hpp"
#include "tests/integration/own_network.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <stdexcept>

namespace gridbridge::bench {
namespace {

using namespace std::chrono_literals;
using testing_support::OwnNetwork;

struct Trial {
    const PowerLog& log;
    Program& program;
    std::function<void(bool on)> fault;
    std::chrono::seconds time;
    bool hears_the_end = true; // SIGTERM while the fault is there
};

void print_row(std::string_view name, double gap, std::optional<double> fresh, const PowerLog::Old& old,
               std::optional<double> end) {
    std::printf("  %-44s %8.2f %8.2f %8.2f %8d %8.2f %8.2f\n", std::string(name).c_str(), gap,
                fresh.value_or(99), old.oldest, old.stale, old.newest_of_stale, end.value_or(99));
}

void measure(std::string_view name, const Trial& trial) {
    const auto started = Clock::now();
    if (!trial.log.wait_for_first(started, 40s)) {
        throw std::runtime_error("no values arrive:\n" + trial.program.log());
    }
    const auto settled = Clock::now() + 2s;
    std::this_thread::sleep_until(settled + 8s);
    const double gap = trial.log.worst_gap(settled, Clock::now());
    const auto fault = Clock::now();
    trial.fault(true);
    std::this_thread::sleep_until(fault + trial.time);
    trial.fault(false);
    const auto end = Clock::now();
    const auto fresh = trial.log.first_fresh(end, 60s);
    const auto old = trial.log.old_values(fault, end);
    std::this_thread::sleep_for(3s);
    if (trial.hears_the_end) {
        trial.fault(true);
        std::this_thread::sleep_for(3s);
    }
    print_row(name, gap, fresh, old, trial.program.end());
    if (trial.hears_the_end) {
        std::fflush(stdout);
    }
}

template <int seconds>
void frozen_broker(std::string_view name) {
    const BenchBroker broker(true);
    const FastMeter meter(FastMeter::Kind::Modbus);
    const PowerLog log(broker.port(), meter.latency());
    Program program({broker.url(), meter.uri("127.0.0.1"), {}, {}});
    measure(name, {log, program, [&](bool on) { broker.signal(on ? SIGSTOP : SIGCONT); },
                   std::chrono::seconds(seconds)});
    broker.signal(SIGCONT);
}

void bad_line(std::string_view name, void (FarLine::*fault)(bool) const) {
    FarLine line;
    const BenchBroker broker(true, "0.0.0.0");
    const FastMeter meter(FastMeter::Kind::Modbus);
    const PowerLog log(broker.port(), meter.latency());
    Program program({std::string("mqtt://") + FarLine::broker_host + ":" + std::to_string(broker.port()),
                     meter.uri(FarLine::meter_host),
                     {},
                     FarLine::wrapper()});
    line.attach(program.pid());
    measure(name, {log, program, [&](bool on) { (line.*fault)(on); }, 20s});
}

void slow_line(std::string_view name) {
    bad_line(name, &FarLine::be_slow);
}

void dead_line(std::string_view name) {
    bad_line(name, &FarLine::be_dead);
}

// Another client of its name throws it out, so that it must look its broker up.
void mute_name(std::string_view name) {
    OwnNetwork network;
    network.silence_name_server();
    if (!network.usable) {
        throw std::runtime_error("needs root and iproute2");
    }
    NameServer names(network.name_server());
    const BenchBroker broker(true);
    const FastMeter meter(FastMeter::Kind::Modbus);
    const PowerLog log(broker.port(), meter.latency());
    Program program(
        {"mqtt://broker.example:" + std::to_string(broker.port()), meter.uri("127.0.0.1"), {}, {}});
    const auto fault = [&](bool on) {
        names.be_mute(on);
        if (on) {
            const RawMqtt rival(
                broker.port(), "none", [](auto, auto, auto) {}, "gridbridge-bench");
        }
    };
    measure(name, {log, program, fault, 12s});
}

template <FastMeter::Kind kind>
void stopped_process(std::string_view name) {
    const BenchBroker broker(true);
    const FastMeter meter(kind);
    const PowerLog log(broker.port(), meter.latency());
    Program program({broker.url(), meter.uri("127.0.0.1"), {}, {}});
    measure(name, {log, program, [&](bool on) { program.signal(on ? SIGSTOP : SIGCONT); }, 12s, false});
}

constexpr std::array rows{
    Fault{"main broker frozen for 12 s", frozen_broker<12>},
    Fault{"main broker frozen for 20 s", frozen_broker<20>},
    Fault{"main broker: 200 B/s for 20 s", slow_line},
    Fault{"main broker: dead line for 20 s", dead_line},
    Fault{"main broker: its name mute for 12 s", mute_name},
    Fault{"process stopped for 12 s, Modbus TCP", stopped_process<FastMeter::Kind::Modbus>},
    Fault{"process stopped for 12 s, P1 over TCP", stopped_process<FastMeter::Kind::P1>},
};

} // namespace

std::span<const Fault> faults_within() {
    return rows;
}

} // namespace gridbridge::bench
