#include "drivers/stream/obis/obis_power.hpp"

#include "drivers/stream/obis/power_sign.hpp"
#include "drivers/values/derive.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <optional>

namespace gridbridge {
namespace {

using enum Quantity;

using Watts = std::array<double, 3>;

double sum_of(const Watts& watts) {
    return std::accumulate(watts.begin(), watts.end(), 0.0);
}

bool agrees(double sum, double total) {
    return std::abs(sum - total) <= std::max(50.0, 0.05 * std::abs(total));
}

// The registers of one phase, 0..2.
struct Phase {
    const ObisObject* net;      // 36.7.0
    const ObisObject* import;   // 21.7.0
    const ObisObject* exported; // 22.7.0

    bool is_sent() const { return net != nullptr || import != nullptr || exported != nullptr; }
    bool is_signed() const { return net != nullptr || (import != nullptr && exported != nullptr); }
};

std::array<Phase, 3> phases_in(const Registers& registers) {
    std::array<Phase, 3> phases{};
    for (std::size_t i = 0; i < phases.size(); ++i) {
        const auto c = static_cast<std::uint8_t>(20 * i);
        phases[i] = {registers.net_phases[i], registers.sent(static_cast<std::uint8_t>(21 + c), 7),
                     registers.sent(static_cast<std::uint8_t>(22 + c), 7)};
    }
    return phases;
}

class Powers {
  public:
    Powers(const Telegram& telegram, const Registers& registers, Direction direction,
           const Unreadable& unreadable, Reading& reading)
        : telegram_(telegram), registers_(registers), direction_(direction), unreadable_(unreadable),
          reading_(reading), phases_(phases_in(registers)) {}

    void set() {
        for (std::size_t i = 0; i < phases_.size(); ++i) {
            set_phase(i);
        }
        set_total();
        if (!any_sent()) {
            set_from_currents();
        } else if (!has_sign()) {
            sign_phases();
        }
    }

  private:
    static Quantity power_of(std::size_t phase) { return of_phase(Power, static_cast<int>(phase) + 1); }
    bool any_sent() const {
        return std::any_of(phases_.begin(), phases_.end(),
                           [](const Phase& phase) { return phase.is_sent(); });
    }
    bool has_sign() const {
        return std::all_of(phases_.begin(), phases_.end(),
                           [](const Phase& phase) { return !phase.is_sent() || phase.is_signed(); });
    }
    bool any(const ObisObject* Phase::*half) const {
        return std::any_of(phases_.begin(), phases_.end(),
                           [half](const Phase& phase) { return phase.*half != nullptr; });
    }
    // Of the phases the meter has; nothing when one of them is unknown.
    std::optional<double> phase_sum() const {
        double sum = 0;
        for (std::size_t i = 0; i < phases_.size(); ++i) {
            const auto watts = reading_.get(power_of(i));
            if (phases_[i].is_sent() && !watts) {
                return std::nullopt;
            }
            sum += watts.value_or(0);
        }
        return any_sent() ? std::optional(sum) : std::nullopt;
    }

    void set_phase(std::size_t i) {
        const Phase& phase = phases_[i];
        if (phase.net != nullptr) {
            reading_.set(power_of(i), value_of(phase.net, Power));
        } else if ((phase.import != nullptr && phase.exported == nullptr && any(&Phase::exported)) ||
                   (phase.exported != nullptr && phase.import == nullptr && any(&Phase::import))) {
            reading_.clear(power_of(i)); // the other phases have both
        }
        // Without the power of its phase nothing signs it.
        if (phase.is_sent() && !reading_.has(power_of(i))) {
            const Quantity current = of_phase(Current, static_cast<int>(i) + 1);
            if (reading_.get(current).value_or(-1) >= 0) {
                reading_.clear(current);
            }
        }
    }

    void set_total() {
        const auto status = status_word(telegram_);
        if (const auto net = value_of(registers_.net_power, Power)) {
            reading_.set(Power, signed_power(*net, status, direction_));
            return;
        }
        const bool one_half =
            registers_.sent(1, 7) != nullptr && registers_.sent(2, 7) == nullptr && any(&Phase::exported);
        if (reading_.has(Power) && one_half) {
            reading_.clear(Power);
        }
        if (!reading_.has(Power) && !unreadable_[index_of(Power)] && !one_half) {
            const auto absolute = value_of(registers_.absolute_power, Power);
            reading_.set(Power,
                         absolute ? with_sign(*absolute, status) : value_of(registers_.signed_import, Power));
        }
        const bool is_contradicted = value_of(registers_.absolute_power, Power).has_value();
        if (!reading_.has(Power) && !is_contradicted && (has_sign() || !registers_.has_total_power())) {
            reading_.set(Power, phase_sum());
        }
    }

