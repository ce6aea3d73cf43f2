#include "mqtt/doctor/load_test_outlet.hpp"

#include "drivers/text/text.hpp"
#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds say_again(5);

bool has_power(const Reading& reading) {
    return reading.has(Quantity::Power) || reading.has(Quantity::PowerL1) || reading.has(Quantity::PowerL2) ||
           reading.has(Quantity::PowerL3);
}

} // namespace

LoadTestOutlet::LoadTestOutlet(LoadTestOutletOptions options)
    : options_(std::move(options)), topic_(load_test_topic(options_.portal_id)) {}

void LoadTestOutlet::request(const Message& message, Clock::time_point now, Messages& out) {
    if (message.topic != topic_ + "/set") {
        return;
    }
    if (trim(message.payload).empty()) {
        if (running_) {
            running_->test.end();
            say_news(now, out);
        }
        return;
    }
    const auto asked = parse_load_test_request(message.payload);
    if (const auto* const reason = std::get_if<std::string>(&asked)) {
        say(load_refusal_payload(*reason), out);
    } else {
        start(std::get<LoadTestRequest>(asked), now, out);
    }
}

void LoadTestOutlet::start(const LoadTestRequest& request, Clock::time_point now, Messages& out) {
    const Meter* const meter = find(request.meter);
    if (meter == nullptr) {
        say(load_refusal_payload(request.meter.empty()
                                     ? "no grid meter gives readings: name a meter by its serial number"
                                     : "no meter with the serial number " + in_quotes(request.meter) +
                                           " gives readings"),
            out);
        return;
    }
    if (!has_power(meter->reading)) {
        say(load_refusal_payload("the meter gives no power: choose another one"), out);
        return;
    }
    running_ = Running{{meter->info.serial, request.watts}, meter->source, {request.watts, {}, now}};
    say_news(now, out);
}

const Meter* LoadTestOutlet::find(const std::string& serial) const {
    const auto found = std::find_if(meters_.begin(), meters_.end(), [&](const auto& entry) {
        const Meter& meter = *entry.second;
        return meter.life == MeterLife::Live && !meter.is_refused &&
               (serial.empty() ? meter.role == "grid" : meter.info.serial == serial);
    });
    return found == meters_.end() ? nullptr : found->second;
}

void LoadTestOutlet::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    if (running_ && running_->source == meter.source) {
        running_->test.reading(meter.reading, now);
        say_news(now, out);
    }
}

void LoadTestOutlet::lost(const Meter& meter, Clock::time_point now, Messages& out) {
    if (running_ && running_->source == meter.source) {
        running_->test.lost(now);
        say_news(now, out);
    }
}

void LoadTestOutlet::gone(const Meter& meter, Messages& out) {
    if (running_ && running_->source == meter.source) {
        running_->test.end();
        say_news(running_->said_at, out);
    }
}

void LoadTestOutlet::tick(Clock::time_point now, Messages& out) {
    if (running_) {
        running_->test.tick(now);
        say_news(now, out);
    }
}

Clock::time_point LoadTestOutlet::next_tick(Clock::time_point /*now*/) const {
    return running_ ? std::min(running_->test.next_tick(), running_->said_at + say_again)
                    : Clock::time_point::max();
}

void LoadTestOutlet::say_news(Clock::time_point now, Messages& out) {
    Running& running = *running_;
    if (running.said == running.test.progress() && now < running.said_at + say_again) {
        return;
    }
    running.said = running.test.progress();
    running.said_at = now;
    say(load_progress_payload(*running.said, running.request), out);
    if (running.test.is_over()) {
        running_.reset();
    }
}

void LoadTestOutlet::say(std::string payload, Messages& out) {
    if (options_.show) {
        options_.show(payload);
    }
    out.push_back({topic_, std::move(payload)});
}

void LoadTestOutlet::leave(Messages& out) {
    if (running_) {
        running_->test.end();
        say_news(running_->said_at, out);
    }
    if (options_.show) {
        options_.show({});
    }
}

} // namespace gridbridge
