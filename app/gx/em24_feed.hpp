// Readings of one meter become what an EM24 Ethernet answers: the outlet without its server.
#pragma once

#include "app/gx/em24_slave.hpp"
#include "drivers/waist/guarded.hpp"
#include "mqtt/gx/gx_meter.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

// Age at which the values of the newest reading are no longer served: after one or two missed ones, because a
// GX needs another 5 s to notice. Never beyond stale_after(). `since_last`: between the newest two readings,
// as long as the pace of the meter is not known; nothing for the first one.
Clock::duration good_for(const Meter& meter, std::optional<Clock::duration> since_last);

class Em24Feed : public Outlet {
  public:
    // `meter`: name or serial number; empty: the first grid meter.
    Em24Feed(std::string meter, std::string_view version) : choice_(std::move(meter)), slave_(version) {}

    // As Em24Slave's; any thread.
    std::vector<std::uint8_t> answer(int to_unit, std::span<const std::uint8_t> pdu, Clock::time_point now);

    void added(const Meter& meter) override { choice_.added(meter); }
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;

  private:
    void lose(const Meter& meter);

    GxMeter choice_;
    std::optional<Clock::time_point> last_received_; // nothing after a loss
    Guarded<Em24Slave> slave_;                       // shared with who asks
};

} // namespace gridbridge
