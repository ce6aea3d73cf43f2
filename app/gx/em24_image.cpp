#include "app/gx/em24_image.hpp"

#include "drivers/modbus/map/encode.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/waist/phase_quantities.hpp"

#include <algorithm>
#include <span>

namespace gridbridge {
namespace {

using enum Quantity;

// With one phase these are the same for L1 and in total.
constexpr std::array phase_totals{Power, Current, ApparentPower, ReactivePower, EnergyForward, PowerFactor};

// What a GX publishes beside power. Source: the register list of dbus-modbus-client `carlo_gavazzi.py`.
constexpr std::array published_per_phase{Voltage, Current, EnergyForward};
constexpr std::array published_totals{Frequency, EnergyForward, EnergyReverse};

int phases_with_power(const Reading& reading) {
    for (int phase = 3; phase > 1; --phase) {
        if (reading.has(of_phase(Power, phase))) {
            return phase;
        }
    }
    return 1;
}

bool is_published(Quantity q) {
    return phase_of(q, published_per_phase) != 0 ||
           std::find(published_totals.begin(), published_totals.end(), q) != published_totals.end();
}

// Once given it is shown for good: after a fall to 0 a GX would book all of it again.
bool is_energy(Quantity q) {
    return is_published(q) && quantity_table[index_of(q)].kind == QuantityKind::Counter;
}

bool is_power(Quantity q) {
    return q == Power || phase_of(q, std::array{Power}) != 0;
}

bool is_of_absent_phase(Quantity q, int phases) {
    return phase_of(q) > phases || (q == VoltageL1L2 && phases < 2) ||
           (q == VoltageLineToLine && phases < 2) || ((q == VoltageL2L3 || q == VoltageL3L1) && phases < 3);
}

using Given = std::bitset<quantity_count>;

// False when the whole image must not be shown.
bool encode_quantity(const RegisterRow& row, std::optional<double> value, bool given,
                     std::span<std::uint16_t> place) {
    const std::int16_t in_order_word = em24_ethernet.in_order_word;
    if (value && encode_row(row, *value, in_order_word, place)) {
        return true;
    }
    if (is_power(row.quantity)) {
        return false;
    }
    if (is_published(row.quantity)) {
        return !given; // and the words stay 0
    }
    encode_no_value(row, in_order_word, place);
    return true;
}

} // namespace

void Em24Image::take(const Reading& reading) {
    reading_ = reading;
    phases_ = std::max(phases_.value_or(1), phases_with_power(reading));
    for (const QuantityRow& row : quantity_table) {
        if (reading.has(row.quantity)) {
            given_at_[index_of(row.quantity)] = reading.received;
        } else if (is_energy(row.quantity)) {
            reading_.set(row.quantity, energies_.get(row.quantity));
        }
        if (is_energy(row.quantity)) {
            energies_.set(row.quantity, reading_.get(row.quantity));
        }
    }
}

bool Em24Image::is_given(Quantity q) const {
    const auto& at = given_at_[index_of(q)];
    return at && reading_.received - *at <= memory;
}

bool Em24Image::can_show_each_phase(int shown) const {
    bool can = *phases_ <= shown;
    for (int phase = 1; phase <= *phases_; ++phase) {
        can = can && is_given(of_phase(Power, phase));
    }
    return can;
}

void Em24Image::show_total_as_phase_one(Reading& reading, Given& given) const {
    for (const Quantity total : phase_totals) {
        const Quantity first = of_phase(total, 1);
        if (*phases_ > 1 || reading.has(total)) { // of several phases L1 is a part only
            reading.set(first, reading.get(total));
            given[index_of(first)] = given[index_of(total)];
        }
    }
    if (!reading.has(VoltageL1)) {
        reading.set(VoltageL1, reading.get(Voltage));
    }
}

std::optional<Em24Words> Em24Image::words(int shown) const {
    if (!phases_) {
        return std::nullopt;
    }
    Reading reading = reading_;
    Given given;
    for (const QuantityRow& row : quantity_table) {
        given[index_of(row.quantity)] = is_given(row.quantity);
    }
    const int phases = can_show_each_phase(shown) ? *phases_ : 1;
    if (phases == 1) {
        show_total_as_phase_one(reading, given);
    }
    Em24Words words{};
    for (const RegisterRow& row : em24_ethernet.rows) {
        const Quantity q = row.quantity;
        const auto place = std::span(words).subspan(first_word(row), words_of(row.encoding));
        // A value that the register cannot hold counts as one that is missing.
        const bool needed = given[index_of(q)] || reading.has(q);
        if (!is_of_absent_phase(q, phases) && !encode_quantity(row, reading.get(q), needed, place)) {
            return std::nullopt;
        }
    }
    return words;
}

} // namespace gridbridge
