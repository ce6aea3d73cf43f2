// A wire on which happens what happened on a recorded one.
#pragma once

#include "drivers/io/wire.hpp"
#include "drivers/io/wire_event.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// A WireEvent that owns what it shows.
struct WireRecord {
    WireEvent::Kind kind = WireEvent::Kind::Received;
    Clock::time_point at{};
    std::vector<std::uint8_t> bytes{};
    std::string text{};
    int number = 0;

    static WireRecord of(const WireEvent& event);
};

// What was recorded of one connection, and how far a replay of it has come. The wires of one driver, which
// may take another one with other settings, go through it one after the other.
class WireTrack {
  public:
    explicit WireTrack(std::vector<WireRecord> records) : records_(std::move(records)) {}

    const WireRecord* next() const { return next_ < records_.size() ? &records_[next_] : nullptr; }
    void pass() { ++next_; }
    // Nothing more was recorded but that the driver was stopped.
    bool has_ended() const;
    // What the recorded driver got out of a wait that was due then; nothing: its time was over.
    const WireRecord* comes_by(Clock::time_point due) const;
    // When a wait that was due then, and in which nothing came, has ended; passes what tells of it. `text`:
    // of the event, as WireEvent has it.
    Clock::time_point end_of_wait(Clock::time_point due, std::string_view text = {});
    // Up to the next opening, or failure to open; what is between them has no use any more.
    void pass_to_opening();

    // What the driver did otherwise than in the recording, for people; the first only.
    void differs(std::string what) { difference_ = difference_.value_or(std::move(what)); }
    const std::optional<std::string>& difference() const { return difference_; }

  private:
    std::vector<WireRecord> records_;
    std::size_t next_ = 0;
    std::optional<std::string> difference_;
};

// The time of a replayed driver: the one of its thread, in which its waits are as long as they were. `track`
// outlives it.
class TrackTime final : public ThreadTime {
  public:
    explicit TrackTime(WireTrack& track) : track_(track) {}

    void begin() override { outer_ = own_time; }
    Clock::time_point now() const override { return outer_->now(); }
    bool sleep_until(Clock::time_point deadline, const std::stop_token& stop) override;

  private:
    ThreadTime* outer_ = nullptr; // a VirtualTime's
    WireTrack& track_;
};

// Used in a time that passes by sleeping (VirtualTime). At the end of the track the wire is silent. `track`
// outlives it.
std::unique_ptr<Wire> make_replayed_wire(WireTrack& track);

} // namespace gridbridge
