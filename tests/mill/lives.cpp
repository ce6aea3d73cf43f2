#include "tests/mill/lives.hpp"

#include "mqtt/readings/meter_readings.hpp"
#include "tests/mill/claim_witness.hpp"
#include "tests/mill/course.hpp"
#include "tests/mill/installation.hpp"
#include "tests/mill/kept_run.hpp"
#include "tests/mill/program_outlets.hpp"
#include "tests/mill/return_witness.hpp"
#include "tests/mill/state_folder.hpp"
#include "tests/mill/virtual_gx.hpp"
#include "tests/mill/virtual_poll.hpp"
#include "tests/mill/virtual_program.hpp"
#include "tests/mill/witness.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>

#include <unistd.h>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

const std::string portal = "mill";

class Lives {
  public:
    Lives(Grist& grist, const Course& course, const Ways& ways)
        : grist_(grist), course_(course), ways_(ways), installation_(grist.plan),
          folder_(course.has_state_dir), witness_(grist.plan, installation_.truths(), mill_begin, {}),
          claims_(grist.plan, course, witness_, mill_begin), returns_(grist.plan, course, witness_),
          broker_(course, mill_begin,
                  {[this](const Message& message, Clock::time_point now) { hear(message, now); },
                   [this](Clock::time_point /*now*/) {
                       witness_.forget();
                       claims_.is_gone();
                       look_for_settings();
                   }}) {
        if (course.gx.mode == GxMode::Em24) {
            poll_.emplace(grist.plan, installation_.truths(), witness_, ways);
        } else if (course.gx.mode != GxMode::None) {
            gx_.emplace(course.gx, grist.plan, installation_.truths(), witness_, ways);
        }
        claims_.is_patient(200ms); // what does not fit into the window goes out a moment later
        if (ways.has_late_meter) {
            installation_.line(0).be_silent(grist.plan.ends - 60, grist.plan.ends - 25);
        }
    }

    void watch(std::function<void(double seconds)> look) { look_ = std::move(look); }

    void grind() {
        for (const PlannedLife& life : course_.lives) {
            live(life);
        }
        grist_.violations = witness_.violations();
        grist_.numbers = witness_.numbers() + (poll_ ? poll_->numbers() : 0);
    }

  private:
    void live(const PlannedLife& life) {
        broker_.run_until(mill_time(life.begin));
        if (gx_) {
            gx_->run_until(mill_time(life.begin));
        }
        witness_.program_begins(mill_time(life.begin));
        was_online_ = false;
        look_for_settings();
        VirtualDisk disk(course_, mill_begin);
        ReadingBook readings;
        std::optional<KeptRun> kept;
        VirtualProgram program({mill_time(life.begin),
                                installation_.configs(),
                                folder_.path(),
                                [&](const Link& gx) { return outlets(readings, gx); },
                                log(),
                                installation_.wires([&](const std::string& uri, const WireEvent& event) {
                                    log_event(uri, event);
                                    if (kept) {
                                        kept->take(uri, event);
                                    }
                                }),
                                broker_,
                                disk,
                                {"gridbridge/mill/status", "offline", true},
                                grist_.plan.seed,
                                gx_ ? &gx_->broker() : nullptr,
                                gx_ ? gx_->last_will() : Message()});
        if (ways_.records) {
            kept.emplace(installation_.configs(), program.settings());
        }
        const auto end = mill_time(life.end);
        program.run(end, [&](Clock::time_point now) { return after_all(now); });
        if (&life == &course_.lives.back()) {
            witness_.end(end);
            if (gx_) {
                gx_->end(end);
            }
            if (poll_) {
                poll_->end(end);
            }
            look_at_retained(end);
        }
        if (kept) {
            grist_.recordings.push_back(kept->finish());
        }
        claims_.program_ends(end, life.is_killed);
        if (!life.is_killed) {
            program.leave();
        }
        broker_.hang_up(end);
        if (gx_) {
            gx_->hang_up(end);
        }
    }

    // Who has no state directory takes its settings from the broker, which may have forgotten them by then.
    void look_for_settings() {
        if (!course_.has_state_dir && !was_online_ &&
            !broker_.retained().contains("gridbridge/mill/settings")) {
            witness_.forget_sums();
        }
    }

    // Clients write, and the witnesses look.
    Clock::time_point after_all(Clock::time_point now) {
        while (next_write_ < course_.writes.size() && mill_time(course_.writes[next_write_].at) <= now) {
            const PlannedWrite& write = course_.writes[next_write_++];
            if (const auto message = claims_.write(write, now)) {
                broker_.say(*message, now);
            }
        }
        witness_.may_be_late(lateness(now));
        witness_.look(now);
        claims_.look(now);
        if (!witness_.is_late()) {
            returns_.look(now);
        }
        if (look_) {
            look_(mill_seconds(now));
        }
        constexpr auto never = Clock::time_point::max();
        return std::min(
            {next_write_ < course_.writes.size() ? mill_time(course_.writes[next_write_].at) : never,
             gx_ ? gx_->after_all(now) : never, poll_ ? poll_->after_all(now) : never});
    }

