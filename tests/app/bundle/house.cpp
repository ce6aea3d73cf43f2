#include "tests/app/bundle/house.hpp"

#include "app/recording/wire_record.hpp"
#include "app/replay/reading_hashes.hpp"
#include "app/replay/recorded_service.hpp"
#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/modbus_slave.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "app/slave/bitwise_crc16.hpp"
#include "drivers/io/recorded_wire.hpp"
#include "tests/app/bundle/house_wire.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <stdexcept>

namespace gridbridge {
namespace {

void put_word(ModbusImage& image, unsigned address, unsigned word) {
    image.registers[static_cast<std::uint16_t>(address)] = static_cast<std::uint16_t>(word);
}
void put_text(ModbusImage& image, unsigned address, std::string text, std::size_t words) {
    text.resize(2 * words);
    for (std::size_t i = 0; i < words; ++i) {
        put_word(image, address + static_cast<unsigned>(i),
                 unsigned{static_cast<std::uint8_t>(text[2 * i])} << 8U |
                     unsigned{static_cast<std::uint8_t>(text[2 * i + 1])});
    }
}
void put_one_each(ModbusImage& image, unsigned address, const std::string& text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        put_word(image, address + static_cast<unsigned>(i), static_cast<std::uint8_t>(text[i]));
    }
}

Served bus(ModbusImage image, SlaveFraming framing) {
    auto shared = std::make_shared<ModbusImage>(std::move(image));
    return {[shared, framing](const Bytes& sent, double seconds) {
                std::size_t consumed = 0;
                const auto request = take_request(sent, framing, consumed);
                if (!request || request->unit != shared->unit) {
                    return Bytes();
                }
                if (shared->move) {
                    shared->move(*shared, seconds);
                }
                return framed(*request, answer(*shared, request->pdu), framing);
            },
            {},
            framing == SlaveFraming::Serial};
}

std::string with_ean(std::string telegram, const std::string& ean) {
    telegram.insert(telegram.find("0-0:96.7.21"), "0-0:96.1.2(" + planted_upper_hex(ean) + ")\r\n");
    telegram.resize(telegram.rfind('!') + 1);
    char digits[8]{};
    std::snprintf(digits, sizeof digits, "%04X\r\n",
                  unsigned{bitwise_crc16(Bytes(telegram.begin(), telegram.end()), 0xA001, 0)});
    return telegram + digits;
}

SmlMeter sml_meter(const std::string& octets) {
    SmlMeter meter;
    std::copy(octets.begin(), octets.end(), meter.server_id.begin());
    return meter;
}

Bytes bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}

// By the place in the list of meters.
Served served_at(const House& house, std::size_t place) {
    const auto image = [](const char* name) { return *built_in_image(name); };
    switch (place) {
    case 0: {
        ModbusImage em24 = image("em24");
        put_text(em24, 0x1300, house.em24, 7);
        return bus(std::move(em24), SlaveFraming::Serial);
    }
    case 1: {
        ModbusImage et112 = image("et112");
        put_one_each(et112, 0x5000, house.et112);
        return bus(std::move(et112), SlaveFraming::Tcp);
    }
    case 2: {
        ModbusImage em540 = image("em540");
        put_text(em540, 0x5000, house.em540, 7);
        return bus(std::move(em540), SlaveFraming::Serial);
    }
    case 3: {
        ModbusImage inverter = image("sunspec");
        put_one_each(inverter, 40002 + 18, house.et112); // where only its form tells of it
        put_text(inverter, 40002 + 34, planted_swapped(house.em24 + '\0'), 8);
        put_text(inverter, 40002 + 50, house.inverter, 16);
        return bus(std::move(inverter), SlaveFraming::Tcp);
    }
    case 4:
        return {{}, [house](double seconds) {
                    P1Meter meter;
                    meter.serial = house.p1;
                    meter.gas_serial = house.gas;
                    return bytes_of(with_ean(p1_telegram(simulate_values(seconds), meter), house.ean));
                }};
    case 5:
    case 6: {
        const std::string id = place == 5 ? planted_server_id(house.din) : planted_octets(house.odd);
        return {{}, [id](double seconds) { return sml_telegram(simulate_values(seconds), sml_meter(id)); }};
    }
    default:
        break;
    }
    const auto readout = [serial = place == 7   ? house.d0
                                   : place == 8 ? house.asked
                                                : std::string()](double seconds) {
        D0Meter meter;
        meter.serial = serial;
        meter.has_checksum = true;
        meter.ident = "ESY Q3DA3024";
        return bytes_of(d0_telegram(simulate_values(seconds), meter));
    };
    if (place != 8) {
        return {{}, readout};
    }
    const Bytes wanted = bytes_of("/?" + house.asked + "!\r\n");
    return {[readout, wanted](const Bytes& sent, double seconds) {
                return sent == wanted ? readout(seconds) : Bytes();
            },
            {}};
}

