// Gives one meter to a GX as the JSON message that dbus-mqtt-grid reads there.
#pragma once

#include "mqtt/gx/gx_meter.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// `{"grid":{"power":...}}`: numbers that are known, kWh, W, V, A, Hz; phases with a power of their own.
// Nothing without a total power.
std::optional<std::string> gx_grid_payload(const Reading& reading);

// At most one message per second; none while the meter is lost: the driver leaves the bus after 60 s.
class GxGrid : public Outlet, public Timed {
  public:
    GxGrid(std::string topic, std::string meter) : topic_(std::move(topic)), choice_(std::move(meter)) {}

    std::size_t link() const override { return gx_link; }
    void added(const Meter& meter) override { choice_.added(meter); }
    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;

  private:
    std::string topic_;
    GxMeter choice_;
    bool linked_ = false;
    bool has_phases_ = false; // since it is here: else its total is on L1, as ESS looks at phases only
    std::optional<std::string> newest_; // not said yet
    std::optional<Clock::time_point> said_at_;
};

} // namespace gridbridge
