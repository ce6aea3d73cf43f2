// mill --seeds 1-1000 [--seconds 20] [--jobs 2] [--log] [--only wires|lives|live|day] [--keep DIR]: grinds
// each seed, the wires of its meters with a replay and the lives of the program, or those of the real one,
// and prints what was violated. A violation leaves recordings in DIR (build/mill/violations), one in real
// time its log, too.
#include "tests/mill/jobs.hpp"
#include "tests/mill/live/live.hpp"
#include "tests/mill/lives.hpp"
#include "tests/mill/mill.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <semaphore.h>

namespace gridbridge::mill {
namespace {

constexpr unsigned most_jobs = 256;

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
            options.jobs =
                std::min(most_jobs, static_cast<unsigned>(std::strtoul(value.c_str(), nullptr, 10)));
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
    for (std::size_t i = 0; options.log && i < grist.log.size(); ++i) {
        std::printf("    %s\n", grist.log[i].c_str());
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

// What all jobs have in common.
struct Tally {
    std::atomic<std::uint64_t> next = 0; // seed
    std::atomic<std::uint64_t> bad = 0, numbers = 0, schedules = 0;
    std::array<std::atomic<std::uint64_t>, most_jobs> at{}; // the seed of each job
    sem_t printing{};
};

class Job {
  public:
    Job(const Options& options, Tally& tally) : options_(options), tally_(tally) {}

    void grind_all(unsigned job) {
        for (std::uint64_t seed = tally_.next++; seed <= options_.last; seed = tally_.next++) {
            tally_.at.at(job) = seed;
            grind_one(seed);
        }
    }

  private:
    void grind_one(std::uint64_t seed) {
        const double seconds = options_.seconds;
        if (options_.only == "live") {
            take([&](const Ways& ways) { return grind_live(seed, seconds, GRIDBRIDGE_PROGRAM, ways); },
                 "live");
            return;
        }
        if (options_.only == "day") {
            take([&](const Ways& ways) { return print_day(grind_day(seed, hours, ways)); }, "day");
            return;
        }
        if (options_.only != "lives") {
            take([&](const Ways& ways) { return grind(seed, seconds, true, ways); }, "wires");
        }
        if (options_.only != "wires") {
            take([&](const Ways& ways) { return grind_lives(seed, seconds, ways); }, "lives");
        }
    }

    void take(const Grind& grind, std::string_view kind) {
        const bool is_live = kind == "live"; // no run is like another: what is not kept now is lost
        const Grist grist = grind({.keeps_log = options_.log || is_live, .records = is_live});
        ++tally_.schedules;
        tally_.numbers += grist.numbers;
        const bool is_bad = !grist.violations.empty();
        if (!is_bad && !options_.log) {
            return;
        }
        tally_.bad += is_bad ? 1 : 0;
        std::vector<std::string> recordings;
        if (is_bad || is_live) {
            recordings = keep(is_live ? grist : grind({.records = true}), options_.keep, kind);
        }
        ::sem_wait(&tally_.printing);
        print(grist, options_);
        name_recordings(recordings);
        ::sem_post(&tally_.printing);
    }

    const Options& options_;
    Tally& tally_;
};

int run(const Options& options) {
    const Shared<Tally> tally;
    tally->next = options.first;
    ::sem_init(&tally->printing, 1, 1);
    const int worst = run_jobs(
        options.jobs, options.only == "live" ? Cores::All : Cores::One,
        [&](unsigned job) {
            Job(options, *tally).grind_all(job);
            return 0;
        },
        [&](unsigned job) {
            std::fprintf(stderr, "mill: a job has died at seed %llu\n",
                         static_cast<unsigned long long>(tally->at.at(job)));
        });
    std::printf("%llu schedules, %llu numbers checked, %llu schedules with violations\n",
                static_cast<unsigned long long>(tally->schedules),
                static_cast<unsigned long long>(tally->numbers), static_cast<unsigned long long>(tally->bad));
    return worst != 0 ? worst : tally->bad == 0 ? 0 : 1;
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
