// What clients write: service paths and settings. Whatever is not allowed is refused in silence, as on a GX.
#pragma once

#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"
#include "mqtt/bridge/kept_state.hpp"
#include "mqtt/bridge/meter_lives.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/settings/settings.hpp"
#include "mqtt/settings/settings_tree.hpp"

#include <string>

namespace gridbridge {

// Publisher thread only. What is given by reference must outlive it; `orders` may be null, `log` empty.
class ClientWrites {
  public:
    ClientWrites(Settings& settings, KeptState& kept, MeterLives& lives, Orders* orders, Log log);

    // Checked against setting_catalogue.hpp, carried out, and told to every outlet.
    void carry_out(const WriteRequest& request, Clock::time_point now, Messages& out);

  private:
    void change_meter(Meter& meter, const WriteRequest& request, Clock::time_point now, Messages& out);
    void change_setting(const WriteRequest& request, Clock::time_point now, Messages& out);
    void change_value(const SettingAddress& address, const WrittenValue& value, Clock::time_point now,
                      Messages& out);
    void change_phase_use(const SettingAddress& address, int value, Clock::time_point now, Messages& out);
    void change_identity(const std::string& device_id, const std::string& service_class, int wanted,
                         Clock::time_point now, Messages& out);
    void order_phase_config(const Meter& meter, const WrittenValue& value) const;

    Settings& settings_;
    KeptState& kept_;
    MeterLives& lives_;
    Orders* orders_;
    Log log_;
};

} // namespace gridbridge
