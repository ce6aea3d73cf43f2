#include "drivers/io/recorded_wire.hpp"

#include "drivers/io/stop_wait.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

using Kind = WireEvent::Kind;

class RecordedWire final : public Wire {
  public:
    RecordedWire(std::unique_ptr<Wire> wire, SteppedTime* time, WireTap tap)
        : wire_(std::move(wire)), time_(time), tap_(std::move(tap)) {}
    ~RecordedWire() override { RecordedWire::close(); }

    void open(const std::stop_token& stop) override {
        try {
            wire_->open(stop);
        } catch (const std::exception& error) {
            step();
            tap_({Kind::Failed, Clock::now(), {}, error.what()});
            throw;
        }
        is_open_ = !stop.stop_requested();
        step();
        if (is_open_) {
            tap_({Kind::Opened, Clock::now(), {}, wire_->name()});
        }
    }

    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override {
        std::size_t size = 0;
        try {
            size = wire_->read_some(buffer, deadline, stop);
        } catch (const std::exception& error) {
            const int late = step_within(deadline);
            tap_({Kind::Failed, Clock::now(), {}, error.what(), late});
            throw;
        }
        if (size > 0) {
            const int late = step_within(deadline);
            tap_({Kind::Received, Clock::now(), buffer.first(size), {}, late});
        } else if (time_ != nullptr && !stop.stop_requested()) {
            time_->waited_until(deadline, WireEvent::reading);
        }
        return size;
    }

    void write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) override {
        send([&] { wire_->write(bytes, stop); });
        tap_({Kind::Sent, Clock::now(), bytes});
    }

    void set_speed(int baud) override {
        send([&] { wire_->set_speed(baud); });
        tap_({Kind::Speed, Clock::now(), {}, {}, baud});
    }

    void close() noexcept override {
        wire_->close();
        if (std::exchange(is_open_, false)) {
            tap_({Kind::Closed, Clock::now()});
        }
    }

    std::string name() const override { return wire_->name(); }
    bool reopen_when_silent() const override { return wire_->reopen_when_silent(); }

  private:
    void step() {
        if (time_ != nullptr) {
            time_->step();
        }
    }
    int step_within(Clock::time_point deadline) {
        return time_ == nullptr ? 0 : time_->step_within(deadline);
    }

    template <typename Work>
    void send(Work&& work) {
        try {
            std::forward<Work>(work)();
        } catch (const std::exception& error) {
            step();
            tap_({Kind::Failed, Clock::now(), {}, error.what(), WireEvent::sending});
            throw;
        }
    }

    std::unique_ptr<Wire> wire_;
    SteppedTime* time_;
    WireTap tap_;
    bool is_open_ = false;
};

} // namespace

SteppedTime::SteppedTime(WireTap tap) : tap_(std::move(tap)) {
    SteppedTime::step();
}

// A time that waited for a whole microsecond may be ahead of the system's by less than one.
void SteppedTime::step() {
    now_ =
        std::max<Clock::time_point>(now_, std::chrono::floor<std::chrono::microseconds>(SystemClock::now()));
}

bool SteppedTime::sleep_until(Clock::time_point deadline, const std::stop_token& stop) {
    const bool goes_on = sleep_on_system(deadline, stop);
    if (goes_on) {
        waited_until(deadline);
    }
    return goes_on;
}

int SteppedTime::step_within(Clock::time_point deadline) {
    const auto real = SystemClock::now();
    const auto due = due_at(deadline);
    if (real > due) {
        return step_past(due, real);
    }
    step();
    now_ = std::min(now_, due);
    return 0;
}

void SteppedTime::waited_until(Clock::time_point deadline, std::string_view text) {
    const auto real = SystemClock::now();
    const auto due = due_at(deadline);
    if (real - due <= forgiven) {
        now_ = due;
        return;
    }
    const int late = step_past(due, real);
    tap_({Kind::Woke, now_, {}, text, late});
}

// A wait does not end before it begins.
Clock::time_point SteppedTime::due_at(Clock::time_point deadline) const {
    return std::max(whole_microsecond(deadline), now_);
}

// In whole us, so that what was waited for can be told from what is recorded.
int SteppedTime::step_past(Clock::time_point due, Clock::time_point real) {
    using std::chrono::microseconds;
    const auto late = std::chrono::duration_cast<microseconds>(real - due);
    now_ = due + late;
    return static_cast<int>(std::min<microseconds::rep>(late.count(), WireEvent::longest_late));
}

std::unique_ptr<Wire> make_recorded_wire(std::unique_ptr<Wire> wire, SteppedTime* time, WireTap tap) {
    return std::make_unique<RecordedWire>(std::move(wire), time, std::move(tap));
}

} // namespace gridbridge
