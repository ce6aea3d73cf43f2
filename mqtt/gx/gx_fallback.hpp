// Tells a GX to run without a grid meter while ours is lost: RunWithoutGridMeter 1, and the user's value
// again when the meter is back or the service ends (venus-mqtt: ESS settings).
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/gx/gx_meter.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct GxFallbackOptions {
    std::string portal_id;             // ours
    std::string meter;                 // name or serial number; empty: the first grid meter
    Log log;                           // may be empty
    std::function<bool()> linked = {}; // whether the broker of the GX is connected; empty: always
};

// Only a 0 is ever replaced, never against GridMeterRequired or external control (Hub4Mode 3), and what a
// user writes meanwhile stays. The value to restore is kept on the broker of the GX, for a restart of ours.
class GxFallback : public Outlet, public Timed, public ClientListener {
  public:
    explicit GxFallback(GxFallbackOptions options);

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
    void take_serial(const Message& message, Clock::time_point now, Messages& out);
    void take_setting(std::string_view name, int value, Clock::time_point now);
    void take_note(const Message& message);
    void ask(Clock::time_point now, Messages& out);
    void act(Clock::time_point now, Messages& out);
    void lose(Clock::time_point now, Messages& out);
    bool is_allowed();
    void begin(Clock::time_point now, Messages& out);
    void write(int value, Clock::time_point now, Messages& out);
    void finish(Messages& out);
    void publish(std::string topic, std::string payload, bool retain, Messages& out) const;
    void log(LogLevel level, const std::string& text) const;

    GxFallbackOptions options_;
    GxMeter choice_;
    std::string note_topic_;

    std::optional<std::string> gx_;                   // portal id of the GX
    bool ambiguous_ = false;                          // several ids: nothing is done
    std::optional<int> shown_, required_, hub4_mode_; // as the GX last said
    bool answered_ = false;                           // since we last asked
    int unanswered_ = 0;
    std::optional<Clock::time_point> ask_at_;

    std::optional<Clock::time_point> started_; // first tick
    std::optional<Clock::time_point> good_since_;
    bool lost_ = false;

    std::optional<int> users_; // the user's value, while ours is in force
    bool confirmed_ = false;   // the GX has shown ours
    bool restoring_ = false;
    bool overruled_ = false;       // the user changed it during this loss
    bool finished_ = false;        // the note is to be cleared
    bool explained_ = false;       // why nothing is done during this loss
    Clock::time_point write_at_{}; // not again before
};

} // namespace gridbridge
