#include "mqtt/doctor/voltage_response.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds longest_gap(30); // longer: neighbours have changed the voltage as well
constexpr double least_volts = 80;              // below it the phase is not connected
constexpr double most_volts = 249;              // above it inverters give less as the voltage rises
constexpr double least_step = 0.1;              // A; kettles behind transformers whose ratio is not set
constexpr double abrupt = 2;    // times the change before it; what slides goes with anything else that slides
constexpr double own_share = 3; // a step is more than this many times what the change of the voltage explains

using Square = std::array<std::array<double, VoltageResponse::phases>, VoltageResponse::phases>;

// Currents that never changed have no row; `present` tells which have.
std::optional<Square> inverted(Square m, const std::array<bool, VoltageResponse::phases>& present) {
    constexpr std::size_t n = VoltageResponse::phases;
    Square inverse{};
    for (std::size_t i = 0; i < n; ++i) {
        inverse[i][i] = 1;
        for (std::size_t k = 0; k < n && !present[i]; ++k) {
            m[i][k] = m[k][i] = i == k ? 1 : 0;
        }
    }
    for (std::size_t i = 0; i < n; ++i) {
        const double pivot = m[i][i];
        if (!(pivot > 1e-6)) { // currents that only move together
            return std::nullopt;
        }
        for (std::size_t k = 0; k < n; ++k) {
            m[i][k] /= pivot;
            inverse[i][k] /= pivot;
        }
        for (std::size_t row = 0; row < n; ++row) {
            const double factor = row == i ? 0 : m[row][i];
            for (std::size_t k = 0; k < n; ++k) {
                m[row][k] -= factor * m[i][k];
                inverse[row][k] -= factor * inverse[i][k];
            }
        }
    }
    return inverse;
}

} // namespace

VoltageResponse::Sample VoltageResponse::sample_of(const Reading& reading) {
    Sample sample{reading.received, {}, {}};
    for (std::size_t i = 0; i < phases; ++i) {
        const auto volts = reading.get(phases_of(Quantity::Voltage).at(i));
        const auto watts = reading.get(phases_of(Quantity::Power).at(i));
        if (volts && watts && *volts > least_volts) {
            sample.volts.at(i) = volts;
            sample.amperes.at(i) = *watts / *volts;
        }
    }
    return sample;
}

// Loads of constant resistance follow the voltage, and inverters near its limit do: such changes would tell
// the contrary. What slides, a cloud or a heater that is regulated, slides beside the voltage by chance for a
// long time, and each of its samples would count.
bool VoltageResponse::tells(const Sample& before, const Sample& now) {
    bool any = false;
    for (std::size_t i = 0; i < phases; ++i) {
        if (before.volts.at(i).has_value() != now.volts.at(i).has_value()) {
            return false;
        }
        if (!now.volts.at(i)) {
            continue;
        }
        if (*now.volts.at(i) > most_volts) {
            return false;
        }
        const double volts = *now.volts.at(i) - *before.volts.at(i);
        const double amperes = *now.amperes.at(i) - *before.amperes.at(i);
        const double explained =
            std::abs(*now.amperes.at(i)) * std::abs(volts) / *now.volts.at(i) * own_share;
        const double slid = std::exchange(slid_.at(i), amperes);
        any = any || std::abs(amperes) > std::max({least_step, explained, abrupt * std::abs(slid)});
    }
    return any;
}

void VoltageResponse::take(const Reading& reading) {
    const Sample now = sample_of(reading);
    const std::optional<Sample> before = before_;
    before_ = now;
    if (!before || now.time - before->time > longest_gap || now.time <= before->time ||
        !tells(*before, now)) {
        return;
    }
    std::array<double, phases> volts{};
    std::array<double, phases> amperes{};
    for (std::size_t i = 0; i < phases; ++i) {
        if (now.volts.at(i)) {
            volts.at(i) = *now.volts.at(i) - *before->volts.at(i);
            amperes.at(i) = *now.amperes.at(i) - *before->amperes.at(i);
        }
    }
    count_ += 1;
    for (std::size_t i = 0; i < phases; ++i) {
        voltages_.at(i) += volts.at(i) * volts.at(i);
        fourths_.at(i) += std::pow(amperes.at(i), 4);
        for (std::size_t k = 0; k < phases; ++k) {
            currents_.at(i).at(k) += amperes.at(i) * amperes.at(k);
            mixed_.at(i).at(k) += volts.at(i) * amperes.at(k);
        }
    }
}

void VoltageResponse::forget_half() {
    count_ /= 2;
    for (std::size_t i = 0; i < phases; ++i) {
        voltages_.at(i) /= 2;
        fourths_.at(i) /= 2;
        for (std::size_t k = 0; k < phases; ++k) {
            currents_.at(i).at(k) /= 2;
            mixed_.at(i).at(k) /= 2;
        }
    }
}

double VoltageResponse::weight(std::size_t c) const {
    const double squares = currents_.at(c).at(c);
    return fourths_.at(c) > 0 ? squares * squares / fourths_.at(c) : 0;
}

VoltageResponse::Slopes VoltageResponse::slopes() const {
    Slopes slopes{};
    std::array<bool, phases> moved{};
    for (std::size_t i = 0; i < phases; ++i) {
        moved.at(i) = currents_.at(i).at(i) > least_step * least_step;
    }
    const auto inverse = inverted(currents_, moved);
    if (!inverse || count_ < 2 * phases) {
        return slopes;
    }
    for (std::size_t v = 0; v < phases; ++v) {
        double explained = 0;
        for (std::size_t c = 0; c < phases; ++c) {
            for (std::size_t k = 0; k < phases && moved.at(c); ++k) {
                slopes.at(v).at(c).ohm += moved.at(k) ? inverse->at(c).at(k) * mixed_.at(v).at(k) : 0;
            }
            explained += slopes.at(v).at(c).ohm * mixed_.at(v).at(c);
        }
        const double left = std::max(voltages_.at(v) - explained, 1e-3) / (count_ - phases);
        for (std::size_t c = 0; c < phases; ++c) {
            Slope& slope = slopes.at(v).at(c);
            slope.certainty = moved.at(c) ? slope.ohm / std::sqrt(left * inverse->at(c).at(c)) : 0;
        }
    }
    return slopes;
}

} // namespace gridbridge
