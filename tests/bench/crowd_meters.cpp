#include "tests/bench/crowd_meters.hpp"

#include "app/simulate/modbus_image.hpp"
#include "app/simulate/modbus_slave.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/simulated_values.hpp"

#include <chrono>
#include <cmath>
#include <string>

namespace gridbridge::bench {
namespace {

constexpr std::uint16_t power_register = 0x28; // two words, low word first, 0.1 W
constexpr std::uint16_t serial_register = 0x1300;

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

bool asks_for_power(const SlaveRequest& request) {
    if (request.pdu.size() < 5) {
        return false;
    }
    const unsigned first = word_at(request.pdu, 1);
    return first <= power_register && power_register + 1 < first + word_at(request.pdu, 3);
}

// Moves when it is asked for its power, which is once a cycle.
class Em24OverTcp final : public CrowdMeter {
  public:
    Em24OverTcp(std::size_t number, ValueAges& ages) : image_(built_in_image("em24").value()), ages_(ages) {
        std::string serial = "BX" + std::to_string(1230000000 + number) + "S";
        serial.resize(14);
        for (std::size_t i = 0; i < serial.size() / 2; ++i) {
            const auto high = static_cast<unsigned char>(serial[2 * i]);
            const auto low = static_cast<unsigned char>(serial[2 * i + 1]);
            image_.registers[static_cast<std::uint16_t>(serial_register + i)] =
                static_cast<std::uint16_t>(unsigned{high} << 8U | low);
        }
    }
    std::string scheme() const override { return "cg+tcp"; }

    void take(std::vector<std::uint8_t>& received, const Write& write) override {
        std::size_t consumed = 0;
        const auto request = take_request(received, SlaveFraming::Tcp, consumed);
        received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(consumed));
        if (!request) {
            return;
        }
        if (!asks_for_power(*request)) {
            write(framed(*request, answer(image_, request->pdu), SlaveFraming::Tcp));
            return;
        }
        const long watts = ages_.next_watts();
        image_.move(image_, seconds_since(start_));
        const auto raw = static_cast<unsigned long>(watts * 10);
        image_.registers[power_register] = static_cast<std::uint16_t>(raw & 0xFFFFU);
        image_.registers[power_register + 1] = static_cast<std::uint16_t>(raw >> 16U);
        const auto bytes = framed(*request, answer(image_, request->pdu), SlaveFraming::Tcp);
        ages_.sent(watts);
        write(bytes);
    }

  private:
    ModbusImage image_;
    ValueAges& ages_;
    Clock::time_point start_ = Clock::now();
};

class P1OverTcp final : public CrowdMeter {
  public:
    P1OverTcp(std::size_t number, ValueAges& ages) : ages_(ages) {
        const std::string digits = std::to_string(1000000 + number);
        identity_.serial = "E00440000" + digits;
        identity_.gas_serial = "G00390000" + digits;
    }
    std::string scheme() const override { return "p1+tcp"; }

    void beat(const Write& write) override {
        SimulatedValues values = simulate_values(seconds_since(start_));
        for (SimulatedPhase& phase : values.phases) {
            phase.power = std::round(phase.power);
        }
        const long watts = ages_.next_watts();
        values.phases[0].power += static_cast<double>(watts) - values.power();
        const std::string telegram = p1_telegram(values, identity_);
        ages_.sent(watts);
        write({reinterpret_cast<const std::uint8_t*>(telegram.data()), telegram.size()});
    }

  private:
    P1Meter identity_;
    ValueAges& ages_;
    Clock::time_point start_ = Clock::now();
};

} // namespace

std::optional<CrowdKind> parse_crowd_kind(std::string_view name) {
    if (name == "modbus") {
        return CrowdKind::Modbus;
    }
    return name == "p1" ? std::optional(CrowdKind::P1) : std::nullopt;
}

std::vector<std::unique_ptr<CrowdMeter>> make_crowd(CrowdKind kind, std::size_t count, ValueAges& ages) {
    std::vector<std::unique_ptr<CrowdMeter>> meters;
    for (std::size_t number = 0; number < count; ++number) {
        if (kind == CrowdKind::Modbus) {
            meters.push_back(std::make_unique<Em24OverTcp>(number, ages));
        } else {
            meters.push_back(std::make_unique<P1OverTcp>(number, ages));
        }
    }
    return meters;
}

} // namespace gridbridge::bench
