// Measures the real service with a real broker and simulated meters, and prints. Options: --quick, --program
// FILE, and names of sections (streams, meters, cost, bus) to run only these.
#include "tests/bench/latency.hpp"
#include "tests/bench/meter_line.hpp"
#include "tests/bench/raw_mqtt.hpp"
#include "tests/bench/telegram_line.hpp"
#include "tests/bench/under_test.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>
#include <vector>

namespace gridbridge::bench {
namespace {

using namespace std::chrono_literals;

struct Options {
    bool quick = false;
    std::string program = GRIDBRIDGE_PROGRAM;
    std::vector<std::string_view> sections;
    bool wants(std::string_view section) const {
        return sections.empty() || std::find(sections.begin(), sections.end(), section) != sections.end();
    }
};

// A client that wants everything, as Venus clients do.
class PowerWatch {
  public:
    PowerWatch(const BenchBroker& broker, Latency& latency)
        : mqtt_(broker.port(), "N/#", [&latency](auto topic, auto payload, auto at) {
              if (topic.ends_with("/Ac/Power")) {
                  latency.received(value_of(payload), at);
              } else if (topic.ends_with("/UpdateIndex")) {
                  latency.completed(at);
              }
          }) {}

    // Its acknowledgements now wait for data to travel with, which is what Nagle's algorithm waits for.
    void ask() const {
        mqtt_.publish("R/bench/keepalive", R"({"keepalive-options":["suppress-republish"]})");
    }

