// Gives one meter to a GX through dbus-mqtt-devices there: registers, and writes values while registered.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/gx/gx_meter.hpp"
#include "mqtt/gx/gx_registration.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct GxDevicesOptions {
    std::string portal_id; // ours: the client id is made of it
    std::string version;
    std::string meter;                 // name or serial number; empty: the first grid meter
    Log log;                           // may be empty
    std::function<bool()> linked = {}; // whether the broker of the GX is connected; empty: always
};

// A GX that does not answer has refused, is not there yet, or has no such driver; it never says which. The
// registration is repeated for ever, because a restarted driver knows nobody and nobody tells.
class GxDevices : public Outlet, public Timed, public ClientListener {
  public:
    explicit GxDevices(GxDevicesOptions options);

    std::size_t link() const override { return gx_link; }
    void added(const Meter& meter) override { choice_.added(meter); }
    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void leave(Messages& out) override;
    std::vector<std::string> filters() const override;

  private:
    // The meter as it is offered to the GX.
    struct Offer {
        std::string label;
        std::string type;
        std::string title; // for the log
        std::string name;
        bool has_phases = false; // a phase had a power of its own
        GxValues values;
    };

    void make_offer(const Meter& meter);
    void publish(std::string topic, std::string payload, Messages& out) const;
    void publish_status(Clock::time_point now, Messages& out);
    void publish_farewell(Messages& out);
    void take_answer(std::string_view payload, Clock::time_point now, Messages& out);
    void take_name(const std::string& payload, Clock::time_point now, Messages& out);
    void take_back_values(Messages& out) const;
    void write_changes(Messages& out);
    void write_all(Messages& out);
    std::optional<Clock::time_point> write_again_at() const;
    void register_again(Clock::time_point now, Messages& out);
    void log(LogLevel level, const std::string& text) const;

    GxDevicesOptions options_;
    std::string client_id_;
    GxMeter choice_;
    std::optional<Offer> offer_;       // none before the first reading and while the meter is gone
    std::string refused_role_;         // the last one that was complained about
    std::optional<GxService> service_; // where the GX wants the values; none while not registered
    std::map<std::string_view, std::string> written_; // by path, since all was written last
    Clock::time_point answered_at_{};                 // the last answer
    std::size_t written_again_ = 0;                   // how often since then
    bool linked_ = false;                             // has been connected at least once
    bool announced_ = false;                          // the GX may have a service of ours
    bool name_pending_ = true;
    std::optional<Clock::time_point> status_at_; // the next registration
    std::optional<Clock::time_point> unanswered_since_;
    bool complained_ = false; // about no answer
};

} // namespace gridbridge
