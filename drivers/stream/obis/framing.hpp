// The part every framed dialect shares: a bounded buffer in which the search for frames can start again
// anywhere.
#pragma once

#include "drivers/stream/obis/decoder.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridbridge {

class FramingDecoder : public StreamDecoder {
  public:
    void feed(std::span<const std::uint8_t> bytes) final;
    void reset() final;
    void end_of_stream() final;
    const StreamCounters& counters() const final { return counters_; }

  protected:
    // `limit`: the longest frame in bytes; the buffer never holds more.
    FramingDecoder(TelegramSink sink, std::size_t limit);

    // Takes what the buffer holds: afterwards at_ stands at a frame that is not complete, at bytes that may
    // begin one, or at the end. A frame as long as the limit must be given up.
    virtual void drain() = 0;
    // No byte follows: takes a frame that is complete so.
    virtual void drain_end() {}
    // Goes on at `position`; what lies before it was no telegram.
    virtual void skip_to(std::size_t position);

    void count(Rejection reason) { ++counters_.rejected[static_cast<std::size_t>(reason)]; }
    bool is_full() const { return buffer_.size() - at_ >= limit_; }
    // Hands over the telegram in [at_, end) and goes on behind it.
    void deliver(const Telegram& telegram, std::size_t end);

    StreamCounters counters_;
    std::vector<std::uint8_t> buffer_;
    std::size_t at_ = 0;   // start of the frame, or of the bytes not looked at
    std::size_t scan_ = 0; // nothing that could end the frame lies between at_ and here
    bool inside_ = false;  // a frame begins at at_

  private:
    TelegramSink sink_;
    std::size_t limit_;
};

} // namespace gridbridge
