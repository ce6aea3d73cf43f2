#include "drivers/modbus/phase_choice.hpp"

namespace gridbridge {

void PhaseChoice::meter_found(const ModelRow& model, int phases) {
    phases_ = phases;
    has_phase_export_ = !model.estimate_reverse_per_phase;
}

void PhaseChoice::begin_set_up(PhaseUse use) {
    is_set_up_ = false;
    use_ = use;
}

bool PhaseChoice::lose_phase_export() {
    has_phase_export_ = false;
    return use_ == PhaseUse::Multi;
}

void PhaseChoice::describe(const ModelRow& model, MeterInfo& info) const {
    const bool multi = use_ == PhaseUse::Multi;
    info.phases = multi ? phases_ : 1;
    info.multiphase = multi;
    info.supports_multiphase = model.supports_single_phase;
    info.estimate_reverse_per_phase = multi && !has_phase_export_;
    info.totals_are_phase_sums = model.totals_are_phase_sums;
}

} // namespace gridbridge
