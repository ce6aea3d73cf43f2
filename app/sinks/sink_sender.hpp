// Takes points out of a queue and gives them to whoever wants them.
#pragma once

#include "drivers/waist/clock.hpp"

#include <stop_token>

namespace gridbridge {

// On a thread of its own.
class SinkSender {
  public:
    SinkSender() = default;
    SinkSender(const SinkSender&) = delete;
    SinkSender& operator=(const SinkSender&) = delete;
    virtual ~SinkSender() = default;

    // Does what is to be done now. Returns when to be called again if nobody wakes the sender before. Every
    // wait ends within 0.1 s when stop is requested. Throws std::exception when the queue does not work.
    virtual Clock::time_point step(Clock::time_point now, const std::stop_token& stop) = 0;
    // Nothing more is sent; takes at most 0.3 s.
    virtual void leave() {}
};

} // namespace gridbridge
