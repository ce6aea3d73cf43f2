#include "mqtt/gx/gx_fallback.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/venus_request.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto good_again = 10s;    // hysteresis: a meter that comes and goes switches once
constexpr auto first_reading = 30s; // a meter that has said nothing by then is lost
constexpr auto answer_limit = 2s;
constexpr auto shortest_wait = 100ms;
constexpr auto look_again = 30s; // a GX that sleeps tells no changes
constexpr int patient_questions = 5;
constexpr int external_control = 3; // Hub4Mode

constexpr std::string_view managed = "RunWithoutGridMeter";
// Asked in this order; the answer to the last one completes the picture.
constexpr std::array<std::string_view, 3> settings{"GridMeterRequired", "Hub4Mode", managed};
constexpr std::string_view branch = "/settings/0/Settings/CGwacs/";

std::optional<int> gx_number(const std::string& payload) {
    const auto value = parse_write(payload);
    if (!value) {
        return std::nullopt;
    }
    if (const auto* const number = std::get_if<long long>(&*value)) {
        return std::abs(*number) < 1000 ? std::optional(static_cast<int>(*number)) : std::nullopt;
    }
    const auto* const number = std::get_if<double>(&*value);
    return number != nullptr && std::abs(*number) < 1000 ? std::optional(static_cast<int>(*number))
                                                         : std::nullopt;
}

} // namespace

GxFallback::GxFallback(GxFallbackOptions options)
    : options_(std::move(options)), choice_(options_.meter),
      note_topic_("gridbridge/" + options_.portal_id + "/gx/run_without_grid_meter") {}

void GxFallback::log(LogLevel level, const std::string& text) const {
    if (options_.log) {
        options_.log(level, "gx", text);
    }
}

void GxFallback::publish(std::string topic, std::string payload, bool retain, Messages& out) const {
    out.push_back({std::move(topic), std::move(payload), retain, gx_link});
}

void GxFallback::connected(Clock::time_point /*now*/, Messages& /*out*/) {
    gx_.reset(); // its retained serial comes back by itself
    ambiguous_ = false;
    answered_ = false;
    unanswered_ = 0;
    ask_at_.reset();
    shown_.reset();
    required_.reset();
    hub4_mode_.reset();
}

void GxFallback::take_serial(const Message& message, Clock::time_point now, Messages& out) {
    const std::string id = message.topic.substr(2, message.topic.find('/', 2) - 2);
    if (id == options_.portal_id || message.payload.empty() || gx_ == id) {
        return;
    }
    if (gx_) {
        ambiguous_ = true;
        log(LogLevel::Warn, "two devices call themselves a GX on this broker, " + *gx_ + " and " + id +
                                ": RunWithoutGridMeter is left alone");
        return;
    }
    gx_ = id;
    ask(now, out);
}

void GxFallback::ask(Clock::time_point now, Messages& out) {
    answered_ = false;
    ask_at_ = now + (unanswered_ < patient_questions ? Clock::duration(answer_limit) : look_again);
    if (!gx_ || (options_.linked && !options_.linked())) {
        return;
    }
    if (unanswered_++ == patient_questions) {
        log(LogLevel::Warn, "the GX " + *gx_ + " does not report RunWithoutGridMeter: is ESS set up there?");
    }
    for (const std::string_view name : settings) {
        publish("R/" + *gx_ + std::string(branch) + std::string(name), {}, false, out);
    }
}

void GxFallback::take_setting(std::string_view name, int value, Clock::time_point now) {
    if (name == settings[0]) {
        required_ = value;
    } else if (name == settings[1]) {
        hub4_mode_ = value;
    } else if (name == managed) {
        shown_ = value;
        answered_ = true;
        unanswered_ = 0;
        ask_at_ = now + look_again;
        if (!users_) {
            return;
        }
        if (restoring_) {
            finished_ = value == *users_;
        } else if (value == 1) {
            confirmed_ = true;
        } else if (confirmed_) {
            log(LogLevel::Info, "RunWithoutGridMeter was changed by somebody else: left as it is");
            overruled_ = true;
            finished_ = true;
        }
    }
}

// What an earlier run of ours had to restore and could not.
void GxFallback::take_note(const Message& message) {
    const auto value = message.retain && !users_ ? gx_number(message.payload) : std::nullopt;
    if (value) {
        users_ = value;
        confirmed_ = true;
        restoring_ = false;
    }
}

void GxFallback::request(const Message& message, Clock::time_point now, Messages& out) {
    constexpr std::string_view serial = "/system/0/Serial";
    if (message.topic == note_topic_) {
        take_note(message);
    } else if (message.topic.starts_with("N/") && message.topic.ends_with(serial)) {
        take_serial(message, now, out);
    } else if (gx_ && message.topic.starts_with("N/" + *gx_ + std::string(branch))) {
        const auto value = gx_number(message.payload);
        if (value) {
            take_setting(std::string_view(message.topic).substr(2 + gx_->size() + branch.size()), *value,
                         now);
        }
    }
    act(now, out);
}

