#include "drivers/stream/serial_search.hpp"

#include <array>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// A telegram of 1.5 kB takes 1.6 s at 9600 bit/s.
constexpr std::array<ListenStep, 2> steps{{{115200, "115200 8N1", 11s}, {9600, "9600 7E1", 13s}}};

} // namespace

SerialSearch::SerialSearch(const MeterConfig& meter) : SerialSearch(meter, 1) {}

SerialSearch::SerialSearch(const MeterConfig& meter, int haste)
    : wanted_(driver_row(meter.driver).settings_are_searched && meter.transport == Transport::Serial &&
              !meter.baud && !meter.parity && !meter.data_bits && !meter.stop_bits && meter.key.empty()),
      haste_(haste) {}

const ListenStep& SerialSearch::step() const {
    return steps.at(at_);
}

MeterConfig SerialSearch::applied_to(MeterConfig meter) const {
    if (wanted_) {
        meter.baud = step().baud;
    }
    return meter;
}

Clock::time_point SerialSearch::deadline() const {
    return searching() ? since_ + std::chrono::duration_cast<Clock::duration>(step().listen) / haste_
                       : Clock::time_point::max();
}

bool SerialSearch::expire(Clock::time_point now) {
    if (now < deadline()) {
        return false;
    }
    at_ = (at_ + 1) % steps.size();
    rounds_ += at_ == 0 ? 1 : 0;
    since_ = now;
    return true;
}

} // namespace gridbridge
