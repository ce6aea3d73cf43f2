// Finds out whether the broker passes on what we publish: access rules drop messages without a word.
#pragma once

#include "mqtt/outlet.hpp"

#include <functional>
#include <optional>
#include <string>

namespace gridbridge {

// Listens to the bridge's own status topic; says so when its "online" does not come back.
class AccessCheck : public Outlet {
  public:
    // `warn` gets a text for the user, at most once per connection.
    AccessCheck(std::string status_topic, std::function<void(const std::string&)> warn);

    void connected(Clock::time_point now, Messages& out) override;
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    std::vector<std::string> filters() const override { return {topic_}; }

  private:
    std::string topic_;
    std::function<void(const std::string&)> warn_;
    std::optional<Clock::time_point> overdue_at_; // while the answer is awaited
};

} // namespace gridbridge
