#include "app/replay/replayed_wire.hpp"

#include "drivers/io/stop_wait.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using Kind = WireEvent::Kind;

class ReplayedWire final : public Wire {
  public:
    explicit ReplayedWire(WireTrack& track) : track_(track) {}

    void open(const std::stop_token& stop) override {
        track_.pass_to_opening();
        const WireRecord* const opening = track_.next();
        if (opening == nullptr) {
            wait_until(Clock::time_point::max(), stop);
            return;
        }
        if (!wait_until(opening->at, stop)) {
            return;
        }
        if (opening->kind == Kind::Failed) {
            fail();
        }
        name_ = opening->text;
        track_.pass();
    }

    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override {
        const auto due = std::max(whole_microsecond(deadline), Clock::now());
        const WireRecord* const next = track_.comes_by(due);
        const auto until = next == nullptr ? track_.end_of_wait(due, WireEvent::reading) : next->at;
        if (!wait_until(until, stop) || next == nullptr) {
            return 0;
        }
        if (next->kind == Kind::Failed) {
            fail();
        }
        const std::size_t size = std::min(buffer.size(), next->bytes.size() - taken_);
        std::copy_n(next->bytes.begin() + static_cast<std::ptrdiff_t>(taken_), size, buffer.begin());
        taken_ += size;
        if (taken_ == next->bytes.size()) {
            taken_ = 0;
            track_.pass();
        }
        return size;
    }

    void write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) override {
        fail_to_send(stop);
        if (track_.has_ended()) {
            return;
        }
        const WireRecord* const next = track_.next();
        const bool is_sent = next->kind == Kind::Sent;
        if (!is_sent || !std::equal(bytes.begin(), bytes.end(), next->bytes.begin(), next->bytes.end())) {
            track_.differs("sent " + hex_text(bytes) + " instead of " +
                           (is_sent ? hex_text(next->bytes) : "nothing"));
        }
        if (is_sent) {
            track_.pass();
        }
    }

    void set_speed(int baud) override {
        fail_to_send({});
        if (const WireRecord* const next = track_.next(); next != nullptr && next->kind == Kind::Speed) {
            if (next->number != baud) {
                track_.differs("set " + std::to_string(baud) + " bit/s instead of " +
                               std::to_string(next->number));
            }
            track_.pass();
        }
    }

    void close() noexcept override {
        taken_ = 0;
        if (const WireRecord* const next = track_.next(); next != nullptr && next->kind == Kind::Closed) {
            track_.pass();
        }
    }

    std::string name() const override { return name_; }

  private:
    [[noreturn]] void fail() {
        const std::string reason = track_.next()->text;
        track_.pass();
        throw LinkLost(reason);
    }

    void fail_to_send(const std::stop_token& stop) {
        const WireRecord* const next = track_.next();
        if (next != nullptr && next->kind == Kind::Failed && next->number == WireEvent::sending &&
            wait_until(next->at, stop)) {
            fail();
        }
    }

    WireTrack& track_;
    std::string name_;
    std::size_t taken_ = 0; // of the record that comes next
};

// Whether the record is of a wait that was due then and ended late.
bool ends(const WireRecord& record, Clock::time_point due) {
    const auto late = std::chrono::microseconds(record.number);
    return record.number > 0 &&
           (record.number == WireEvent::longest_late ? record.at - late >= due : record.at - late == due);
}

} // namespace

WireRecord WireRecord::of(const WireEvent& event) {
    return {event.kind,
            event.at,
            {event.bytes.begin(), event.bytes.end()},
            std::string(event.text),
            event.number};
}

bool WireTrack::has_ended() const {
    return next_ >= records_.size() || (next_ + 1 == records_.size() && records_.back().kind == Kind::Closed);
}

const WireRecord* WireTrack::comes_by(Clock::time_point due) const {
    const WireRecord* const record = next();
    if (record == nullptr || (record->kind != Kind::Received && record->kind != Kind::Failed)) {
        return nullptr;
    }
    return record->at <= due || ends(*record, due) ? record : nullptr;
}

Clock::time_point WireTrack::end_of_wait(Clock::time_point due, std::string_view text) {
    const WireRecord* const record = next();
    if (record == nullptr || record->kind != Kind::Woke || record->text != text || !ends(*record, due)) {
        return due;
    }
    const auto at = record->at;
    pass();
    return at;
}

void WireTrack::pass_to_opening() {
    const auto opens = [](const WireRecord& record) {
        return record.kind == Kind::Opened || record.kind == Kind::Failed;
    };
    const auto from = records_.begin() + static_cast<std::ptrdiff_t>(next_);
    next_ = static_cast<std::size_t>(std::find_if(from, records_.end(), opens) - records_.begin());
}

bool TrackTime::sleep_until(Clock::time_point deadline, const std::stop_token& stop) {
    return outer_->sleep_until(track_.end_of_wait(std::max(whole_microsecond(deadline), now())), stop);
}

std::unique_ptr<Wire> make_replayed_wire(WireTrack& track) {
    return std::make_unique<ReplayedWire>(track);
}

} // namespace gridbridge
