// What the phases of one meter are used for at present, and what follows for its readings. Pure.
#pragma once

#include "drivers/modbus/map/phase_use.hpp"

namespace gridbridge {

class PhaseChoice {
  public:
    // `phases`: 1..3, as identified.
    void meter_found(const ModelRow& model, int phases);

    bool is_set_up_for(PhaseUse use) const { return is_set_up_ && use_ == use; }
    void begin_set_up(PhaseUse use);
    void set_up() { is_set_up_ = true; }

    PhaseUse use() const { return use_; }
    bool has_second_device() const { return use_ == PhaseUse::PvOnL2; }
    bool has_phase_export() const { return has_phase_export_; } // a working export counter per phase
    // True: export per phase is estimated from now on.
    bool lose_phase_export();

    MeterSnapshot snapshot(const ModelRow& model) const { return {model, use_, phases_, has_phase_export_}; }
    void describe(const ModelRow& model, MeterInfo& info) const;

  private:
    int phases_ = 3;
    PhaseUse use_{};
    bool is_set_up_ = false; // for use_
    bool has_phase_export_ = false;
};

} // namespace gridbridge
