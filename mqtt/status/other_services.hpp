// Notices another service under our portal id: what both publish is mixed on one topic. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace gridbridge {

// Services tell each other apart by the `service_id` in their `info`. Each answers one that is new to it with
// its own, and says it again each minute while it knows of one, so that one that is gone is forgotten.
class OtherServices {
  public:
    // Our `info` is published with a connection.
    void connected(Clock::time_point now);
    // Our `info` is published now.
    void said(Clock::time_point now) { said_at_ = now; }
    // An `info` under our portal id was published, maybe by us. `own_id`: our service id.
    void heard(const std::string& info, const std::string& own_id, Clock::time_point now);
    // The broker had kept this one: it proves another service only if we have said our own in its place.
    void kept(const std::string& info, const std::string& own_id, Clock::time_point now);
    // One has left: whoever remains will answer.
    void left();
    // Forgets those that do not answer. True: our `info` is to be published.
    bool is_due(Clock::time_point now);
    Clock::time_point next(Clock::time_point now) const;

    std::size_t count() const { return heard_.size(); }

  private:
    std::map<std::string, Clock::time_point> heard_; // newest, by service id
    std::optional<Clock::time_point> said_at_;
    bool had_said_ = false; // before this connection
    bool answer_ = false;
};

} // namespace gridbridge
