#include "mqtt/doctor/wiring_watch.hpp"

#include "drivers/waist/phase_quantities.hpp"
#include "mqtt/doctor/words.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace gridbridge {
namespace {

constexpr std::chrono::hours wiring_half_life(12); // so a repaired wiring is believed within a day
constexpr double least_steps = 30;
constexpr double least_weight = 12;
constexpr double enough_steps = 3000; // of which some were on every phase
constexpr double certain = 6;         // standard errors: less than one in 10^8 by chance
constexpr double more_than_own = 2; // another voltage answers this many times more certainly than the own one
constexpr double ratio_margin = 5;  // standard errors
constexpr double most_ohm = 3;      // 10 A would pull the voltage down by 30 V

std::string steps_text(double steps) {
    return " in " + std::to_string(static_cast<long>(steps)) + " steps of the load";
}

std::string slope_text(std::size_t phase, const VoltageResponse::Slope& slope) {
    return "voltage " + words::phase(phase) + (slope.ohm > 0 ? " rises " : " falls ") +
           rounded_text(std::abs(slope.ohm), 3) + " V per A of import (" +
           rounded_text(std::abs(slope.certainty), 1) + " standard errors)";
}

bool counts_import_as_positive(const Meter& meter) {
    return meter.role == "grid" || meter.role == "acload" || meter.role == "heatpump";
}

} // namespace

void WiringWatch::take(const Meter& meter, const Reading& reading, Clock::time_point now) {
    if (!counts_import_as_positive(meter)) {
        response_.interrupt();
        return;
    }
    forgot_at_ = forgot_at_.value_or(now);
    if (now - *forgot_at_ >= wiring_half_life) {
        forgot_at_ = now;
        response_.forget_half();
        for (std::size_t i = 0; i < 3; ++i) {
            readings_.at(i) /= 2;
            exports_.at(i) /= 2;
        }
    }
    response_.take(reading);
    for (std::size_t i = 0; i < 3; ++i) {
        if (const auto watts = reading.get(phases_of(Quantity::Power).at(i))) {
            readings_.at(i) += 1;
            exports_.at(i) += *watts < 0 ? 1 : 0;
        }
    }
}

WiringWatch::Phase WiringWatch::judge(const VoltageResponse::Slopes& slopes, std::size_t phase) const {
    const VoltageResponse::Slope own = slopes.at(phase).at(phase);
    Phase result{Verdict::Unknown, phase, own};
    if (response_.weight(phase) < least_weight) {
        return result;
    }
    for (std::size_t v = 0; v < 3; ++v) {
        const VoltageResponse::Slope& slope = slopes.at(v).at(phase);
        if (v != phase && std::abs(slope.certainty) > certain &&
            std::abs(slope.certainty) > more_than_own * std::abs(own.certainty) &&
            std::abs(slope.ohm) > more_than_own * std::abs(own.ohm) &&
            std::abs(slope.certainty) > std::abs(result.slope.certainty)) {
            result = {Verdict::OtherVoltage, v, slope};
        }
    }
    if (result.verdict == Verdict::Unknown && std::abs(own.certainty) > certain) {
        result.verdict = own.ohm > 0 ? Verdict::Reversed : Verdict::Right;
    }
    return result;
}

void WiringWatch::look(const Meter& meter, const std::string& id, std::vector<Finding>& out) const {
    if (response_.steps() < least_steps || !counts_import_as_positive(meter)) {
        return;
    }
    const auto slopes = response_.slopes();
    std::array<Phase, 3> phases{};
    std::string moved;
    std::string evidence;
    for (std::size_t i = 0; i < 3; ++i) {
        phases.at(i) = judge(slopes, i);
        if (phases.at(i).verdict == Verdict::OtherVoltage) {
            moved += (moved.empty() ? "" : ", ") + ("the current of " + words::phase(i)) +
                     " belongs to the voltage of " + words::phase(phases.at(i).other);
            evidence += (evidence.empty() ? "" : "; ") + ("current " + words::phase(i)) + ": " +
                        slope_text(phases.at(i).other, phases.at(i).slope);
        }
    }
    if (!moved.empty()) {
        out.push_back(make_finding(FindingCode::PhaseOnWrongVoltage, id, moved,
                                   evidence + steps_text(response_.steps())));
    }
    tell_reversed(id, phases, out);
    tell_ratio(meter, id, phases, out);
}

void WiringWatch::tell_reversed(const std::string& id, const std::array<Phase, 3>& phases,
                                std::vector<Finding>& out) const {
    std::string names;
    std::string evidence;
    std::size_t known = 0;
    std::size_t right = 0;
    std::size_t reversed = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        known += readings_.at(i) > 0 ? 1U : 0U;
        right += phases.at(i).verdict == Verdict::Right ? 1U : 0U;
        if (phases.at(i).verdict != Verdict::Reversed) {
            continue;
        }
        ++reversed;
        names += (names.empty() ? "" : " and ") + words::phase(i);
        evidence += (evidence.empty() ? "" : "; ") + slope_text(i, phases.at(i).slope) + ", " +
                    rounded_text(100 * exports_.at(i) / std::max(readings_.at(i), 1.0), 0) +
                    " % of its readings are export";
    }
    const bool may_be_all = right == 0 && reversed < known && response_.steps() < enough_steps;
    if (reversed == 0 || may_be_all) {
        return; // of the other phases too little is known
    }
    evidence += steps_text(response_.steps());
    if (reversed == known) {
        out.push_back(make_finding(FindingCode::MeterReversed, id,
                                   "import is measured as export: whatever is switched on lowers the power",
                                   evidence));
    } else {
        out.push_back(make_finding(FindingCode::PhaseReversed, id,
                                   names + (reversed == 1 ? " is" : " are") + " measured in reverse",
                                   evidence));
    }
}

void WiringWatch::tell_ratio(const Meter& meter, const std::string& id, const std::array<Phase, 3>& phases,
                             std::vector<Finding>& out) const {
    for (std::size_t i = 0; i < 3; ++i) {
        const Phase& phase = phases.at(i);
        const double least_ohm = -phase.slope.ohm * (1 - ratio_margin / std::abs(phase.slope.certainty));
        if (phase.verdict == Verdict::Right && least_ohm > most_ohm) {
            out.push_back(make_finding(
                FindingCode::CtRatio, id,
                "the currents are many times too small for what they do to the voltage: the ratio of the "
                "current transformers is not set",
                slope_text(i, phase.slope) + steps_text(response_.steps()) +
                    ", a supply has less than 1 ohm; ct_ratio = " + rounded_text(meter.config.ct_ratio, 3)));
            return;
        }
    }
}

} // namespace gridbridge
