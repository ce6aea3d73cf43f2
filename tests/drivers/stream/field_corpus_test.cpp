// Inputs built after reports from the field, with expected values. The data is not part of the project.
#include "drivers/stream/obis/mbus.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/stream_driver.hpp"
#include "tests/drivers/stream/capture.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cmath>
#include <cstdlib>
#include <set>

namespace gridbridge::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

// What is not read right yet. Each of them is checked to fail: one that passes has to leave the list.
const std::set<std::string>& known_failures() {
    static const std::set<std::string> names;
    return names;
}

struct VenusPath {
    std::string_view path;
    Quantity quantity;
    double tolerance; // of the rounding in the outlet
};
constexpr std::array venus_paths{
    VenusPath{"Ac/Power", Quantity::Power, 0.006},
    VenusPath{"Ac/L1/Power", Quantity::PowerL1, 0.006},
    VenusPath{"Ac/L2/Power", Quantity::PowerL2, 0.006},
    VenusPath{"Ac/L3/Power", Quantity::PowerL3, 0.006},
    VenusPath{"Ac/L1/Voltage", Quantity::VoltageL1, 0.006},
    VenusPath{"Ac/L2/Voltage", Quantity::VoltageL2, 0.006},
    VenusPath{"Ac/L3/Voltage", Quantity::VoltageL3, 0.006},
    VenusPath{"Ac/L1/Current", Quantity::CurrentL1, 0.0006},
    VenusPath{"Ac/L2/Current", Quantity::CurrentL2, 0.0006},
    VenusPath{"Ac/L3/Current", Quantity::CurrentL3, 0.0006},
    VenusPath{"Ac/Energy/Forward", Quantity::EnergyForward, 0.0006},
    VenusPath{"Ac/Energy/Reverse", Quantity::EnergyReverse, 0.0006},
    VenusPath{"Ac/Energy/Absolute", Quantity::EnergyAbsolute, 0.0006},
    VenusPath{"Ac/Frequency", Quantity::Frequency, 0.0006},
    VenusPath{"Ac/ApparentPower", Quantity::ApparentPower, 0.006},
    VenusPath{"Ac/Limit/Power", Quantity::PowerLimit, 0.006},
    VenusPath{"Ac/Limit/Current", Quantity::CurrentLimit, 0.006},
};

using Problems = std::vector<std::string>;

const VenusPath& row_of(const std::string& path) {
    const auto* const row = std::find_if(venus_paths.begin(), venus_paths.end(),
                                         [&](const VenusPath& known) { return known.path == path; });
    if (row == venus_paths.end()) {
        throw std::invalid_argument("no quantity for " + path);
    }
    return *row;
}

void check_venus(const json& expected, const Reading& reading, Problems& problems) {
    for (const auto& [path, value] : expected.items()) {
        const VenusPath& row = row_of(path);
        const auto actual = reading.get(row.quantity);
        if (value.is_null() ? actual.has_value()
                            : !actual || std::abs(*actual - value.get<double>()) > row.tolerance) {
            problems.push_back(path + " is " + (actual ? std::to_string(*actual) : "unknown") + ", not " +
                               value.dump());
        }
    }
}

// "path" must have no value, "path=value" not this one.
void check_absent(const json& paths, const Reading& reading, Problems& problems) {
    for (const std::string entry : paths) {
        const auto equals = entry.find('=');
        const VenusPath& row = row_of(entry.substr(0, equals));
        const auto actual = reading.get(row.quantity);
        const bool fits =
            equals == std::string::npos
                ? !actual
                : !actual || std::abs(*actual - std::stod(entry.substr(equals + 1))) > row.tolerance;
        if (!fits) {
            problems.push_back(entry + " is " + std::to_string(*actual));
        }
    }
}

void check_objects(const json& expected, const Telegram& telegram, Problems& problems) {
    for (const auto& [code, object] : expected.items()) {
        const ObisObject* const found = find(telegram, code);
        if (found == nullptr || found->number != object["value"].get<double>()) {
            problems.push_back(code + " is not " + object["value"].dump());
        }
    }
}

