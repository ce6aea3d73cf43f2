#include "tests/mill/mill.hpp"

#include "app/replay/replay.hpp"
#include "drivers/text/hex.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/mill/formed_witness.hpp"
#include "tests/mill/installation.hpp"
#include "tests/mill/kept_run.hpp"
#include "tests/mill/witness.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <utility>

namespace gridbridge::mill {
namespace {

struct Said {
    Clock::time_point at;
    Message message;
};

// The meters of the plan, and those that are formed of them.
std::vector<MeterConfig> configs_of(const Installation& installation, const Plan& plan) {
    std::vector<MeterConfig> configs = installation.configs();
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
    Run(Grist& grist, const Ways& ways) : grist_(grist), ways_(ways), installation_(grist.plan) {}

    VirtualService::Parts parts() const {
        VirtualService::Parts parts;
        parts.begin = mill_begin;
        parts.meters = configs_of(installation_, grist_.plan);
        parts.outlets = {venus_row()};
        parts.log = [this](LogLevel, std::string_view who, std::string_view what) {
            if (ways_.keeps_log) {
                grist_.log.push_back(std::to_string(mill_seconds(Clock::now())) + ' ' + std::string(who) +
                                     ": " + std::string(what));
            }
        };
        return parts;
    }

    Clock::time_point end() const { return mill_time(grist_.plan.ends); }

    void grind() {
        auto faulty = parts();
        faulty.wires = installation_.wires([this](const std::string& uri, const WireEvent& event) {
            recorded_[uri].push_back(WireRecord::of(event));
            if (kept_) {
                kept_->take(uri, event);
            }
            log_event(event);
        });
        if (ways_.records) {
            kept_.emplace(faulty.meters, faulty.settings);
        }
        Witness witness(grist_.plan, installation_.truths(), mill_begin, formed_serials());
        FormedWitness formed(grist_.plan, installation_.truths(), mill_begin);
        {
            VirtualService service(std::move(faulty));
            Message other;
            service.run(end(), {}, [&](const Messages& said, Clock::time_point now) {
                for (const Message& message : said) {
                    said_.push_back({now, message});
                    if (ways_.keeps_log) {
                        grist_.log.push_back(std::to_string(mill_seconds(now)) + ' ' + message.topic + ' ' +
                                             message.payload);
                    }
                    const Message& heard =
                        changes_what_is_heard(ways_) ? other = as_heard(message, ways_) : message;
                    witness.hear(heard, now);
                    formed.hear(heard, now);
                }
                witness.look(now);
                formed.look(now);
            });
        }
        if (kept_) {
            grist_.recordings.push_back(kept_->finish());
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
                    difference = "the replay says " + message.topic + ' ' + message.payload + " at " +
                                 std::to_string(mill_seconds(now)) +
                                 (next < said_.size() ? " instead of " + said_[next].message.topic + ' ' +
                                                            said_[next].message.payload + " at " +
                                                            std::to_string(mill_seconds(said_[next].at))
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
    void log_event(const WireEvent& event) {
        if (ways_.keeps_log) {
            grist_.log.push_back(std::to_string(mill_seconds(event.at)) + ' ' + to_text(event));
        }
    }

    Grist& grist_;
    const Ways& ways_;
    Installation installation_;
    RecordedWires recorded_;
    std::optional<KeptRun> kept_;
    std::vector<Said> said_;
};

} // namespace

std::string to_text(const WireEvent& event) {
    constexpr std::array kinds{"opened", "received", "sent", "speed", "woke", "failed", "closed"};
    return kinds.at(static_cast<std::size_t>(event.kind)) + (' ' + hex_text(event.bytes)) +
           std::string(event.text);
}

Message as_heard(Message message, const Ways& ways) {
    const bool is_power = message.topic.ends_with("/Ac/Power");
    if (is_power && ways.lies && message.payload.find("null") == std::string::npos) {
        message.payload = R"({"value":77777})";
    }
    if (ways.is_deaf_to_silence && message.payload.find("null") != std::string::npos) {
        message.topic = "nobody";
    }
    return message;
}

std::vector<std::string> keep(const Grist& grist, const std::string& folder, std::string_view kind) {
    std::filesystem::create_directories(folder);
    const std::string name = folder + "/seed-" + std::to_string(grist.plan.seed) + '-' + std::string(kind);
    std::vector<std::string> paths;
    for (const Bytes& recording : grist.recordings) {
        const std::string number =
            grist.recordings.size() > 1 ? "-" + std::to_string(paths.size() + 1) : std::string();
        paths.push_back(name + number + ".pcapng");
        std::ofstream file(paths.back(), std::ios::binary);
        file.write(reinterpret_cast<const char*>(recording.data()), // NOLINT(*-reinterpret-cast): octets
                   static_cast<std::streamsize>(recording.size()));
        if (!file.flush()) {
            throw std::runtime_error("cannot write " + paths.back());
        }
    }
    if (!grist.log.empty()) {
        std::ofstream log(name + ".log");
        for (const std::string& line : grist.log) {
            log << line << '\n';
        }
    }
    return paths;
}

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