  private:
    RawMqtt mqtt_;
};

void print_latency(const char* what, const Latency::Times& times) {
    std::printf("  %-40s", what);
    for (const double share : {0.5, 0.9, 0.99, 1.0}) {
        std::printf(" %6.2f", quantile(times.power, share));
    }
    std::printf(" %9.2f %6.2f  %zu\n", quantile(times.last_message, 0.5), quantile(times.last_message, 0.99),
                times.power.size());
    std::fflush(stdout);
}

void wait_for_first(const Latency& latency, const Measured& process) {
    const auto limit = Clock::now() + 20s;
    while (latency.count() < 2) {
        if (Clock::now() > limit) {
            throw std::runtime_error("no values arrive:\n" + process.log());
        }
        std::this_thread::sleep_for(10ms);
    }
}

// The broker alone: one message there and back.
void measure_broker(const BenchBroker& broker, int count) {
    Latency latency;
    RawMqtt mqtt(broker.port(), "bench/#",
                 [&](auto, auto payload, auto at) { latency.received(value_of(payload), at); });
    for (int i = 0; i < count; ++i) {
        const long watts = latency.next_watts();
        const std::string payload = "{\"value\":" + std::to_string(watts) + "}";
        latency.sent(watts);
        mqtt.publish("bench/one", payload);
        std::this_thread::sleep_for(50ms);
    }
    print_latency("broker alone, one message, 20/s", latency.take());
}

struct StreamCase {
    const char* name;
    Dialect dialect;
    bool over_tcp;
    std::chrono::milliseconds period;
    int count;
    bool client_asks = false; // shortly before each telegram
};

void measure_stream(const BenchBroker& broker, const Options& options, const StreamCase& one) {
    Latency latency;
    TelegramLine line(one.dialect, one.over_tcp);
    const PowerWatch watch(broker, latency);
    const Service service(broker, line.uri(), options.program);
    line.wait_for_client();
    for (const auto limit = Clock::now() + 20s; latency.count() < 2 && Clock::now() < limit;) {
        std::this_thread::sleep_for(100ms);
        line.send(latency);
    }
    std::this_thread::sleep_for(one.period);
    latency.take();
    auto due = Clock::now();
    for (int i = 0; i < (options.quick ? one.count / 5 : one.count); ++i) {
        if (one.client_asks) {
            watch.ask();
            std::this_thread::sleep_for(20ms);
        }
        line.send(latency);
        due += one.period;
        std::this_thread::sleep_until(due);
    }
    print_latency(one.name, latency.take());
}

struct MeterCase {
    const char* name;
    MeterLineOptions line;
    const char* interval;
    std::chrono::seconds duration;
};

void measure_meter(const BenchBroker& broker, const Options& options, const MeterCase& one) {
    Latency latency;
    const MeterLine line(one.line, latency);
    const PowerWatch watch(broker, latency);
    const Service service(broker, line.uri() + "?interval=" + one.interval, options.program);
    wait_for_first(latency, service.process());
    latency.take();
    std::this_thread::sleep_for(options.quick ? one.duration / 3 : one.duration);
    print_latency(one.name, latency.take());
}

void measure_streams(const BenchBroker& broker, const Options& options) {
    for (const StreamCase& one :
         {StreamCase{"P1, TCP, 20/s", Dialect::P1, true, 50ms, 500},
          StreamCase{"P1, pty, 20/s", Dialect::P1, false, 50ms, 500},
          StreamCase{"SML, TCP, 20/s", Dialect::Sml, true, 50ms, 500},
          StreamCase{"SML, pty, 20/s", Dialect::Sml, false, 50ms, 500},
          StreamCase{"P1, TCP, 20/s, client asks", Dialect::P1, true, 50ms, 500, true},
          StreamCase{"SML, pty, 20/s, client asks", Dialect::Sml, false, 50ms, 500, true},
          StreamCase{"P1, TCP, 1/s", Dialect::P1, true, 1s, 30},
          StreamCase{"SML, pty, 1/s", Dialect::Sml, false, 1s, 30}}) {
        measure_stream(broker, options, one);
    }
}

void measure_meters(const BenchBroker& broker, const Options& options) {
    for (const MeterCase& one :
         {MeterCase{"EM24, TCP, 5 ms turnaround, interval 0", {"em24", true, 0, 5ms}, "0", 15s},
          MeterCase{"EM24, pty 9600, 20 ms, interval 0", {"em24", false, 9600, 20ms}, "0", 30s},
          MeterCase{"EM24, pty 9600, 20 ms, interval 1000", {"em24", false, 9600, 20ms}, "1000", 30s},
          MeterCase{"EM24, TCP, 5 ms, interval 1000", {"em24", true, 0, 5ms}, "1000", 30s}}) {
        measure_meter(broker, options, one);
    }
}

void measure_latencies(const Options& options) {
    for (const bool no_delay : {true, false}) {
        std::printf("\nLatency in ms, last byte to subscriber (goal: p50 0.5, p99 2); broker %s\n",
                    no_delay ? "with set_tcp_nodelay true" : "as packaged");
        std::printf("  %-40s %6s %6s %6s %6s %9s %6s  n\n", "Ac/Power; right: last message of update", "p50",
                    "p90", "p99", "max", "p50", "p99");
        const BenchBroker broker(no_delay);
        measure_broker(broker, 100);
        if (options.wants("streams")) {
            measure_streams(broker, options);
        }
        if (options.wants("meters")) {
            measure_meters(broker, options);
        }
    }
}

struct Cost {
    double cpu_per_minute = 0;
    Memory memory;
    Latency::Times latency;
};

void print_cost(const char* name, const Cost& cost) {
    std::printf("  %-22s %9.3f %9ld %9ld %9ld %7ld %9.2f %9.2f\n", name, cost.cpu_per_minute,
                cost.memory.peak_kb, cost.memory.anonymous_kb, cost.memory.file_kb, cost.memory.threads,
                quantile(cost.latency.power, 0.5), quantile(cost.latency.power, 0.99));
}

// Both at the same time, so that the machine's other load is the same for both.
void measure_cost(const Options& options) {
    const BenchBroker our_broker(true);
    const BenchBroker their_broker(true);
    Latency our_latency;
    Latency their_latency;
    const MeterLine our_meter({"em24", false, 9600, 20ms}, our_latency);
    const MeterLine their_meter({"em24", false, 9600, 20ms}, their_latency);
    const PowerWatch our_watch(our_broker, our_latency);
    const PowerWatch their_watch(their_broker, their_latency);
    const Service service(our_broker, our_meter.uri() + "?interval=1000", options.program);
    const Measured minimal({MINIMAL_LOOP_PROGRAM,
                            their_meter.uri().substr(std::string_view("cg+rtu://").size()),
                            "tcp://127.0.0.1:" + std::to_string(their_broker.port())});
    wait_for_first(our_latency, service.process());
    wait_for_first(their_latency, minimal);
    our_latency.take();
    their_latency.take();
    const double our_start = service.process().cpu_seconds();
    const double their_start = minimal.cpu_seconds();
    const auto duration = options.quick ? 15s : 60s;
    std::this_thread::sleep_for(duration);
    const double per_minute = 60.0 / static_cast<double>(duration.count());
    const Cost ours{(service.process().cpu_seconds() - our_start) * per_minute, service.process().memory(),
                    our_latency.take()};
    const Cost theirs{(minimal.cpu_seconds() - their_start) * per_minute, minimal.memory(),
                      their_latency.take()};
    std::printf("\nOne EM24 at 1 Hz on a pty (goals: 0.2 CPU s/min, 12288 kB peak, 2048 kB anonymous)\n");
    std::printf("  %-22s %9s %9s %9s %9s %7s %9s %9s\n", "", "CPU s/min", "peak kB", "anon kB", "file kB",
                "threads", "p50 ms", "p99 ms");
    print_cost("gridbridge", ours);
    print_cost("minimal Paho+libmodbus", theirs);
    std::printf("  %-22s %9.2f %9.2f %9.2f\n", "ratio", ours.cpu_per_minute / theirs.cpu_per_minute,
                static_cast<double>(ours.memory.peak_kb) / static_cast<double>(theirs.memory.peak_kb),
                static_cast<double>(ours.memory.anonymous_kb) /
                    static_cast<double>(theirs.memory.anonymous_kb));
    std::fflush(stdout);
}

void measure_bus(const Options& options) {
    std::printf("\nBus at interval 0, pty paced to 9600 baud (goal: 98 %% of the time in use)\n");
    std::printf("  %-22s %9s %12s %12s\n", "", "in use %", "cycle ms", "requests/s");
    const BenchBroker broker(true);
    for (const char* const model : {"em24", "em540"}) {
        for (const auto turnaround : {20ms, 40ms}) {
            Latency latency;
            MeterLine line({model, false, 9600, turnaround}, latency);
            const PowerWatch watch(broker, latency);
            const Service service(broker, line.uri() + "?interval=0", options.program);
            wait_for_first(latency, service.process());
            std::this_thread::sleep_for(1s);
            line.take_use();
            std::this_thread::sleep_for(options.quick ? 5s : 15s);
            const LineUse use = line.take_use();
            const std::string name = std::string(model) + ", " + std::to_string(turnaround.count()) + " ms";
            std::printf("  %-22s %9.2f %12.1f %12.1f\n", name.c_str(), 100 * use.used_s / use.total_s,
                        1000 * use.total_s / use.cycles, use.requests / use.total_s);
            std::fflush(stdout);
        }
    }
}

Options parse(std::span<char*> arguments) {
    Options options;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--quick") {
            options.quick = true;
        } else if (argument == "--program" && i + 1 < arguments.size()) {
            options.program = arguments[++i];
        } else {
            options.sections.push_back(argument);
        }
    }
    return options;
}

} // namespace
} // namespace gridbridge::bench

int main(int argc, char** argv) {
    using namespace gridbridge::bench;
    try {
        const Options options = parse({argv, static_cast<std::size_t>(argc)});
        if (options.wants("streams") || options.wants("meters")) {
            measure_latencies(options);
        }
        if (options.wants("cost")) {
            measure_cost(options);
        }
        if (options.wants("bus")) {
            measure_bus(options);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "service_bench: %s\n", error.what());
        return 1;
    }
    return 0;
}
