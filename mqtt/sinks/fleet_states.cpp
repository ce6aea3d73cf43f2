#include "mqtt/sinks/fleet_states.hpp"

#include "mqtt/doctor/findings_book.hpp"
#include "mqtt/status/health.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace gridbridge {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// "no reading for 12 s" and "no reading for 122 s" say the same.
void add_without_numbers(std::string& text, const std::string& sentence) {
    for (std::size_t i = 0; i < sentence.size(); ++i) {
        if (!is_digit(sentence[i])) {
            text += sentence[i];
        } else if (i == 0 || !is_digit(sentence[i - 1])) {
            text += '#';
        }
    }
    text += '\n';
}

} // namespace

std::string essence_of_health(const Snapshot& view, Clock::time_point now) {
    std::string text(health_status(view, now));
    text += '\n';
    for (const std::string& problem : health_problems(view, now)) {
        add_without_numbers(text, problem);
    }
    for (const std::string& remark : view.remarks) {
        add_without_numbers(text, remark);
    }
    for (const Meter& meter : view.meters) {
        text.append(meter.info.serial).append(" ").append(state_name(meter)).append("\n");
    }
    for (const SinkHealth& sink : view.sinks) {
        text.append(sink.name).append(sink.connected ? " connected\n" : " away\n");
    }
    return text;
}

FleetStates::FleetStates(std::shared_ptr<PointBox> box, FleetStatesOptions options)
    : box_(std::move(box)), options_(std::move(options)) {}

void FleetStates::tick(Clock::time_point now, Messages& /*out*/) {
    if (now >= look_at_) {
        look_at_ = now + options_.interval;
        look(now);
    }
}

void FleetStates::look(Clock::time_point now) {
    started_ = started_ == Clock::time_point{} ? now : started_;
    Snapshot view = options_.view();
    view.started = started_;
    std::vector<const Meter*> meters;
    for (const auto& [source, meter] : meters_) {
        meters.push_back(meter);
        view.meters.push_back(*meter);
    }
    std::string essence = essence_of_health(view, now);
    if (std::exchange(told_health_, essence) != essence) {
        box_->put_state("health", health_json(view, now));
    }
    std::string info = info_json(options_.facts(), meters);
    if (info != told_info_) {
        box_->put_state("info", info);
        told_info_ = std::move(info);
    }
    if (!std::exchange(has_told_findings_, true) || !say_the_same(told_findings_, view.findings)) {
        box_->put_state("findings", findings_json(view.findings, view.wall.at, view.wall.unix_ms));
        told_findings_ = std::move(view.findings);
    }
}

} // namespace gridbridge
