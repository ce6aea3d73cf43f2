// mill --seeds 1-1000 [--seconds 20] [--jobs 2] [--log] [--only wires|lives|live|day] [--keep DIR]: grinds
// each seed, the wires of its meters with a replay and the lives of the program, or those of the real one,
// and prints what was violated. A violation leaves recordings in DIR (build/mill/violations).
#include "tests/mill/live/live.hpp"
#include "tests/mill/lives.hpp"
#include "tests/mill/mill.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace gridbridge::mill {
namespace {

struct Options {
    std::uint64_t first = 1;
    std::uint64_t last = 1000;
    double seconds = 20;
    unsigned jobs = 2;
    bool log = false;
    std::string only; // "wires", "lives", "live", "day"; empty: the first two
    std::string keep = "build/mill/violations";
};

Options parse(std::span<char*> arguments) {
    Options options;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        const std::string value = i + 1 < arguments.size() ? arguments[i + 1] : "";
        if (name == "--log") {
            options.log = true;
            continue;
        }
        if (name == "--seeds") {
            options.first = std::strtoull(value.c_str(), nullptr, 10);
            const auto dash = value.find('-');
            options.last = dash == std::string::npos
                               ? options.first
                               : std::strtoull(value.substr(dash + 1).c_str(), nullptr, 10);
        } else if (name == "--seconds") {
            options.seconds = std::strtod(value.c_str(), nullptr);
        } else if (name == "--only" &&
                   (value == "wires" || value == "lives" || value == "live" || value == "day")) {
            options.only = value;
        } else if (name == "--keep") {
            options.keep = value;
        } else if (name == "--jobs") {
            options.jobs = static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10));
        } else {
            std::fprintf(stderr, "usage: mill --seeds 1-1000 [--seconds 20] [--jobs 2] [--log] "
                                 "[--only wires|lives|live|day] [--keep DIR]\n");
            std::exit(64); // NOLINT(concurrency-mt-unsafe): before any thread
        }
        ++i;
    }
    return options;
}

using Grind = std::function<Grist(const Ways& ways)>;

void name_recordings(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
        std::printf("  gridbridge replay %s\n", path.c_str());
    }
    std::fflush(stdout);
}

void print(const Grist& grist, const Options& options) {
    std::printf("seed %llu: tests/mill/run --seeds %llu --seconds %g --log --only %s\n",
                static_cast<unsigned long long>(grist.plan.seed),
                static_cast<unsigned long long>(grist.plan.seed), options.seconds,
                options.only == "live" || options.only == "day" ? options.only.c_str()
                : grist.course.empty()                          ? "wires"
                                                                : "lives");
    std::printf("%s%s", to_text(grist.plan).c_str(), grist.course.c_str());
    for (const std::string& line : grist.log) {
        std::printf("    %s\n", line.c_str());
    }
    for (const std::string& violation : grist.violations) {
        std::printf("  VIOLATED %s\n", violation.c_str());
    }
    std::fflush(stdout);
}

constexpr double hours = 24;

Grist print_day(Day day) {
    std::printf("%g h: %s after half an hour, %s at the end\n", hours, to_text(day.settled).c_str(),
                to_text(day.end).c_str());
    return std::move(day.grist);
}

int run(const Options& options) {
    std::atomic<std::uint64_t> next = options.first;
    std::atomic<std::uint64_t> bad = 0;
    std::atomic<std::uint64_t> numbers = 0;
    std::mutex printing;
    std::atomic<std::uint64_t> schedules = 0;
    const auto take = [&](const Grind& grind, std::string_view kind) {
        const Grist grist = grind({.keeps_log = options.log, .records = kind == "live"});
        ++schedules;
        numbers += grist.numbers;
        if (!grist.violations.empty() || options.log) {
            bad += grist.violations.empty() ? 0 : 1;
            const std::lock_guard lock(printing);
            print(grist, options);
            if (!grist.violations.empty() || kind == "live") { // in real time no run is like another
                name_recordings(keep(kind == "live" ? grist : grind({.records = true}), options.keep, kind));
            }
        }
    };
    const auto work = [&] {
        for (std::uint64_t seed = next++; seed <= options.last; seed = next++) {
            if (options.only == "live") {
                take(
                    [&](const Ways& ways) {
                        return grind_live(seed, options.seconds, GRIDBRIDGE_PROGRAM, ways);
                    },
                    "live");
                continue;
            }
            if (options.only == "day") { // prints what this process has: one at a time
                take([&](const Ways& ways) { return print_day(grind_day(seed, hours, ways)); }, "day");
                continue;
            }
            if (options.only != "lives") {
                take([&](const Ways& ways) { return grind(seed, options.seconds, true, ways); }, "wires");
            }
            if (options.only != "wires") {
                take([&](const Ways& ways) { return grind_lives(seed, options.seconds, ways); }, "lives");
            }
        }
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < options.jobs; ++i) {
        threads.emplace_back(work);
    }
    threads.clear();
    std::printf("%llu schedules, %llu numbers checked, %llu schedules with violations\n",
                static_cast<unsigned long long>(schedules), static_cast<unsigned long long>(numbers),
                static_cast<unsigned long long>(bad));
    return bad == 0 ? 0 : 1;
}

} // namespace
} // namespace gridbridge::mill

int main(int argc, char** argv) {
    try {
        return gridbridge::mill::run(
            gridbridge::mill::parse(std::span(argv, static_cast<std::size_t>(argc))));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "mill: %s\n", error.what());
        return 70;
    }
}
