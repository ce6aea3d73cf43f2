// What the service keeps is what it has published: the program, a broker, a simulated meter.
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

std::vector<double> published(const Subscriber& subscriber, const std::string& topic) {
    std::vector<double> values;
    for (const Arrived& message : subscriber.all()) {
        const std::string& payload = message.payload;
        constexpr std::string_view head = R"({"value":)";
        if (message.topic == topic && payload.starts_with(head)) {
            if (const auto value =
                    parse_number(payload.substr(head.size(), payload.size() - head.size() - 1))) {
                values.push_back(*value);
            }
        }
    }
    return values;
}

// Column -> its numbers, top down.
std::map<std::string, std::vector<double>> columns_of(const std::string& csv) {
    std::map<std::string, std::vector<double>> columns;
    const auto lines = split(csv, '\n');
    const auto heading = split(lines.front(), ',');
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto cells = split(lines[i], ',');
        for (std::size_t column = 0; column < std::min(cells.size(), heading.size()); ++column) {
            if (const auto value = parse_number(cells[column])) {
                columns[std::string(heading[column])].push_back(*value);
            }
        }
    }
    return columns;
}

TEST(History, IsWhatASubscriberSaw) {
    const Broker broker;
    const Folder folder;
    const std::string address = "tcp://127.0.0.1:" + std::to_string(free_port());
    Subscriber subscriber(broker);
    RunningService service(broker, {"cg+" + address + "?interval=100"}, folder.path("state"));
    ASSERT_TRUE(subscriber.wait_for("gridbridge/p/status", "online"))
        << "nothing is read before it is published";
    const SimulatedMeter meter("em24", address);
    int heard = 0; // what has come before is looked at again each time: some seconds of readings
    ASSERT_TRUE(subscriber.wait_for(
        [&](const Arrived& message) { return message.topic == "N/p/grid/30/Ac/L1/Power" && ++heard > 100; }));
    const std::string file = folder.path("state/history.db");
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0) << service.process->errors();
    EXPECT_FALSE(std::filesystem::exists(file + "-wal")) << "what was under way is in the one file";

    const Result csv = gridbridge({"history", "--file", file, "--csv"});
    ASSERT_EQ(csv.exit_code, 0) << csv.errors;
    const auto columns = columns_of(csv.output);
    const std::map<std::string, std::string> topics{{"power", "Ac/Power"},
                                                    {"power_l1", "Ac/L1/Power"},
                                                    {"power_l2", "Ac/L2/Power"},
                                                    {"voltage_l1", "Ac/L1/Voltage"}};
    for (const auto& [column, topic] : topics) {
        const auto values = published(subscriber, "N/p/grid/30/" + topic);
        ASSERT_FALSE(values.empty()) << topic;
        ASSERT_TRUE(columns.contains(column)) << column << "\n" << csv.output;
        const auto& least = columns.at(column + "_min");
        const auto& greatest = columns.at(column + "_max");
        const double step = column.starts_with("power") ? 0.51 : 0.051;
        EXPECT_NEAR(*std::min_element(least.begin(), least.end()),
                    *std::min_element(values.begin(), values.end()), step)
            << column;
        EXPECT_NEAR(*std::max_element(greatest.begin(), greatest.end()),
                    *std::max_element(values.begin(), values.end()), step)
            << column;
        for (std::size_t i = 0; i < columns.at(column).size(); ++i) {
            EXPECT_LE(least[i], columns.at(column)[i]);
            EXPECT_LE(columns.at(column)[i], greatest[i]);
        }
    }
    const Result json =
        gridbridge({"history", "--file", file, "--json", "--resolution", "day", "--from", "-7d"});
    EXPECT_EQ(json.exit_code, 0) << json.errors;
    EXPECT_THAT(json.output, HasSubstr(R"("columns":["time","import_kwh","export_kwh","estimated"])"));
}

TEST(History, SaysWhatItLacks) {
    const Folder folder;
    const auto ask = [&](std::vector<std::string> more) {
        more.insert(more.begin(), {"history", "--file", folder.path("history.db")});
        return gridbridge(more);
    };
    const Result none = ask({});
    EXPECT_EQ(none.exit_code, 69);
    EXPECT_THAT(none.errors, HasSubstr("there is no history"));
    EXPECT_EQ(ask({"--from", "yesterday"}).exit_code, 64);
    EXPECT_EQ(ask({"--csv", "--json"}).exit_code, 64);
    EXPECT_EQ(ask({"--resolution", "recent"}).exit_code, 64);
    folder.write("history.db", std::string(5000, 'x'));
    const Result broken = ask({"--from", "2026-01-31", "--to", "2026-02-01T10:30"});
    EXPECT_EQ(broken.exit_code, 74);
    EXPECT_THAT(broken.errors, HasSubstr("history.db: file is not a database"));
}

TEST(History, SwitchedOffItIsNotThere) {
    const Broker broker;
    const Folder folder;
    folder.write("gridbridge.toml", "state_dir = \"" + folder.path("state") +
                                        "\"\nportal_id = \"p\"\n[mqtt]\nservers = [\"" + broker.url() +
                                        "\"]\n[status]\nlisten = \"\"\n[history]\nenabled = false\n");
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:" + std::to_string(free_port()));
    Subscriber subscriber(broker);
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml"), "--meter",
                     "cg+" + meter.uri});
    EXPECT_TRUE(subscriber.newest("grid/30/Ac/Power"));
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(), 0) << service.errors();
    EXPECT_TRUE(std::filesystem::exists(folder.path("state/settings.json")));
    EXPECT_FALSE(std::filesystem::exists(folder.path("state/history.db")));
}

} // namespace
} // namespace gridbridge::testing_support