// Everything happens on one thread at a time, but not always the same.
class Diary {
  public:
    Lived lived;

    void add(Record record) {
        const std::lock_guard lock(mutex_);
        lived.recording.records.push_back(std::move(record));
    }
    void tell(const std::string& serial, Clock::time_point received, std::uint64_t hash) {
        add({Record::Kind::Published, 0, received, {}, serial, 0, hash});
        lived.told[serial].push_back({received.time_since_epoch().count(), hash});
    }

  private:
    std::mutex mutex_;
};

OutletRow hashes_to(ReadingHashes::Tell tell) {
    return {"hashes", [tell = std::move(tell)] { return std::make_unique<ReadingHashes>(tell); }};
}

void silent_log(LogLevel /*level*/, std::string_view /*who*/, std::string_view /*what*/) {}

} // namespace

std::ostream& operator<<(std::ostream& out, const Told& told) {
    return out << told.at << ' ' << told.hash;
}

void House::plant(const std::string& secret, std::vector<std::string> encodings, bool is_told, bool is_name) {
    planted.push_back({secret, std::move(encodings), &secret == &din, is_told, is_name});
}

void House::add_meter(const std::string& uri, const std::string& meter_name) {
    MeterConfig meter;
    for (const std::string& problem : parse_meter_uri(uri, meter)) {
        throw std::runtime_error(problem);
    }
    meter.name = meter_name;
    config.meters.push_back(std::move(meter));
}

House::House(std::uint64_t from) : seed(from) {
    Chance chance(seed);
    const auto plants = [&](std::string& secret, std::string_view form, std::vector<std::string> encodings,
                            bool is_told = false, bool is_name = false) {
        secret = chance.text(form);
        plant(secret, std::move(encodings), is_told, is_name);
    };
    plants(em24, "AA99999999999", {"text", "swapped words"});
    plants(et112, "#99999A", {"text", "word each"});
    plants(em540, "AA9999999999AA", {"text"});
    plants(inverter, "#E9999999-AA", {"text"});
    plants(p1, "E0099999999999999", {"text", "upper hex"});
    plants(gas, "G0099999999999999", {"text", "upper hex"});
    plants(ean, "541499999999999999", {"upper hex"});
    plants(din, "1ISK0099999999", {"text", "octets", "lower hex"});
    plants(odd, "06454d48xxxxxxxxxxxx", {"text", "octets"});
    plants(d0, "1ESY1199999999", {"text"});
    plants(asked, "#9999999", {"text"});
    plants(usb, "AA9AA9AA", {"text"});
    plants(name, "M\xC3\xBCllers Aaaaaaaa", {"text"}, false, true);
    plants(other_name, "Aaaaaaa \\ Aaaaa", {"escaped"}, true, true);
    plants(host, "aaaaaa-99aa.local", {"text"}, false, true);
    plants(other_host, "aaaaaaaaa9", {"text"}, false, true);
    plants(user, "aaaaaaa99", {"text"}, false, true);
    plants(portal, "xxxxxxxxxxxx", {"text"});
    plants(mac, "xx:xx:xx:xx:xx:xx", {"text"});
    plants(address, "10.#9.#9.#9", {"text"});
    plants(other_address, "192.168.#9.#", {"text"});
    plants(address6, "fd00:xxxx:xxxx::#xxx", {"text"});
    add_meter("cg+rtu:///dev/serial/by-id/usb-FTDI_FT232R_USB_UART_" + usb + "-if00-port0?interval=1000",
              name);
    add_meter("cg+tcp://" + address + ":502?interval=1000");
    add_meter("cg+rtutcp://" + host + ":4000?interval=1000", other_name);
    add_meter("sunspec+tcp://" + other_address + ":1502?interval=1000");
    add_meter("p1+tcp://" + other_host + ":3240");
    add_meter("sml+tcp://[" + address6 + "]:3240");
    add_meter("sml+serial:///dev/ttyUSB7");
    add_meter("d0+serial:///dev/ttyUSB8?mode=push");
    add_meter("d0+serial:///dev/ttyUSB9?mode=request&address=" + asked);
    add_meter("d0+tcp://" + other_host + ":3241?mode=push"); // tells no number
    settings.set_portal_id(portal);
    settings.set_service_id(chance.text("xxxxxxxx"));
    settings.write(em24, "CustomName", name);
    settings.write(p1, "CustomName", other_name);
}

