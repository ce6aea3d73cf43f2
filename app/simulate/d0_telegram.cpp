#include "app/simulate/d0_telegram.hpp"

#include <array>
#include <cstddef>
#include <cstdio>

namespace gridbridge {
namespace {

// The data block under construction.
class Data {
  public:
    explicit Data(const D0Meter& meter) : meter_(meter) {}

    void text(const std::string& id, const std::string& value) { set(id, 255, value); }
    void number(const std::string& id, double value, int width, int decimals, const std::string& unit,
                int f = 255) {
        std::array<char, 40> digits{};
        std::snprintf(digits.data(), digits.size(), "%0*.*f", width, decimals, value);
        set(id, f, digits.data() + (meter_.has_units ? '*' + unit : ""));
    }
    const std::string& lines() const { return lines_; }

  private:
    void set(const std::string& id, int f, const std::string& value) {
        const bool current = f == 255;
        const std::string suffix = current && meter_.short_ids ? "" : '*' + std::to_string(f);
        lines_ += (meter_.short_ids ? "" : "1-0:") + id + suffix + '(' + value + ")\r\n";
    }

    const D0Meter& meter_;
    std::string lines_;
};

std::string data_of(const SimulatedValues& values, const D0Meter& meter) {
    Data data(meter);
    data.text("0.0.0", "0000000000000");
    data.text("96.1.0", meter.serial);
    data.number("1.8.0", values.energy_in, 14, 7, "kWh");
    data.number("1.8.0", values.energy_in - 10, 7, 1, "kWh", 96);
    data.number("1.8.1", values.energy_in / 3, 14, 7, "kWh");
    data.number("1.8.2", values.energy_in * 2 / 3, 14, 7, "kWh");
    data.number("2.8.0", values.energy_out, 14, 7, "kWh");
    data.number("16.7.0", values.power(), 9, 2, "W");
    for (std::size_t phase = 0; phase < values.phases.size(); ++phase) {
        const SimulatedPhase& line = values.phases.at(phase);
        const auto group = [&](std::size_t first) { return std::to_string(first + 20 * phase) + ".7.0"; };
        data.number(group(36), line.power, 9, 2, "W");
        data.number(group(32), line.voltage, 5, 1, "V");
        data.number(group(31), line.current, 6, 2, "A");
    }
    data.number("14.7.0", values.frequency, 5, 2, "Hz");
    data.text("96.5.5", "80");
    return data.lines() + "!\r\n";
}

} // namespace

std::string d0_telegram(const SimulatedValues& values, const D0Meter& meter) {
    const std::string head = '/' + meter.ident + "\r\n";
    const std::string data = data_of(values, meter);
    if (!meter.has_checksum) {
        return head + "\r\n" + data;
    }
    const std::string checked = data + '\x03';
    char bcc = 0;
    for (const char c : checked) {
        bcc = static_cast<char>(bcc ^ c);
    }
    return head + '\x02' + checked + bcc;
}

} // namespace gridbridge
