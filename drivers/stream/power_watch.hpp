// Whether a meter gives powers, and what its owner should do when it does not.
#pragma once

#include "drivers/meter/driver_table.hpp"
#include "drivers/stream/obis/telegram.hpp"
#include "drivers/waist/reading.hpp"

#include <string_view>

namespace gridbridge {

// Told every telegram of one meter, in the order received. Pure.
class PowerWatch {
  public:
    void take(const Telegram& telegram, const Reading& reading);

    bool has_had_power() const { return had_power_; }
    // It gave power and gives none now. One telegram says so, without a checksum three in a row.
    bool has_lost_power() const { return had_power_ && missing_ >= (checked_ ? 1 : 3); }

    // About the telegram taken last; empty: nothing.
    std::string_view advice(const DriverRow& driver) const;

  private:
    bool had_power_ = false;
    bool had_phases_ = false;
    bool checked_ = false;
    bool whole_energy_ = false; // in kWh, as meters show it that wait for their PIN
    int missing_ = 0;           // telegrams in a row
    std::string_view of_telegram_;
};

} // namespace gridbridge
