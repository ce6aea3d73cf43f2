#include "mqtt/access_check.hpp"

#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds patience(10);

} // namespace

AccessCheck::AccessCheck(std::string status_topic, std::function<void(const std::string&)> warn)
    : topic_(std::move(status_topic)), warn_(std::move(warn)) {}

void AccessCheck::connected(Clock::time_point now, Messages& /*out*/) {
    overdue_at_ = now + patience;
}

void AccessCheck::request(const Message& message, Clock::time_point /*now*/, Messages& /*out*/) {
    if (message.topic == topic_) {
        overdue_at_.reset();
    }
}

void AccessCheck::tick(Clock::time_point now, Messages& /*out*/) {
    if (overdue_at_ && now >= *overdue_at_) {
        overdue_at_.reset();
        warn_("connected, but the broker does not pass on what we publish to " + topic_ +
              ": allow our user to write and read N/#, R/#, W/# and gridbridge/# in its access rules (ACL)");
    }
}

Clock::time_point AccessCheck::next_tick(Clock::time_point now) const {
    return overdue_at_.value_or(now + std::chrono::hours(1));
}

} // namespace gridbridge
