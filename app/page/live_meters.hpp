// What the page is told as it happens: everything at first, then what has changed. Pure.
#pragma once

#include "mqtt/status/snapshot.hpp"

#include <map>
#include <string>

namespace gridbridge {

// As server-sent events (WHATWG HTML 9.2). One thread at a time.
class LiveMeters {
  public:
    explicit LiveMeters(std::string portal_id) : portal_id_(std::move(portal_id)) {}

    // Event "all": as `/api/meters`.
    std::string all(const Snapshot& view, Clock::time_point now) const;
    // Event "changes", since the last call: `service` if it is another, `meters` with new ones, `gone` with
    // ids. There is always one: it tells that the service lives.
    std::string changes(const Snapshot& view, Clock::time_point now);
    // Of a publisher that does not answer.
    static std::string stuck(const std::string& problem);

  private:
    struct Told {
        std::string text;
        Clock::time_point last_good;
    };
    std::string changed_meters(const Snapshot& view, Clock::time_point now);
    std::string gone_meters(const Snapshot& view);

    std::string portal_id_;
    std::string service_; // as told last, without what changes all the time
    std::map<std::string, Told> meters_;
};

} // namespace gridbridge