MeterConfig meter_of(const json& expected) {
    const std::string protocol = expected["protocol"];
    MeterConfig meter;
    meter.driver = protocol == "p1" ? DriverKind::P1 : protocol == "sml" ? DriverKind::Sml : DriverKind::D0;
    if (expected.contains("decrypt")) {
        meter.key = expected["decrypt"]["key"];
        meter.auth_key = expected["decrypt"].value("auth_key", "");
    }
    return meter;
}

// Of the services behind the meter.
void check_run(const json& run, const MeterConfig& meter, const Telegram& telegram, Problems& problems) {
    const auto devices = mbus_devices(telegram, meter, "test");
    const auto find_serial = [&](const json& serial) {
        return std::find_if(devices.begin(), devices.end(),
                            [&](const MbusDevice& device) { return serial == device.info.serial; });
    };
    if (run.contains("pulsemeter_live")) {
        const auto live = find_serial(run["pulsemeter_live"]["Serial"]);
        if (live == devices.end() ||
            live->reading.get(Quantity::Volume) != run["pulsemeter_live"]["Aggregate"].get<double>()) {
            problems.push_back("the live meter is not shown");
        }
    }
    if (run.contains("pulsemeter_not_shown") && find_serial(run["pulsemeter_not_shown"]) != devices.end()) {
        problems.push_back("a meter is shown that is not live");
    }
    if (run.contains("serial_and_values_of_one_meter")) {
        const auto forward = to_reading(telegram).get(Quantity::EnergyForward);
        const json& meters = run["serial_and_values_of_one_meter"];
        if (std::none_of(meters.begin(), meters.end(), [&](const json& known) {
                return known["Serial"] == telegram.serial &&
                       known["Ac/Energy/Forward"] == forward.value_or(-1);
            })) {
            problems.push_back("serial number and values are of two meters");
        }
    }
}

// As the service decodes it.
Problems problems_of(const json& expected, const Bytes& bytes) {
    const MeterConfig meter = meter_of(expected);
    const Decoded decoded =
        decode_whole([&](TelegramSink sink) { return make_stream_decoder(meter, std::move(sink)); }, bytes);
    Problems problems;
    const auto least = expected["valid_telegrams"].get<std::size_t>();
    const std::size_t count = decoded.telegrams.size();
    if (count < least || count > expected.value("max_valid_telegrams", least)) {
        problems.push_back(std::to_string(count) + " telegrams");
    }
    const json telegrams = expected.value("telegrams", json::array());
    for (std::size_t i = 0; i < std::min(telegrams.size(), count); ++i) {
        const Reading reading = to_reading(decoded.telegrams[i]);
        check_objects(telegrams[i]["obis"], decoded.telegrams[i], problems);
        check_venus(telegrams[i]["venus"], reading, problems);
        check_absent(telegrams[i].value("venus_absent", json::array()), reading, problems);
    }
    for (const Telegram& telegram : decoded.telegrams) {
        check_run(expected.value("run", json::object()), meter, telegram, problems);
    }
    return problems;
}

TEST(FieldCorpus, IsReadAsReported) {
    const char* const place = std::getenv("GRIDBRIDGE_CORPUS"); // NOLINT(concurrency-mt-unsafe)
    const fs::path folder = fs::path(place != nullptr ? place : GRIDBRIDGE_DEFAULT_CORPUS) / "field";
    if (!fs::is_directory(folder)) {
        GTEST_SKIP() << "NO CORPUS at " << folder << ": set GRIDBRIDGE_CORPUS";
    }
    std::size_t files = 0;
    std::size_t right = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".json") {
            continue;
        }
        const std::string name = capture_name(entry.path());
        std::ifstream file(folder / (name + ".expected.json"));
        const json expected = json::parse(file);
        const Problems problems =
            problems_of(expected, captured_bytes(entry.path(), expected["protocol"].get<std::string>()));
        ++files;
        right += problems.empty() ? 1U : 0U;
        if (known_failures().contains(name)) {
            EXPECT_FALSE(problems.empty()) << name << " is read right now: take it from the list";
        } else {
            for (const std::string& problem : problems) {
                ADD_FAILURE() << name << " (" << expected["kind"] << "): " << problem;
            }
        }
    }
    GTEST_LOG_(INFO) << right << " of " << files << " files are read right";
    EXPECT_GT(files, 0U);
}

} // namespace
} // namespace gridbridge::test
