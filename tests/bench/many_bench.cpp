// Measures the service with many meters in one process, and prints. See tests/README.md.
#include "tests/bench/many_cost.hpp"

#include <charconv>
#include <cstdio>
#include <exception>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>

namespace gridbridge::bench {
namespace {

constexpr std::string_view usage =
    "many_bench [--program FILE]... [--seconds N] [--kind modbus|p1] [--role ROLE] [--asleep] [COUNT...]";

struct Options {
    std::vector<std::string> programs; // measured in turn for each count
    std::chrono::seconds duration{20};
    std::vector<CrowdKind> kinds;
    std::string role;
    bool asleep = false;
    std::vector<std::size_t> counts;
};

unsigned number_in(std::string_view text) {
    unsigned number = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size() || number == 0) {
        throw std::invalid_argument(std::string(text) + ": no number\n" + std::string(usage));
    }
    return number;
}

CrowdKind kind_in(std::string_view text) {
    const auto kind = parse_crowd_kind(text);
    if (!kind) {
        throw std::invalid_argument(std::string(text) + ": no such kind\n" + std::string(usage));
    }
    return *kind;
}

Options parse(std::span<char*> arguments) {
    Options options;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        const bool has_value = i + 1 < arguments.size();
        if (argument == "--asleep") {
            options.asleep = true;
        } else if (argument == "--program" && has_value) {
            options.programs.emplace_back(arguments[++i]);
        } else if (argument == "--seconds" && has_value) {
            options.duration = std::chrono::seconds(number_in(arguments[++i]));
        } else if (argument == "--role" && has_value) {
            options.role = arguments[++i];
        } else if (argument == "--kind" && has_value) {
            options.kinds.push_back(kind_in(arguments[++i]));
        } else {
            options.counts.push_back(number_in(argument));
        }
    }
    if (options.programs.empty()) {
        options.programs.emplace_back(GRIDBRIDGE_PROGRAM);
    }
    if (options.kinds.empty()) {
        options.kinds = {CrowdKind::Modbus, CrowdKind::P1};
    }
    if (options.counts.empty()) {
        options.counts = {16, 64, 128, 256};
    }
    return options;
}

void print_head(CrowdKind kind, const Options& options) {
    std::printf("\n%s, a reading a second%s%s%s, %ld s each\n",
                kind == CrowdKind::Modbus ? "EM24 over Modbus TCP" : "P1 over TCP",
                options.role.empty() ? "" : ", all but one as ", options.role.c_str(),
                options.asleep ? ", asleep without Home Assistant" : "",
                static_cast<long>(options.duration.count()));
    for (std::size_t i = 0; i < options.programs.size(); ++i) {
        std::printf("  program %zu: %s\n", i + 1, options.programs[i].c_str());
    }
    std::printf("  %6s %7s %7s %8s %8s %8s %8s %8s %8s %8s %8s %7s %9s %10s %6s\n", "meters", "program",
                "CPU %", "msg/s", "CPU us/", "switch/", "age p50", "age p99", "values/", "anon kB", "kB per",
                "threads", "health ms", "metrics ms", "load");
    std::printf("  %6s %7s %7s %8s %8s %8s %8s %8s %8s %8s %8s %7s %9s %10s %6s\n", "", "", "of core", "N/#",
                "msg", "s", "ms", "ms", "s", "", "more", "", "max", "max", "1 min");
    std::fflush(stdout);
}

struct Before {
    std::size_t count = 0;
    long anonymous_kb = 0;
};

void print_row(const ManyRun& run, std::size_t program, const ManyCost& cost,
               const std::optional<Before>& before) {
    const double more = before && run.count > before->count
                            ? static_cast<double>(cost.anonymous_kb - before->anonymous_kb) /
                                  static_cast<double>(run.count - before->count)
                            : std::numeric_limits<double>::quiet_NaN();
    std::printf("  %6zu %7zu %7.2f %8.1f %8.2f %8.0f %8.2f %8.2f %8.1f %8ld %8.1f %7ld %9.1f %10.1f %6.2f\n",
                run.count, program + 1, 100 * cost.cpu_share, cost.messages, 1e6 * cost.cpu_per_message,
                cost.switches, quantile(cost.ages, 0.5), quantile(cost.ages, 0.99),
                static_cast<double>(cost.ages.size()) / static_cast<double>(run.duration.count()),
                cost.anonymous_kb, more, cost.threads, cost.health_ms, cost.metrics_ms, cost.load);
    std::fflush(stdout);
}

void measure(CrowdKind kind, const Options& options) {
    print_head(kind, options);
    std::map<std::size_t, Before> before; // by program
    for (const std::size_t count : options.counts) {
        for (std::size_t program = 0; program < options.programs.size(); ++program) {
            const ManyRun run{options.programs[program], kind,         count,
                              options.duration,          options.role, options.asleep};
            const ManyCost cost = measure_many(run);
            const auto known = before.find(program);
            print_row(run, program, cost,
                      known == before.end() ? std::nullopt : std::optional(known->second));
            before[program] = {count, cost.anonymous_kb};
        }
    }
}

} // namespace
} // namespace gridbridge::bench

int main(int argc, char** argv) {
    using namespace gridbridge::bench;
    try {
        const Options options = parse({argv, static_cast<std::size_t>(argc)});
        for (const CrowdKind kind : options.kinds) {
            measure(kind, options);
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "many_bench: %s\n", error.what());
        return 1;
    }
    return 0;
}
