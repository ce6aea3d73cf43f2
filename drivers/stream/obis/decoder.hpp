// A stream dialect: bytes in, checked telegrams out.
#pragma once

#include "drivers/stream/obis/telegram.hpp"

#include <cstdint>
#include <functional>
#include <span>

namespace gridbridge {

// Called for each accepted telegram, inside feed(). `raw` is the telegram as received, from its first byte to
// the last byte of its checksum (P1: without the line end behind it). Both live until the call returns.
using TelegramSink = std::function<void(const Telegram& telegram, std::span<const std::uint8_t> raw)>;

// Incremental and pure: what comes out depends on the bytes fed, never on how they were cut into pieces.
// Memory is bounded by the dialect's telegram limit. Used by one thread.
class StreamDecoder {
  public:
    StreamDecoder() = default;
    StreamDecoder(const StreamDecoder&) = delete;
    StreamDecoder& operator=(const StreamDecoder&) = delete;
    virtual ~StreamDecoder() = default;

    virtual void feed(std::span<const std::uint8_t> bytes) = 0;

    // The stream ended or broke off: an unfinished telegram is dropped and counted as Truncated.
    virtual void reset() = 0;

    // True while a whole telegram waits for bytes that may never come: after a second without any, call
    // silence() and it is taken.
    virtual bool awaits_silence() const { return false; }
    virtual void silence() {}

    // The stream ended in order (a file was read to its end): takes what is complete without a further byte,
    // then as reset().
    virtual void end_of_stream() {
        silence();
        reset();
    }

    virtual const StreamCounters& counters() const = 0;

    // Bit 7 of the bytes was found to be parity.
    virtual bool strips_parity() const { return false; }
};

} // namespace gridbridge
