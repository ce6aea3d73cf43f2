#include "app/config/broker_url.hpp"
#include "app/log/make_log.hpp"
#include "app/replay/comparison.hpp"
#include "app/replay/recorded_service.hpp"
#include "app/service/guest_publisher.hpp"
#include "app/verbs/run.hpp"
#include "app/version.hpp"
#include "drivers/io/stop_wait.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/venus/venus.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iostream>
#include <optional>

namespace gridbridge {
namespace {

struct Wanted {
    std::string portal_id; // empty: that of the recording
    double speed = 0;      // of the recorded time; 0: as fast as it is computed
    bool compares = false;
    std::optional<Config> broker; // what comes out is published there
};

std::string problem_of_replay(const Options& options, Wanted& wanted) {
    if (options.arguments.empty()) {
        return "needs a FILE or folder";
    }
    if (options.speed != "max") {
        const auto speed = parse_number(options.speed);
        if (!speed || *speed <= 0 || *speed > 1e6) {
            return "--speed must be max or a number above 0, not " + in_quotes(options.speed);
        }
        wanted.speed = *speed;
    }
    if (options.mqtt && options.compare) {
        return "takes --mqtt or --compare, not both";
    }
    wanted.portal_id = options.portal_id.value_or(std::string());
    wanted.compares = options.compare;
    if (options.mqtt) {
        const auto broker = parse_broker_url(*options.mqtt);
        if (!broker) {
            return "--mqtt must be a host, host:port, mqtt:// or mqtts:// URL";
        }
        Config config;
        config.mqtt.servers = {broker->server};
        config.mqtt.username = broker->username.value_or(std::string());
        config.mqtt.url_password = broker->password.value_or(std::string());
        wanted.broker = std::move(config);
    }
    return {};
}

// Nobody's values may be taken for those of a meter that is there.
std::string portal_of(const Wanted& wanted, const Settings& settings) {
    if (!wanted.portal_id.empty()) {
        return wanted.portal_id;
    }
    return wanted.broker || settings.portal_id().empty() ? "replay" : settings.portal_id();
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

std::string seconds_text(Clock::duration time) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.6f", std::chrono::duration<double>(time).count());
    return text.data();
}

// Prints or publishes what the replay says.
class ReplayOutput {
  public:
    ReplayOutput(const Wanted& wanted, const std::string& portal_id, Clock::time_point begin)
        : speed_(wanted.speed), begin_(begin), real_begin_(SystemClock::now()) {
        if (wanted.broker) {
            publisher_.emplace(*wanted.broker, portal_id);
        }
    }

    void take(const Messages& said, Clock::time_point now) {
        if (speed_ > 0) {
            const auto after = std::chrono::duration<double>(now - begin_) / speed_;
            sleep_on_system(real_begin_ + std::chrono::duration_cast<Clock::duration>(after), {});
        }
        if (publisher_) {
            publisher_->publish(said);
            return;
        }
        for (const Message& message : said) {
            std::cout << seconds_text(now - begin_) << ' ' << message.topic << ' ' << message.payload << '\n';
        }
        std::cout.flush();
    }
    void finish() {
        if (publisher_) {
            publisher_->finish();
        }
    }

  private:
    double speed_;
    Clock::time_point begin_, real_begin_;
    std::optional<GuestPublisher> publisher_;
};

void print_values(const std::vector<ValueDifference>& values, Clock::time_point begin) {
    constexpr std::size_t most_lines = 100;
    for (std::size_t i = 0; i < std::min(values.size(), most_lines); ++i) {
        const ValueDifference& value = values[i];
        std::cout << value.meter << "  " << value.path << "  was " << value.was << "  is " << value.is
                  << "  at " << seconds_text(value.at - begin) << " s"
                  << (value.count > 1 ? " and " + std::to_string(value.count - 1) + " times more" : "")
                  << '\n';
    }
    if (values.size() > most_lines) {
        std::cout << "and " << values.size() - most_lines << " more paths\n";
    }
}

// An exit code.
int tell(const ReadingComparison& readings, const MessageComparison& messages, bool is_cut,
         Clock::time_point begin) {
    const auto values = messages.differences();
    print_values(values, begin);
    bool is_equal = values.empty();
    if (!readings.different().empty()) {
        const PublishedReading& first = readings.different().front();
        std::cout << readings.different().size() << " readings differ, the first is that of " << first.serial
                  << " at " << seconds_text(first.received - begin) << " s\n";
        is_equal = false;
    }
    for (const auto& [serial, count] : readings.missing()) {
        std::cout << count.first << " of " << count.second << " readings of " << serial
                  << (is_cut ? " were made at other times: the recording begins in the middle\n"
                             : " are not in the replay\n");
        is_equal = is_equal && is_cut;
    }
    std::cout << readings.equal() << " readings are equal to the last bit\n";
    return is_equal ? exit_code::ok : exit_code::bad_data;
}

int replay(const std::vector<std::string>& paths, const Wanted& wanted, const Log& log) {
    RecordedService service = recorded_service(paths);
    const auto begin = service.parts.begin;
    const bool is_cut = !service.cut.empty();
    const std::string portal_id = portal_of(wanted, service.parts.settings);
    ReadingComparison readings(service.published, is_cut);
    MessageComparison messages(service.said);
    ReplayOutput output(wanted, portal_id, begin);
    service.parts.log = log;
    service.parts.outlets = {venus(portal_id), readings.row()};
    Replay again(std::move(service.parts), std::move(service.wires), service.cut);
    again.run(service.end, service.heard, [&](const Messages& said, Clock::time_point now) {
        if (wanted.compares) {
            messages.take(said, now);
        } else {
            output.take(said, now);
        }
    });
    output.finish();
    if (!service.remark.empty()) {
        std::cerr << "note: " << service.remark << '\n';
    }
    for (const auto& [uri, what] : again.differences()) {
        std::cerr << "note: " << uri << ": the driver " << what << '\n';
    }
    return wanted.compares ? tell(readings, messages, is_cut, begin) : exit_code::ok;
}

} // namespace

int run_replay(const Options& options) {
    Wanted wanted;
    if (const std::string problem = problem_of_replay(options, wanted); !problem.empty()) {
        return fail(exit_code::usage,
                    "replay " + problem +
                        ": gridbridge replay FILE... [--speed N|max] [--mqtt URL] [--compare]");
    }
    const Log log =
        make_log(parse_log_level(options.log_level).value_or(LogLevel::Info), options.log_format == "json");
    try {
        return replay(recording_paths(options.arguments), wanted, log);
    } catch (const std::exception& error) {
        return fail(exit_code::io, error.what());
    }
}

} // namespace gridbridge
