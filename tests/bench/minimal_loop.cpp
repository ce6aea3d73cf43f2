// The least one would write by hand for the same job, to compare with: reads an EM24 once a second with
// libmodbus and publishes each value that has changed. No errors, no reconnect, no identity, no units but W.
// Arguments: serial port, MQTT server.
#include <modbus.h>
#include <mqtt/async_client.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>

namespace {

constexpr int first_value = 0x00;
constexpr int last_value = 0x5E; // two words each
constexpr int power_register = 0x28;

// In the order of reading: total power comes last, as in the service.
constexpr std::array blocks{std::pair{0x00, 10}, std::pair{0x0A, 2},  std::pair{0x0C, 10},
                            std::pair{0x16, 10}, std::pair{0x20, 8},  std::pair{0x2A, 10},
                            std::pair{0x34, 10}, std::pair{0x3E, 10}, std::pair{0x48, 4},
                            std::pair{0x5C, 4},  std::pair{0x28, 2}};

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        return 64;
    }
    modbus_t* const meter = modbus_new_rtu(argv[1], 9600, 'N', 8, 1);
    mqtt::async_client broker(argv[2], "minimal-loop");
    broker.connect()->wait();
    if (modbus_set_slave(meter, 1) != 0 || modbus_connect(meter) != 0) {
        return 69;
    }
    std::array<std::uint16_t, last_value + 2> words{};
    std::array<std::int32_t, last_value + 2> said{};
    auto due = std::chrono::steady_clock::now();
    while (true) {
        for (const auto& [address, count] : blocks) {
            modbus_read_registers(meter, address, count, &words[static_cast<std::size_t>(address)]);
        }
        const auto publish = [&](int address) {
            const auto at = static_cast<std::size_t>(address);
            const auto raw = static_cast<std::int32_t>(static_cast<std::uint32_t>(words[at]) |
                                                       static_cast<std::uint32_t>(words[at + 1]) << 16U);
            if (std::exchange(said[at], raw) != raw) {
                std::array<char, 64> payload{};
                const int size =
                    std::snprintf(payload.data(), payload.size(), "{\"value\":%.1f}", raw / 10.0);
                const std::string leaf = address == power_register ? "Power" : std::to_string(address);
                broker.publish("N/bench/grid/30/Ac/" + leaf, payload.data(), static_cast<std::size_t>(size),
                               0, false);
            }
        };
        publish(power_register);
        for (int address = first_value; address <= last_value; address += 2) {
            publish(address);
        }
        due += std::chrono::seconds(1);
        std::this_thread::sleep_until(due);
    }
}