Lived live_in(const House& house, int seconds, bool damage) {
    Diary diary;
    Chance chance(house.seed + 1);
    Recording& recording = diary.lived.recording;
    recording.head = {"0.1.0 (0123456789ab)", 1'764'460'800'000'000'000, "cbf29ce484222325",
                      recorded_head(house.config, house.settings, {}).text};
    VirtualService::Parts parts;
    parts.begin = house_begin;
    parts.meters = house.config.meters;
    parts.outlets = {hashes_to([&](const std::string& serial, Clock::time_point received,
                                   std::uint64_t hash) { diary.tell(serial, received, hash); })};
    parts.settings = house.settings;
    parts.log = silent_log;
    parts.wires = [&](std::span<const MeterConfig> meters) -> DriverWire {
        const auto number = static_cast<unsigned>(recording.connections.size() + 1);
        recording.connections[number] = describe_connection(number, meters);
        const auto place =
            std::find_if(house.config.meters.begin(), house.config.meters.end(),
                         [&](const MeterConfig& meter) { return meter.uri == meters.front().uri; });
        const auto served = served_at(house, static_cast<std::size_t>(place - house.config.meters.begin()));
        return {[&, served, number](const MeterConfig& /*meter*/) {
            return make_recorded_wire(
                std::make_unique<HouseWire>(served, chance, damage), nullptr,
                [&diary, number](const WireEvent& event) { diary.add(record_of(event, number)); });
        }};
    };
    {
        VirtualService service(std::move(parts));
        service.run(house_begin + std::chrono::seconds(seconds), {},
                    [](const Messages&, Clock::time_point) {});
    }
    const std::string renamed = R"({"value": "Neuer Name )" + house.host.substr(0, 6) + R"("})";
    diary.add({Record::Kind::Message, 0, house_begin + std::chrono::seconds(seconds), bytes_of(renamed),
               "W/" + house.portal + "/grid/30/CustomName", 0, 0});
    return std::move(diary.lived);
}

Replayed replay_of(const std::string& path) {
    RecordedService recorded = recorded_service(std::vector{path});
    Replayed replayed;
    recorded.parts.outlets = {
        hashes_to([&](const std::string& serial, Clock::time_point received, std::uint64_t hash) {
            replayed.told[serial].push_back({received.time_since_epoch().count(), hash});
        })};
    recorded.parts.log = silent_log;
    Replay replay(std::move(recorded.parts), std::move(recorded.wires));
    replay.run(recorded.end, recorded.heard, [](const Messages&, Clock::time_point) {});
    for (const auto& [uri, difference] : replay.differences()) {
        replayed.differences.push_back(std::string(uri).append(1, ' ').append(difference));
    }
    return replayed;
}

} // namespace gridbridge
