#include "app/log/make_log.hpp"
#include "app/replay/reading_hashes.hpp"
#include "app/replay/recorded_service.hpp"
#include "app/verbs/run.hpp"
#include "app/version.hpp"
#include "drivers/io/stop_wait.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/venus/venus.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>
#include <optional>

namespace gridbridge {
namespace {

struct Wanted {
    std::string portal_id = "replay";
    double speed = 0; // of the recorded time; 0: as fast as it is computed
    bool compares = false;
};

std::string problem_of_replay(const Options& options, Wanted& wanted) {
    if (options.arguments.size() != 1) {
        return "needs one FILE";
    }
    if (options.speed != "max") {
        const auto speed = parse_number(options.speed);
        if (!speed || *speed <= 0 || *speed > 1e6) {
            return "--speed must be max or a number above 0, not " + in_quotes(options.speed);
        }
        wanted.speed = *speed;
    }
    wanted.portal_id = options.portal_id.value_or(wanted.portal_id);
    wanted.compares = options.compare;
    return {};
}

OutletRow venus(const std::string& portal_id) {
    return {"venus", [portal_id] {
                VenusOptions options;
                options.portal_id = portal_id;
                options.version = std::string(version::number);
                options.unix_time = [] { return 0LL; }; // a replay has no wall clock
                return std::make_unique<Venus>(std::move(options));
            }};
}

// What the replay says of each reading that was published, and how that begins to differ.
class Comparison {
  public:
    explicit Comparison(const std::vector<PublishedReading>& recorded) {
        for (const PublishedReading& reading : recorded) {
            recorded_[reading.serial][reading.received] = reading.hash;
        }
    }

    OutletRow row() {
        return {"compare", [this] {
                    return std::make_unique<ReadingHashes>(
                        [this](const std::string& serial, Clock::time_point received, std::uint64_t hash) {
                            take(serial, received, hash);
                        });
                }};
    }

    // Empty: all are equal.
    std::string difference(Clock::time_point begin) const {
        if (first_) {
            return "the reading of " + first_->serial + " at " + seconds(first_->received - begin) +
                   " s differs from the one that was published";
        }
        for (const auto& [serial, readings] : recorded_) {
            const auto found = equal_.find(serial);
            const std::size_t equal = found == equal_.end() ? 0 : found->second;
            if (equal != readings.size()) {
                return std::to_string(readings.size() - equal) + " of " + std::to_string(readings.size()) +
                       " readings of " + serial + " are not in the replay";
            }
        }
        return {};
    }
    std::size_t compared() const { return compared_; }

    static std::string seconds(Clock::duration time) {
        std::array<char, 32> text{};
        std::snprintf(text.data(), text.size(), "%.6f", std::chrono::duration<double>(time).count());
        return text.data();
    }

  private:
    void take(const std::string& serial, Clock::time_point received, std::uint64_t hash) {
        const auto meter = recorded_.find(serial);
        const auto reading = meter == recorded_.end()
                                 ? std::map<Clock::time_point, std::uint64_t>::const_iterator{}
                                 : meter->second.find(received);
        if (meter == recorded_.end() || reading == meter->second.end()) {
            return; // the publisher had a newer one before it took this
        }
        ++compared_;
        if (reading->second == hash) {
            ++equal_[serial];
        } else if (!first_) {
            first_ = PublishedReading{serial, received, hash};
        }
    }

    std::map<std::string, std::map<Clock::time_point, std::uint64_t>> recorded_;
    std::map<std::string, std::size_t> equal_;
    std::optional<PublishedReading> first_;
    std::size_t compared_ = 0;
};

int replay(const std::string& path, const Wanted& wanted, const Log& log) {
    RecordedService service = recorded_service(path);
    const auto begin = service.parts.begin;
    Comparison comparison(service.published);
    service.parts.log = log;
    service.parts.outlets = {venus(wanted.portal_id), comparison.row()};
    Replay again(std::move(service.parts), std::move(service.wires));
    const auto real_begin = SystemClock::now();
    again.run(service.end, service.heard, [&](const Messages& said, Clock::time_point now) {
        if (wanted.compares) {
            return;
        }
        if (wanted.speed > 0) {
            const auto after = std::chrono::duration<double>(now - begin) / wanted.speed;
            sleep_on_system(real_begin + std::chrono::duration_cast<Clock::duration>(after), {});
        }
        for (const Message& message : said) {
            std::cout << Comparison::seconds(now - begin) << ' ' << message.topic << ' ' << message.payload
                      << '\n';
        }
        std::cout.flush();
    });
    if (!service.remark.empty()) {
        std::cerr << "note: " << service.remark << '\n';
    }
    for (const auto& [uri, what] : again.differences()) {
        std::cerr << "note: " << uri << ": the driver " << what << '\n';
    }
    if (!wanted.compares) {
        return exit_code::ok;
    }
    if (const std::string difference = comparison.difference(begin); !difference.empty()) {
        return fail(exit_code::bad_data, path + ": " + difference);
    }
    std::cout << comparison.compared() << " readings are equal to the last bit\n";
    return exit_code::ok;
}

} // namespace

int run_replay(const Options& options) {
    Wanted wanted;
    if (const std::string problem = problem_of_replay(options, wanted); !problem.empty()) {
        return fail(exit_code::usage,
                    "replay " + problem + ": gridbridge replay FILE [--speed N|max] [--compare]");
    }
    const Log log =
        make_log(parse_log_level(options.log_level).value_or(LogLevel::Info), options.log_format == "json");
    try {
        return replay(options.arguments.front(), wanted, log);
    } catch (const std::exception& error) {
        return fail(exit_code::io, error.what());
    }
}

} // namespace gridbridge
