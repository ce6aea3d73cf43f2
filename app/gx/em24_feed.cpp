#include "app/gx/em24_feed.hpp"

#include <algorithm>
#include <chrono>

namespace gridbridge {

using namespace std::chrono_literals;

namespace {

// A GX knows no "unknown" there: a counter without a value stands still, and never is 0.
Reading with_standing(const Meter& meter) {
    Reading reading = meter.reading;
    for (const auto& [quantity, accepted] : meter.standing) {
        reading.set(quantity, accepted);
    }
    return reading;
}

} // namespace

std::vector<std::uint8_t> Em24Feed::answer(int to_unit, std::span<const std::uint8_t> pdu,
                                           Clock::time_point now) {
    return slave_.with([&](Em24Slave& slave) { return slave.answer(to_unit, pdu, now); });
}

void Em24Feed::reading(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    if (!choice_.is(meter)) {
        return;
    }
    const Clock::time_point received = meter.reading.received;
    const auto limit =
        good_for(meter, last_received_ ? std::optional(received - *last_received_) : std::nullopt);
    last_received_ = received;
    slave_.with([&](Em24Slave& slave) { slave.take(meter.info.serial, with_standing(meter), limit, now); });
}

void Em24Feed::lost(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) {
    lose(meter);
}

void Em24Feed::gone(const Meter& meter, Messages& /*out*/) {
    lose(meter);
}

void Em24Feed::lose(const Meter& meter) {
    if (choice_.is(meter)) {
        last_received_.reset();
        slave_.with([](Em24Slave& slave) { slave.lose(); });
    }
}

Clock::duration good_for(const Meter& meter, std::optional<Clock::duration> since_last) {
    constexpr Clock::duration shortest = 1500ms;
    const Clock::duration expected = is_stream(meter.config.driver) ? 0ms : meter.config.interval;
    const Clock::duration interval = meter.pace.interval().value_or(since_last.value_or(expected));
    return std::min<Clock::duration>(stale_after(meter), std::max(interval * 5 / 2, shortest));
}

} // namespace gridbridge
