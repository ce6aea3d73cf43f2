// P1 telegrams of a line whose eighth bit is data or even parity, which is not known beforehand.
#pragma once

#include "drivers/stream/p1/p1.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace gridbridge {

// Decodes the bytes as they are and with bit 7 taken off, until the first telegram comes out of one of the
// two: from then on only that one is fed. Bytes as they are come first, so that data with all eight bits
// under a checksum is never changed. A byte of wrong parity becomes 0, which no telegram contains.
class ParityDecoder final : public StreamDecoder {
  public:
    explicit ParityDecoder(TelegramSink sink, P1Options options = {});

    void feed(std::span<const std::uint8_t> bytes) override;
    void reset() override;
    void end_of_stream() override;
    const StreamCounters& counters() const override;
    bool strips_parity() const override { return choice_ == Choice::Masked; }

  private:
    enum class Choice : std::uint8_t { None, Plain, Masked };
    TelegramSink sink_for(Choice choice);
    void leave_other();

    TelegramSink sink_;
    Choice choice_ = Choice::None;
    std::optional<P1Decoder> plain_, masked_; // one, once it is chosen
    std::vector<std::uint8_t> without_parity_;
};

} // namespace gridbridge