    std::optional<double> with_sign(double absolute, std::optional<std::uint64_t> status) const {
        if (status || direction_ != Direction::Auto) {
            return signed_power(absolute, status, direction_);
        }
        if (const auto sum = phase_sum(); sum && has_sign()) {
            return agrees(std::abs(*sum), std::abs(absolute)) ? std::optional(std::copysign(absolute, *sum))
                                                              : std::nullopt;
        }
        const auto counts = [&](std::uint8_t tariff) { return registers_.sent(2, 8, tariff) != nullptr; };
        const bool exports = counts(0) || counts(1) || counts(2) || counts(3) || counts(4);
        return exports ? std::nullopt : std::optional(absolute);
    }

    // Import alone, or magnitudes.
    void sign_phases() {
        const auto total = reading_.get(Power);
        const auto sum = phase_sum();
        const bool negative = std::any_of(phases_.begin(), phases_.end(), [&](const Phase& phase) {
            return value_of(phase.import, Power).value_or(0) < 0; // signed all the same
        });
        if (!total || negative || (sum && agrees(*sum, *total))) {
            return;
        }
        const bool all_opposite = sum && agrees(-*sum, *total);
        for (std::size_t i = 0; i < phases_.size(); ++i) {
            const auto watts = reading_.get(power_of(i));
            reading_.set(power_of(i), all_opposite && watts ? std::optional(-*watts) : std::nullopt);
        }
    }

    void set_from_currents() {
        const auto total = reading_.get(Power);
        const bool has_phases = std::ranges::any_of(
            std::array{VoltageL2, VoltageL3, CurrentL2, CurrentL3},
            [&](Quantity quantity) { return reading_.has(quantity) || unreadable_[index_of(quantity)]; });
        if (!has_phases) {
            total_as_phase_one(reading_);
        } else if (const auto watts = from_angles(); watts && total && agrees(sum_of(*watts), *total)) {
            const double size = std::abs((*watts)[0]) + std::abs((*watts)[1]) + std::abs((*watts)[2]);
            const double missing = *total - sum_of(*watts);
            for (std::size_t i = 0; i < watts->size(); ++i) {
                const double share = size > 0 ? std::abs((*watts)[i]) / size : 1.0 / 3;
                reading_.set(power_of(i), (*watts)[i] + missing * share);
            }
        }
    }

    // U x I x cos(angle between them).
    std::optional<Watts> from_angles() const {
        Watts watts{};
        for (std::size_t i = 0; i < watts.size(); ++i) {
            const int phase = static_cast<int>(i) + 1;
            const auto volts = reading_.get(of_phase(Voltage, phase));
            const auto amperes = reading_.get(of_phase(Current, phase));
            const ObisObject* const angle = registers_.angles[i];
            if (!volts || !amperes || angle == nullptr || !angle->number) {
                return std::nullopt;
            }
            watts[i] = *volts * std::abs(*amperes) * std::cos(*angle->number * std::numbers::pi / 180);
        }
        return watts;
    }

    const Telegram& telegram_;
    const Registers& registers_;
    Direction direction_;
    const Unreadable& unreadable_;
    Reading& reading_;
    std::array<Phase, 3> phases_;
};

} // namespace

void set_powers(const Telegram& telegram, const Registers& registers, Direction direction,
                const Unreadable& unreadable, Reading& reading) {
    Powers(telegram, registers, direction, unreadable, reading).set();
}

std::string_view power_advice(const Telegram& telegram, const Reading& reading) {
    const Registers registers = registers_of(telegram);
    if (!reading.has(Power) && value_of(registers.absolute_power, Power)) {
        return "its power comes without a sign (15.7.0), and nothing tells whether it is import or export: "
               "if this "
               "meter never exports, set direction = \"signed\"";
    }
    const bool has_phase = std::ranges::any_of(phases_of(Power), [&](Quantity q) { return reading.has(q); });
    if (reading.has(Power) && !has_phase && reading.has(CurrentL2) && reading.has(CurrentL3)) {
        return "it sends a current for each phase but no power that fits them: the phases are unknown, ESS "
               "sees the "
               "total on phase 1";
    }
    return {};
}

} // namespace gridbridge
