#include "mqtt/doctor/phase_watch.hpp"

#include "drivers/waist/phase_quantities.hpp"
#include "mqtt/doctor/words.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace gridbridge {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr double connected = 80;       // V; a phase with less is not connected, or its fuse is blown
constexpr double no_voltage = 30;      // V
constexpr double most_apart = 25;      // V between two phases, beyond what their currents explain
constexpr double line_ohm = 1.2;       // V per A of difference between two phases, on the weakest of lines
constexpr double far_apart = 60;       // V
constexpr double telling_power = 1000; // VA; no filter or idle inverter takes so much without power
constexpr double some_power = 200;     // W; a phase that has it at times shows no export
constexpr double powerless_share = 0.1;
constexpr double powerless_always = 0.95;
constexpr double least_readings = 60;

} // namespace

void PhaseWatch::take(const Meter& meter, const Reading& reading, Clock::time_point now) {
    now_ = now;
    std::size_t lit = 0;
    for (std::size_t i = 0; i < 3; ++i) {
        phases_.at(i).volts = reading.get(phases_of(Quantity::Voltage).at(i));
        phases_.at(i).amperes = reading.get(phases_of(Quantity::Current).at(i));
        lit += phases_.at(i).volts.value_or(0) > connected ? 1U : 0U;
    }
    for (std::size_t i = 0; i < 3; ++i) {
        double others = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            others = k == i ? others : std::max(others, phases_.at(k).volts.value_or(0));
        }
        take_phase(i, reading, others, now);
    }
    if (meter.info.phases == 3 && lit > 0) {
        (lit == 1 ? single_ : not_single_) += 1;
    }
    turns_backwards_ = backwards_.apply(reading.get(Quantity::PhaseSequence) == 1.0, now, minutes(1));
    take_neutral(meter, now);
}

void PhaseWatch::take_phase(std::size_t i, const Reading& reading, double others, Clock::time_point now) {
    Phase& phase = phases_.at(i);
    const double volts = phase.volts.value_or(0);
    const double amperes = std::abs(phase.amperes.value_or(0));
    phase.seen += volts > connected ? 1 : 0;
    const bool is_dark = phase.volts && volts < no_voltage && others > connected;
    phase.dark_amperes = is_dark ? phase.dark_amperes + (amperes > 0.5 ? 1 : 0) : 0;
    phase.is_dark = phase.dark.apply(is_dark && phase.seen > least_readings, now, minutes(1));
    const auto watts = reading.get(phases_of(Quantity::Power).at(i));
    phase.with_power += std::abs(watts.value_or(0)) > some_power ? 1 : 0;
    if (watts && volts > connected && volts * amperes > telling_power) {
        const bool without = std::abs(*watts) < powerless_share * volts * amperes;
        phase.powerless.add(without);
        phase.zero += *watts == 0 ? 1 : 0;
        phase.most_amperes = without ? std::max(phase.most_amperes, amperes) : phase.most_amperes;
        if (phase.powerless.all() > 20 * least_readings) {
            phase.powerless.forget_half();
        }
    }
}

// Without a neutral the loads of the phases stand in series: the voltage of the one with less of them rises.
void PhaseWatch::take_neutral(const Meter& meter, Clock::time_point now) {
    double low = std::numeric_limits<double>::max();
    double high = 0;
    double least = std::numeric_limits<double>::max();
    double most = std::numeric_limits<double>::lowest();
    bool all = true;
    for (const Phase& phase : phases_) {
        least = std::min(least, phase.amperes.value_or(0));
        most = std::max(most, phase.amperes.value_or(0));
        all = all && phase.volts.value_or(0) > connected;
        low = std::min(low, phase.volts.value_or(0));
        high = std::max(high, phase.volts.value_or(0));
    }
    // A meter of a part of the house does not see which currents pull the voltages apart.
    const double explained = line_ohm * (most - least);
    const bool is_apart = all && high - low > (meter.role == "grid" ? most_apart + explained : far_apart);
    const bool lasts = apart_.apply(is_apart, now, minutes(2));
    const bool is_far = far_apart_.apply(all && high - low > far_apart + explained, now, seconds(20));
    if (lasts || is_far) {
        if (!apart_at_ || high - low > spread_) {
            spread_ = high - low;
            lowest_ = low;
            highest_ = high;
        }
        apart_at_ = now;
    }
}

void PhaseWatch::look(const Meter& meter, const std::string& id, std::vector<Finding>& out) const {
    constexpr std::chrono::hours remembered(24);
    if (apart_at_ && now_ && *now_ - *apart_at_ < remembered) {
        out.push_back(make_finding(
            FindingCode::NeutralMissing, id, "the phase voltages drift apart as they do without a neutral",
            "up to " + words::volts(spread_) + " between two phases: " + words::volts(lowest_) + " and " +
                words::volts(highest_) + " at the same time"));
    }
    if (turns_backwards_) {
        out.push_back(make_finding(FindingCode::PhaseSequenceReversed, id,
                                   "the phases follow each other as L1, L3, L2", "by the meter itself"));
    }
    tell_phases(meter, id, out);
    if (single_ > 10 * least_readings && not_single_ < single_ / 100) {
        out.push_back(make_finding(FindingCode::SinglePhase, id, "only one of three phases is connected",
                                   std::to_string(static_cast<long>(single_)) +
                                       " readings with the voltage of one phase alone"));
    }
}

void PhaseWatch::tell_phases(const Meter& meter, const std::string& id, std::vector<Finding>& out) const {
    for (std::size_t i = 0; i < 3; ++i) {
        const Phase& phase = phases_.at(i);
        if (phase.dark_amperes > least_readings / 3) {
            out.push_back(
                make_finding(FindingCode::CurrentWithoutPower, id,
                             words::phase(i) + " has a current and no voltage: its power is missing",
                             rounded_text(std::abs(phase.amperes.value_or(0)), 1) + " A at " +
                                 words::volts(phase.volts.value_or(0))));
        } else if (phase.is_dark) {
            out.push_back(make_finding(FindingCode::PhaseLost, id, words::phase(i) + " has lost its voltage",
                                       words::volts(phase.volts.value_or(0)) +
                                           " for more than a minute, while another phase has its voltage"));
        }
        if (meter.role == "grid" && phase.zero >= least_readings && phase.with_power >= least_readings) {
            out.push_back(make_finding(
                FindingCode::ImportOnly, id,
                words::phase(i) + " shows exactly 0 W while a current flows: it does not measure export",
                "up to " + rounded_text(phase.most_amperes, 1) + " A with 0 W in " +
                    words::count(phase.zero) + " readings"));
        }
        if (phase.powerless.all() >= least_readings && phase.powerless.share() >= powerless_always &&
            phase.with_power < phase.powerless.all() / 100) {
            out.push_back(make_finding(
                FindingCode::CurrentWithoutPower, id, words::phase(i) + " has a current and next to no power",
                "up to " + rounded_text(phase.most_amperes, 1) +
                    " A with less than a tenth of their power in " +
                    rounded_text(100 * phase.powerless.share(), 0) + " % of " +
                    std::to_string(static_cast<long>(phase.powerless.all())) + " readings"));
        }
    }
}

} // namespace gridbridge
