// Meters that are gone for good are forgotten: by request, or by somebody who edited the settings meanwhile.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/bridge/kept_state.hpp"
#include "mqtt/bridge/meter_lives.hpp"
#include "mqtt/bridge/outlet_set.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/settings/settings.hpp"

#include <string>

namespace gridbridge {

// Publisher thread only. What is given by reference must outlive it; `log` may be empty.
class ForgetMeters {
  public:
    ForgetMeters(Settings& settings, KeptState& kept, MeterLives& lives, OutletSet& outlets, Log log);

    // Carries the message out and answers it, when an outlet takes it for a request to forget.
    void request(const Message& message, Clock::time_point now, Messages& out);
    // What the broker has retained of meters that left the settings, also while the service did not run.
    void withdraw_left_over(Messages& out);

  private:
    ForgetResult forget(const std::string& serial, Clock::time_point now, Messages& out);
    bool is_present(const std::string& serial) const;
    void tell_forgotten(const std::string& serial, Messages& out);

    Settings& settings_;
    KeptState& kept_;
    MeterLives& lives_;
    OutletSet& outlets_;
    Log log_;
};

} // namespace gridbridge
