// Name lookup that can be given up.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace gridbridge {

// Numeric addresses of `host`; none when the lookup failed, the deadline passed or stop was requested. A
// numeric address comes back as it is. Any thread.
std::vector<std::string> resolve_host(const std::string& host, Clock::time_point deadline,
                                      const std::stop_token& stop);

// Lookups that nothing can interrupt, on threads of their own that outlive whoever gave up waiting. Any
// thread.
class Lookups {
  public:
    static constexpr std::size_t max_running = 8; // one more waits for one of them to end

    // Called on those threads; may block for long.
    using LookUp = std::function<std::vector<std::string>(const std::string& host)>;
    // `again` is called beside a `look_up` that has no answer after this time, once, while there is room;
    // whichever finds something first counts. Empty: it is not.
    static constexpr std::chrono::seconds again_after{1};
    explicit Lookups(LookUp look_up, LookUp again = {});

    // As resolve_host(). While a host is being looked up, all who want it wait for the one answer.
    std::vector<std::string> find(const std::string& host, Clock::time_point deadline,
                                  const std::stop_token& stop) const;
    std::size_t running() const;

  private:
    struct State;
    std::shared_ptr<State> state_; // the threads have a share
};

} // namespace gridbridge
