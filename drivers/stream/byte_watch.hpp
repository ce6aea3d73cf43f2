// When to say that bytes arrive without a telegram, and what they look like.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/obis/telegram.hpp"
#include "drivers/stream/recognise/recognise.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct Complaint {
    std::string text;
    bool is_news = false; // for the log: another kind than the last one, or an hour later
    bool is_lost = false; // what the meter said last is too old to stand
};

// What the driver knows when it looks.
struct WatchedLine {
    const StreamCounters& counters;       // of the decoder
    Clock::duration interval{};           // expected from telegram to telegram; 0: not known
    bool may_guess = true;                // false: other serial settings are to be tried yet
    std::string_view tried_settings = {}; // of a line without a telegram at any of them
};

// Keeps what came since the last telegram, at most recognised_bytes, and looks at it when bytes have arrived
// for 10 s, then every 10 s until their kind is proved. A kind that is only guessed waits 25 s where
// telegrams are deciphered: a stream that was joined inside a frame (8 s) has ended the next one (10 s later)
// then. What a meter said stands for its stale_after, or 35 s. Pure; used by one thread.
class ByteWatch {
  public:
    explicit ByteWatch(const MeterConfig& meter) : ByteWatch(meter, 1) {}
    // Divides the times by `haste`, for tests.
    ByteWatch(const MeterConfig& meter, int haste);

    // Before the decoder gets them: telegram() may follow.
    void received(std::span<const std::uint8_t> bytes, Clock::time_point now);
    // Everything before is forgotten, and what was said. `counters`: of the decoder.
    void telegram(const StreamCounters& counters, Clock::time_point now);
    // The link was opened again: what was said has to be found once more.
    void reopened();
    // The line is read with other settings from now on; what was found with the last ones is kept.
    void changed_settings(const StreamCounters& counters, Clock::time_point now);

    // When to look; far away when nothing has come since the last time.
    Clock::time_point deadline() const { return next_look_; }
    // What is to be said now; each thing once.
    std::optional<Complaint> look(const WatchedLine& line, Clock::time_point now);

  private:
    StreamFinding find(const StreamCounters& counters) const;
    StreamFinding find_news(const WatchedLine& line, Clock::time_point now);
    std::optional<Complaint> say(const StreamFinding& finding, std::string_view tried, Clock::time_point now);
    Clock::duration of(std::chrono::seconds time) const { return Clock::duration(time) / haste_; }
    void forget_bytes();

    ReadAs read_; // without rejections
    std::chrono::milliseconds stands_;
    int haste_;
    std::vector<std::uint8_t> bytes_;
    StreamCounters before_; // when the last telegram came, or the settings changed
    StreamFinding kept_;    // found with other settings
    StreamFinding said_;
    bool said_lost_ = false;
    StreamKind logged_ = StreamKind::Nothing;
    Clock::time_point logged_at_{};
    std::optional<Clock::time_point> first_; // byte without a telegram
    std::optional<Clock::time_point> last_telegram_;
    Clock::time_point looked_{};
    Clock::time_point next_look_ = Clock::time_point::max();
};

} // namespace gridbridge