    // What waited in a network that stood still is no older than what the program leaves in it, and until it
    // connects again nobody can tell that it is gone.
    Clock::duration lateness(Clock::time_point now) const {
        constexpr double until_known = 12; // after the end: the program may wait for an answer first
        const bool is_stalled =
            std::any_of(course_.troubles.begin(), course_.troubles.end(), [&](const PlannedTrouble& planned) {
                return planned.trouble == Trouble::Stall && planned.begin <= mill_seconds(now) &&
                       mill_seconds(now) <= planned.end + until_known;
            });
        return is_stalled ? Clock::duration(6s) : Clock::duration();
    }

    void hear(const Message& message, Clock::time_point now) {
        ++grist_.messages;
        if (ways_.keeps_log) {
            grist_.log.push_back(std::to_string(mill_seconds(now)) + (message.retain ? " kept " : " ") +
                                 message.topic + ' ' + message.payload.substr(0, 200));
        }
        if (message.retain || message.topic.starts_with("N/")) {
            kept_[message.topic] = message.payload;
        }
        was_online_ = was_online_ || (message.topic == "gridbridge/mill/status" && !message.retain &&
                                      message.payload == "online");
        witness_.may_be_late(lateness(now));
        const bool is_other = changes_what_is_heard(ways_) && !ways_.only_on_gx;
        const Message other = is_other ? as_heard(message, ways_) : Message();
        const Message& heard = is_other ? other : message;
        claims_.hear(heard, now);
        witness_.hear(heard, now);
    }

    // What a subscriber that comes now is told of measurements was the last that was said of them.
    void look_at_retained(Clock::time_point now) {
        for (const auto& [topic, message] : broker_.retained()) {
            const auto said = kept_.find(topic);
            const bool is_measured = topic.starts_with("N/") && topic.find("/Ac/") != std::string::npos;
            if (is_measured && (said == kept_.end() || said->second != message.payload)) {
                witness_.violated(now, topic + " is retained as " + message.payload);
            }
            const auto serial = topic.substr(0, topic.find("/Ac/")) + "/Serial";
            if (is_measured && message.payload.find("null") == std::string::npos &&
                !broker_.retained().contains(serial)) {
                witness_.violated(now, topic + " is retained, of a meter that is not there");
            }
        }
    }

    Log log() {
        return [this](LogLevel level, std::string_view who, std::string_view what) {
            const auto now = Clock::now();
            if (ways_.keeps_log) {
                grist_.log.push_back(std::to_string(mill_seconds(now)) + ' ' + std::string(who) + ": " +
                                     std::string(what));
            }
            if (level == LogLevel::Error && (who == "publisher" || who == "outlet")) {
                witness_.violated(now, "the program says: " + std::string(what));
            }
        };
    }

    void log_event(const std::string& uri, const WireEvent& event) {
        if (ways_.keeps_log) {
            grist_.log.push_back(std::to_string(mill_seconds(event.at)) + ' ' + to_text(event) + " of " +
                                 uri);
        }
    }

    std::vector<OutletRow> outlets(ReadingBook& readings, const Link& gx) {
        const auto unix_time = [this] { return claims_.unix_time(Clock::now()); };
        std::vector<OutletRow> rows = program_outlets(readings, unix_time, course_.retains);
        if (poll_) {
            rows.insert(rows.begin(), poll_->outlet());
        }
        if (gx_) {
            gx_->add_outlets(rows, portal, log(), [&gx] { return gx.up(); });
        }
        return rows;
    }

    Grist& grist_;
    const Course& course_;
    const Ways& ways_;
    Installation installation_;
    StateFolder folder_;
    Witness witness_;
    ClaimWitness claims_;
    ReturnWitness returns_;
    MillBroker broker_;
    std::optional<VirtualGx> gx_;             // one with a broker
    std::optional<VirtualPoll> poll_;         // one that polls
    std::map<std::string, std::string> kept_; // what was said last, by topic
    std::size_t next_write_ = 0;
    bool was_online_ = false; // in this life
    std::function<void(double seconds)> look_;
};

} // namespace

Grist grind_lives(std::uint64_t seed, double busy, const Ways& ways) {
    Grist grist;
    grist.plan = make_plan(seed, busy);
    const Course course = make_course(grist.plan, busy);
    grist.course = to_text(course);
    Lives(grist, course, ways).grind();
    return grist;
}

Day grind_day(std::uint64_t seed, double hours, const Ways& ways) {
    const double settled = std::min(1800.0, hours * 1800); // s: buffers have the size that they keep
    Day day;
    day.grist.plan = make_plan(seed, 0);
    const Course course = make_day(day.grist.plan, hours);
    day.grist.course = to_text(course);
    Lives lives(day.grist, course, ways);
    lives.watch([&](double seconds) {
        if (seconds > settled && day.settled.kilobytes == 0) {
            day.settled = use_of(::getpid());
        }
        if (seconds > course.lives.back().end - 60) { // before anything is torn down
            day.end = day.end.kilobytes == 0 ? use_of(::getpid()) : day.end;
        }
    });
    lives.grind();
    if (has_grown(day.settled, day.end)) {
        day.grist.violations.push_back("memory or descriptors grew: " + to_text(day.settled) + ", now " +
                                       to_text(day.end));
    }
    return day;
}

} // namespace gridbridge::mill