void GxFallback::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    if (choice_.is(meter) && lacks_power(meter, now)) {
        lose(now, out); // nothing to steer by
    } else if (choice_.is(meter) && !good_since_) {
        good_since_ = now;
        lost_ = false;
        act(now, out);
    }
}

void GxFallback::lost(const Meter& meter, Clock::time_point now, Messages& out) {
    if (choice_.is(meter)) {
        lose(now, out);
    }
}

void GxFallback::gone(const Meter& meter, Messages& /*out*/) {
    if (choice_.is(meter)) {
        good_since_.reset(); // lost before, or about to return under another role
    }
}

void GxFallback::lose(Clock::time_point now, Messages& out) {
    good_since_.reset();
    if (!lost_) {
        lost_ = true;
        explained_ = false;
        ask(now, out); // nothing is changed on old news
    }
}

bool GxFallback::is_allowed() {
    const std::string_view reason = required_.value_or(0) == 1 ? "GridMeterRequired is 1"
                                    : hub4_mode_.value_or(0) == external_control
                                        ? "Hub4Mode is 3, external control"
                                        : "";
    if (!reason.empty() && !explained_) {
        explained_ = true;
        log(LogLevel::Info, "RunWithoutGridMeter is left alone: " + std::string(reason));
    }
    return reason.empty();
}

void GxFallback::write(int value, Clock::time_point now, Messages& out) {
    write_at_ = now + answer_limit;
    publish("W/" + *gx_ + std::string(branch) + std::string(managed), value_payload(value), false, out);
    ask(now, out);
}

// The note goes first: whatever happens afterwards, the user's value is not forgotten.
void GxFallback::begin(Clock::time_point now, Messages& out) {
    users_ = *shown_;
    confirmed_ = false;
    restoring_ = false;
    log(LogLevel::Warn, "the grid meter is lost: RunWithoutGridMeter of the GX is set to 1");
    publish(note_topic_, value_payload(*users_), true, out);
    write(1, now, out);
}

void GxFallback::finish(Messages& out) {
    users_.reset();
    finished_ = false;
    restoring_ = false;
    publish(note_topic_, {}, true, out);
}

void GxFallback::act(Clock::time_point now, Messages& out) {
    if (finished_) {
        finish(out);
    }
    if (!gx_ || ambiguous_ || !answered_ || !shown_) {
        return;
    }
    const bool good = good_since_ && now - *good_since_ >= good_again;
    overruled_ = overruled_ && !good;
    if (lost_ && !users_) {
        if (!overruled_ && *shown_ == 0 && is_allowed()) {
            begin(now, out);
        }
    } else if (lost_ && (restoring_ || !confirmed_) && *shown_ == 0 && now >= write_at_) {
        restoring_ = false;
        confirmed_ = false;
        write(1, now, out);
    } else if (good && users_ && *shown_ == *users_) {
        finish(out);
    } else if (good && users_ && now >= write_at_) {
        if (!restoring_) {
            log(LogLevel::Info,
                "the grid meter is back: RunWithoutGridMeter of the GX is set to " + std::to_string(*users_));
        }
        restoring_ = true;
        write(*users_, now, out);
    }
}

void GxFallback::tick(Clock::time_point now, Messages& out) {
    started_ = started_.value_or(now);
    if (!good_since_ && !lost_ && now - *started_ >= first_reading) {
        lose(now, out);
    }
    if (ask_at_ && now >= *ask_at_) {
        ask(now, out);
    }
    act(now, out);
}

Clock::time_point GxFallback::next_tick(Clock::time_point now) const {
    Clock::time_point next = now + look_again;
    if (ask_at_) {
        next = std::min(next, *ask_at_);
    }
    if (started_ && !good_since_ && !lost_) {
        next = std::min(next, *started_ + first_reading);
    }
    if (users_ && (good_since_ || !confirmed_)) {
        const auto due = good_since_ ? *good_since_ + good_again : write_at_;
        next = std::min(next, std::max({due, write_at_, now + shortest_wait}));
    }
    return next;
}

void GxFallback::leave(Messages& out) {
    if (users_ && gx_) {
        publish("W/" + *gx_ + std::string(branch) + std::string(managed), value_payload(*users_), false, out);
        finish(out);
    }
    gx_.reset(); // nothing is changed any more
}

std::vector<std::string> GxFallback::filters() const {
    std::vector<std::string> filters{note_topic_, "N/+/system/0/Serial"};
    for (const std::string_view name : settings) {
        filters.push_back("N/+" + std::string(branch) + std::string(name));
    }
    return filters;
}

} // namespace gridbridge
