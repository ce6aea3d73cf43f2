#include "mqtt/status/other_services.hpp"

#include "mqtt/outlet/info_payload.hpp"

#include <algorithm>
#include <chrono>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_pause = 10s; // between two of ours: two services must not talk for ever
constexpr auto ask_period = 60s;
constexpr auto forgotten_after = 150s; // two questions without an answer
constexpr std::size_t most_services = 16;

} // namespace

void OtherServices::connected(Clock::time_point now) {
    had_said_ = said_at_.has_value();
    said_at_ = now;
    answer_ = false;
}

void OtherServices::heard(const std::string& info, const std::string& own_id, Clock::time_point now) {
    const auto id = service_id_of(info);
    if (!id || *id == own_id || (heard_.size() >= most_services && !heard_.contains(*id))) {
        return;
    }
    answer_ = answer_ || !heard_.contains(*id); // one that knows us asks again by itself
    heard_[*id] = now;
}

void OtherServices::kept(const std::string& info, const std::string& own_id, Clock::time_point now) {
    if (had_said_) {
        heard(info, own_id, now);
    }
}

void OtherServices::left() {
    heard_.clear();
    answer_ = true;
}

bool OtherServices::is_due(Clock::time_point now) {
    std::erase_if(heard_, [&](const auto& entry) { return now - entry.second >= forgotten_after; });
    const auto pause = said_at_ ? now - *said_at_ : Clock::duration::max();
    const bool is_due = (answer_ && pause >= answer_pause) || (!heard_.empty() && pause >= ask_period);
    answer_ = answer_ && !is_due;
    return is_due;
}

Clock::time_point OtherServices::next(Clock::time_point now) const {
    const Clock::time_point said = said_at_.value_or(now - ask_period);
    if (answer_) {
        return said + answer_pause;
    }
    return heard_.empty() ? now + 1h : std::max(said + ask_period, now);
}

} // namespace gridbridge
