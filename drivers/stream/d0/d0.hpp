// Readouts of IEC 62056-21 meters in ASCII, modes A to D: sent unasked or after a request.
#pragma once

#include "drivers/stream/obis/framing.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace gridbridge {

// "/XXXZident", STX, data lines, "!", ETX, BCC (IEC 62056-21, chapter 6). Without STX there is no BCC and "!"
// ends the readout; every line must be well formed then. Some meters send STX and stop behind "!": that
// readout is complete when the next one begins or the line is silent, unless the meter sent a BCC before:
// that is awaited, however late it comes. Bit 7 is ignored (the parity of a 7E1 line read as 8N1) and kept in
// `raw`. After a bad readout the search goes on behind its slash. An identification without data is no
// telegram and no error.
class D0Decoder final : public FramingDecoder {
  public:
    static constexpr std::size_t max_telegram = 16384; // bytes; an A1440 with its history sends about 8 kB

    explicit D0Decoder(TelegramSink sink);

    bool awaits_silence() const override;
    void silence() override;

  private:
    // Where the next byte stands.
    enum class Part : std::uint8_t { Ident, Gap, Acknowledge, Data, End, Checksum };
    enum class Step : std::uint8_t { Next, Again, NeedMore };
    void drain() override;
    void skip_to(std::size_t position) override;
    bool seek_header();
    Step step();
    Step in_ident(char c);
    Step in_gap(char c);
    Step in_data(char c);
    Step behind_mark(char c);
    Step accept(bool has_checksum);
    std::optional<Rejection> check(bool has_checksum);
    bool has_bad_parity() const;
    Step give_up(std::size_t position);
    Step reject(Rejection reason);
    char at(std::size_t position) const { return static_cast<char>(buffer_[position] & 0x7FU); }

    Telegram telegram_;             // kept to reuse its memory
    std::string text_;              // the data without bit 7
    std::string checksummed_ident_; // of the meter that last sent a good BCC
    Part part_ = Part::Ident;
    bool has_stx_ = false;
    std::size_t data_ = 0; // from the slash to the first data byte
    std::size_t mark_ = 0; // from the slash to the "!" that ends the data
};

} // namespace gridbridge
