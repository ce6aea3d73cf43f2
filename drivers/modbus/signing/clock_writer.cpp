#include "drivers/modbus/signing/clock_writer.hpp"

#include "drivers/modbus/signing/ocmf_registers.hpp"

#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto settling_time = 2s; // straight after a power failure the time is not taken
constexpr auto rewrite = 1h;
constexpr auto rewrite_refused = 1min;
constexpr std::int64_t earliest_time = 1704067200; // 2024: before that the wall clock is not set

} // namespace

ClockWriter::ClockWriter(WallClock wall_clock, std::optional<int> utc_offset)
    : wall_clock_(std::move(wall_clock)), utc_offset_(utc_offset) {}

void ClockWriter::meter_found(Clock::time_point now) {
    due_ = now + settling_time;
    was_tried_ = false;
}

std::optional<WallTime> ClockWriter::wall_time() const {
    if (!wall_clock_) {
        return std::nullopt;
    }
    const WallTime time = wall_clock_();
    return time.unix_seconds < earliest_time ? std::nullopt : std::optional(time);
}

std::optional<StepJob> ClockWriter::time_write(Clock::time_point now) const {
    const auto time = now < due_ ? std::nullopt : wall_time();
    if (!time) {
        return std::nullopt;
    }
    return StepJob{Step::ClockTime,
                   RegisterJob::write(ocmf::utc_time, ocmf::encode_time(time->unix_seconds))};
}

std::optional<StepJob> ClockWriter::offset_write(Clock::time_point now) const {
    const auto time = now < due_ ? std::nullopt : wall_time();
    if (!time) {
        return std::nullopt;
    }
    const int minutes = utc_offset_.value_or(time->utc_offset);
    return StepJob{Step::ClockOffset,
                   RegisterJob::write(ocmf::utc_offset, {static_cast<std::uint16_t>(minutes)})};
}

void ClockWriter::written(Clock::time_point now) {
    due_ = now + rewrite;
    was_tried_ = true;
}

bool ClockWriter::refused(Clock::time_point now) {
    due_ = now + rewrite_refused;
    return !std::exchange(was_tried_, true);
}

} // namespace gridbridge
