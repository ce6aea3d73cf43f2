// The settings of one meter, its front selector and its alarms: set up once, and looked at while it is
// polled. Lives on the thread of its bus driver.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/modbus/identify/identity.hpp"
#include "drivers/modbus/settings_watch.hpp"
#include "drivers/modbus/sign_watch.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

class MeterSettings {
  public:
    using Warn = std::function<void(std::string_view)>;

    // `meter` must outlive this.
    MeterSettings(const MeterConfig& meter, Warn warn) : meter_(meter), warn_(std::move(warn)) {}

    // `model` must outlive its use. Changes of what is shown go to the info that is passed.
    void meter_found(const ModelRow& model);
    // Throws Refused where the meter turns out to measure import only and its role needs export.
    void set_up(UnitLine& line, PhaseUse use, MeterInfo& info);
    // The set-up is done, and published.
    void begin_watch(UnitLine& line, MeterInfo& info);

    // What may change at the meter while it is polled. True: its settings have, it must be set up anew.
    // `idle_until`: when the next value is due; what can wait does not delay it.
    bool check(UnitLine& line, PhaseUse use, MeterInfo& info, Clock::time_point idle_until);
    // Before a reading is delivered: whether the meter still measures export. False: set it up anew.
    bool vouch_for(UnitLine& line, const Reading& reading);

  private:
    bool compare(UnitLine& line, PhaseUse use, MeterInfo& info);
    bool has_changed(UnitLine& line, std::size_t setting);
    void check_alarms(UnitLine& line, MeterInfo& info);

    const MeterConfig& meter_;
    const Warn warn_;
    const ModelRow* model_ = nullptr;
    SettingsWatch watch_;
    SignWatch signs_;
    std::vector<std::optional<std::uint16_t>> values_; // of the settings, as they were left
    std::vector<std::string> said_;
};

} // namespace gridbridge
