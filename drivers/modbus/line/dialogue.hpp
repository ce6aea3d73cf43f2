// Request and answer on one line: what may be sent when, and what of the bytes that arrive is the answer.
// Pure: bytes and times are arguments. One request at a time.
#pragma once

#include "drivers/modbus/line/frame.hpp"
#include "drivers/modbus/line/transport.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace gridbridge {

class Dialogue {
  public:
    Dialogue() = default;
    Dialogue(const Dialogue&) = delete;
    Dialogue& operator=(const Dialogue&) = delete;
    virtual ~Dialogue() = default;

    virtual void restart(Clock::time_point now) = 0; // a new connection

    // When the request may leave if nothing arrives until then; and when it leaves on a line that is never
    // silent. `began`: since when it wants to.
    virtual Clock::time_point may_ask_at(const Request& request) const = 0;
    virtual Clock::time_point asks_anyway_at(const Request& request, Clock::time_point began) const = 0;
    // Bytes that nobody asked for: they came while no request was under way.
    virtual void overheard(ByteView bytes, Clock::time_point now) = 0;

    // `timeout`: as the user or the driver says it.
    virtual void asked(const Request& request, std::chrono::milliseconds timeout, Clock::time_point now) = 0;
    // As sent over TCP. Of the request that was asked.
    virtual Bytes frame() const = 0;
    virtual std::chrono::milliseconds patience() const = 0; // how long to wait for the first byte
    // Words of the answer to a read, none for a write, nothing while it is not complete. Throws BadReply or
    // ExceptionReply; either ends the request.
    virtual std::optional<std::vector<std::uint16_t>> received(ByteView bytes, Clock::time_point now) = 0;
    // No more time for the request. Throws Timeout or BadReply.
    [[noreturn]] virtual void give_up(Clock::time_point now) = 0;

    // The last answer may be that to the same request asked this much earlier.
    virtual Clock::duration possible_lateness() const { return {}; }

    virtual LineHealth health() const = 0;
    virtual std::uint64_t skipped_bytes() const = 0; // received outside of answers
};

} // namespace gridbridge
