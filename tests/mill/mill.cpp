#include "tests/mill/mill.hpp"

#include "app/replay/replay.hpp"
#include "drivers/io/recorded_wire.hpp"
#include "drivers/text/hex.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/mill/faulty_wire.hpp"
#include "tests/mill/formed_witness.hpp"
#include "tests/mill/truth.hpp"
#include "tests/mill/witness.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

const Clock::time_point begin{std::chrono::hours(1)};

struct Said {
    Clock::time_point at;
    Message message;
};

std::vector<MeterConfig> configs_of(const Plan& plan) {
    std::vector<MeterConfig> configs;
    for (const PlannedMeter& planned : plan.meters) {
        MeterConfig config;
        for (const std::string& problem : parse_meter_uri(planned.uri, config)) {
            throw std::runtime_error(planned.uri + ": " + problem);
        }
        config.role = planned.role;
        configs.push_back(std::move(config));
    }
    for (const std::string& uri : formed_uris(plan)) {
        MeterConfig config;
        for (const std::string& problem : parse_meter_uri(uri, config)) {
            throw std::runtime_error(uri + ": " + problem);
        }
        configs.push_back(std::move(config));
    }
    return configs;
}

OutletRow venus_row() {
    return {"venus", [] {
                VenusOptions options;
                options.portal_id = "mill";
                options.version = "mill";
                options.unix_time = [] { return 1'700'000'000LL; };
                return std::make_unique<Venus>(std::move(options));
            }};
}

class Run {
  public:
    Run(Grist& grist, const Ways& ways) : grist_(grist), ways_(ways) {
        const Plan& plan = grist.plan;
        truths_.reserve(plan.meters.size());
        for (const PlannedMeter& meter : plan.meters) {
            truths_.emplace_back(meter);
        }
        for (std::size_t number = 0; number < plan.lines.size(); ++number) {
            std::vector<Truth*> on_line;
            for (Truth& truth : truths_) {
                if (truth.meter().line == number) {
                    on_line.push_back(&truth);
                }
            }
            lines_.push_back(std::make_unique<Line>(plan, number, begin, on_line));
        }
    }

    VirtualService::Parts parts() const {
        VirtualService::Parts parts;
        parts.begin = begin;
        parts.meters = configs_of(grist_.plan);
        parts.outlets = {venus_row()};
        parts.log = [this](LogLevel, std::string_view who, std::string_view what) {
            if (ways_.keeps_log) {
                grist_.log.push_back(std::to_string(Seconds(Clock::now() - begin).count()) + ' ' +
                                     std::string(who) + ": " + std::string(what));
            }
        };
        return parts;
    }

    Clock::time_point end() const {
        return begin + std::chrono::duration_cast<Clock::duration>(Seconds(grist_.plan.ends));
    }

    void grind() {
        auto faulty = parts();
        faulty.wires = [this](std::span<const MeterConfig> meters) { return wire_for(meters.front().uri); };
        Witness witness(grist_.plan, truths_, begin, formed_serials());
        FormedWitness formed(grist_.plan, truths_, begin);
        {
            VirtualService service(std::move(faulty));
            service.run(end(), {}, [&](const Messages& said, Clock::time_point now) {
                for (const Message& message : said) {
                    said_.push_back({now, message});
                    if (ways_.keeps_log) {
                        grist_.log.push_back(std::to_string(Seconds(now - begin).count()) + ' ' +
                                             message.topic + ' ' + message.payload);
                    }
                    witness.hear(as_heard(message), now);
                    formed.hear(as_heard(message), now);
                }
                witness.look(now);
                formed.look(now);
            });
        }
        witness.end(end());
        formed.end(end());
        grist_.violations = witness.violations();
        grist_.violations.insert(grist_.violations.end(), formed.violations().begin(),
                                 formed.violations().end());
        grist_.numbers = witness.numbers();
        grist_.formed_numbers = formed.numbers();
        grist_.messages = said_.size();
    }

    void replay() {
        Replay again(parts(), std::move(recorded_));
        std::size_t next = 0;
        std::string difference;
        again.run(end(), {}, [&](const Messages& said, Clock::time_point now) {
            for (const Message& message : said) {
                if (difference.empty() && (next >= said_.size() || said_[next].at != now ||
                                           said_[next].message.topic != message.topic ||
                                           said_[next].message.payload != message.payload)) {
                    difference =
                        "the replay says " + message.topic + ' ' + message.payload + " at " +
                        std::to_string(Seconds(now - begin).count()) +
                        (next < said_.size() ? " instead of " + said_[next].message.topic + ' ' +
                                                   said_[next].message.payload + " at " +
                                                   std::to_string(Seconds(said_[next].at - begin).count())
                                             : " behind the end");
                }
                ++next;
            }
        });
        if (difference.empty() && next != said_.size()) {
            difference = "the replay ends before " + said_[next].message.topic;
        }
        for (const auto& [uri, what] : again.differences()) {
            difference.append(difference.empty() ? "" : "; ").append(uri).append(" ").append(what);
        }
        if (!difference.empty()) {
            grist_.violations.push_back(difference);
        }
    }

  private:
    DriverWire wire_for(const std::string& uri) {
        const auto& meters = grist_.plan.meters;
        const auto planned = std::find_if(meters.begin(), meters.end(), [&](const PlannedMeter& meter) {
            return meter.uri.substr(0, meter.uri.find('?')) == uri;
        });
        if (planned == meters.end()) {
            throw std::runtime_error("mill: no meter at " + uri);
        }
        Line& line = *lines_[planned->line];
        auto& records = recorded_[uri];
        return {[this, &line, &records](const MeterConfig& /*meter*/) {
            return make_recorded_wire(make_faulty_wire(line), nullptr,
                                      [this, &records](const WireEvent& event) {
                                          records.push_back(WireRecord::of(event));
                                          log_event(event);
                                      });
        }};
    }

    Message as_heard(Message message) const {
        const bool is_power = message.topic.ends_with("/Ac/Power");
        if (is_power && ways_.lies && message.payload.find("null") == std::string::npos) {
            message.payload = R"({"value":77777})";
        }
        if (ways_.is_deaf_to_silence && message.payload.find("null") != std::string::npos) {
            message.topic = "nobody";
        }
        return message;
    }

    void log_event(const WireEvent& event) {
        constexpr std::array kinds{"opened", "received", "sent", "speed", "woke", "failed", "closed"};
        if (ways_.keeps_log) {
            grist_.log.push_back(std::to_string(Seconds(event.at - begin).count()) + ' ' +
                                 kinds.at(static_cast<std::size_t>(event.kind)) + ' ' +
                                 hex_text(event.bytes) + std::string(event.text));
        }
    }

    Grist& grist_;
    const Ways& ways_;
    std::vector<Truth> truths_;
    std::vector<std::unique_ptr<Line>> lines_;
    RecordedWires recorded_;
    std::vector<Said> said_;
};

} // namespace

Grist grind(std::uint64_t seed, double busy, bool replays, const Ways& ways) {
    Grist grist;
    grist.plan = make_plan(seed, busy);
    Run run(grist, ways);
    run.grind();
    if (replays) {
        run.replay();
    }
    return grist;
}

} // namespace gridbridge::mill
