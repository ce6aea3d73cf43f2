// The recorder of the service: what went wrong is kept, and what is on disk says the same again.
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/silent_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge::testing_support {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

constexpr const char* em24 = "BX1230010001S";
constexpr const char* p1_meter = "E0044000000000001";
constexpr const char* p1_meter_hex = "4530303434303030303030303030303031";

struct RecordingService {
    explicit RecordingService(const std::string& recorder = {}) {
        modbus.emplace("em24", "tcp://127.0.0.1:0");
        modbus_uri = modbus->uri;
        configure(recorder);
        start();
    }
    void configure(const std::string& recorder) const {
        folder.write("c.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                   "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                   "\"]\n[status]\nlisten = \"127.0.0.1:" + std::to_string(port) +
                                   "\"\n[recorder]\n" + recorder + "[[meter]]\nuri = \"cg+" + modbus_uri +
                                   "?interval=250\"\n[[meter]]\nuri = \"p1+" + stream.uri + "\"\n");
    }
    void start() {
        process = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("c.toml")});
    }
    Result ask(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), GRIDBRIDGE_PROGRAM);
        arguments.insert(arguments.end(), {"--config", folder.path("c.toml")});
        return run(arguments);
    }
    // Some seconds of both meters.
    bool reads(int readings) {
        int modbus_heard = 0;
        int stream_heard = 0;
        return subscriber.wait_for([&](const Arrived& message) {
            modbus_heard += message.topic == "N/p/grid/30/Ac/L1/Power" ? 1 : 0;
            stream_heard += message.topic == "N/p/grid/31/Ac/L1/Voltage" ? 1 : 0;
            return modbus_heard >= readings && stream_heard >= 3;
        });
    }

    Broker broker;
    Folder folder;
    int port = free_port();
    std::optional<SimulatedMeter> modbus;
    std::string modbus_uri; // also when it is gone
    SimulatedMeter stream{"p1", "tcp://127.0.0.1:0"};
    Subscriber subscriber{broker};
    std::unique_ptr<Process> process;
};

Result replay(const std::string& file, const std::vector<std::string>& more) {
    std::vector<std::string> arguments{GRIDBRIDGE_PROGRAM, "replay", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
}

std::string only_file(const std::string& folder) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        return entry.path().string();
    }
    return {};
}

TEST(Recorder, KeepsTheMinuteBeforeALossAndReplaysIt) {
    RecordingService service;
    ASSERT_TRUE(service.subscriber.wait_for("gridbridge/p/incidents", "[]"));
    EXPECT_THAT(service.ask({"incidents"}).errors, HasSubstr("nothing has happened"));
    ASSERT_TRUE(service.reads(20));
    service.modbus.reset();
    const auto is_loss = [](const Arrived& message) {
        return message.topic == "gridbridge/p/incidents" &&
               message.payload.find(R"("cause":"lost")") != std::string::npos;
    };
    ASSERT_TRUE(service.subscriber.wait_for(is_loss));
    const Result list = service.ask({"incidents"});
    EXPECT_THAT(list.output, HasSubstr(std::string(em24) + "  lost  "));
    const std::string file = service.folder.path("lost.pcapng.zst");
    const Result saved = service.ask({"incidents", "1", "--output", file});
    ASSERT_EQ(saved.exit_code, 0) << saved.errors;
    const Result compared = replay(file, {"--compare"});
    EXPECT_EQ(compared.exit_code, 0) << compared.output << compared.errors;
    EXPECT_THAT(compared.output, HasSubstr("readings are equal to the last bit"));
    EXPECT_THAT(compared.output, Not(HasSubstr("other times"))) << "it began less than a minute before";

    service.configure("memory = \"2 MB\"\n");
    service.subscriber.forget();
    service.process->signal(SIGHUP);
    ASSERT_TRUE(service.process->wait_for_line("config: reloaded")) << service.process->errors();
    ASSERT_TRUE(service.subscriber.wait_for(is_loss)) << "said by the next service";
    EXPECT_THAT(service.ask({"incidents"}).output, HasSubstr("lost")) << "longer than a service";
    EXPECT_EQ(service.ask({"incidents", "99", "--output", file}).exit_code, 69);
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0) << service.process->errors();
    EXPECT_EQ(service.ask({"incidents"}).exit_code, 69);
}

TEST(Recorder, WhatIsOnDiskSaysTheSameAgainAlsoAfterAKill) {
    RecordingService service("enabled = true\nmessages = true\n");
    ASSERT_TRUE(service.reads(20));
    service.broker.publish("W/p/grid/30/CustomName", R"({"value":"Cellar"})");
    ASSERT_TRUE(service.subscriber.wait_for("N/p/grid/30/CustomName", R"({"value":"Cellar"})"));
    service.subscriber.forget();
    ASSERT_TRUE(service.reads(8)); // what was written before is on the disk a second later
    service.process->signal(SIGKILL);
    service.process->wait();
    const std::string folder = service.folder.path("state/recordings");
    const Result compared = replay(folder, {"--compare"});
    EXPECT_EQ(compared.exit_code, 0) << compared.output << compared.errors;
    EXPECT_THAT(compared.output, HasSubstr("readings are equal to the last bit"));
    EXPECT_THAT(replay(folder, {}).output, HasSubstr(R"( N/p/grid/30/CustomName {"value":"Cellar"})"))
        << "clients are heard again";

    const Result decoded = run({GRIDBRIDGE_PROGRAM, "decode", "p1", only_file(folder)});
    EXPECT_EQ(decoded.exit_code, 0) << decoded.errors;
    EXPECT_THAT(decoded.output, HasSubstr(p1_meter_hex)) << "each telegram";

    service.subscriber.forget();
    service.start(); // another run, in the same folder
    ASSERT_TRUE(service.reads(8));
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0) << service.process->errors();
    const Result last = replay(folder, {"--compare"});
    EXPECT_EQ(last.exit_code, 0) << "the last run: " << last.output << last.errors;
}

unsigned crc_of(std::string_view telegram) {
    unsigned crc = 0;
    for (const char character : telegram) {
        crc ^= static_cast<unsigned char>(character);
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xA001U : crc >> 1U;
        }
    }
    return crc;
}

// The last digit of the voltage of L1 in each telegram is another one. Returns how many there were.
int change_voltages(std::string& bytes) {
    const std::string voltage = "1-0:32.7.0(";
    int count = 0;
    for (auto at = bytes.find(voltage); at != std::string::npos; at = bytes.find(voltage, at + 1), ++count) {
        char& digit = bytes[at + voltage.size() + 4];
        digit = digit == '9' ? '8' : '9';
        const auto begin = bytes.rfind('/', bytes.rfind("1-3:0.2.8", at));
        const auto end = bytes.find('!', at) + 1;
        std::array<char, 5> crc{};
        std::snprintf(crc.data(), crc.size(), "%04X",
                      crc_of(std::string_view(bytes).substr(begin, end - begin)));
        bytes.replace(end, 4, crc.data());
    }
    return count;
}

// As a decoder would that has changed.
TEST(Recorder, ADifferenceIsShownAsMeterPathWasAndIs) {
    RecordingService service("enabled = true\nmessages = true\n");
    ASSERT_TRUE(service.reads(8));
    service.process->signal(SIGTERM);
    ASSERT_EQ(service.process->wait(), 0) << service.process->errors();
    const std::string file = only_file(service.folder.path("state/recordings"));
    std::ifstream in(file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    ASSERT_GE(change_voltages(bytes), 3);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
    const Result compared = replay(file, {"--compare"});
    EXPECT_EQ(compared.exit_code, 65) << compared.output << compared.errors;
    EXPECT_THAT(compared.output, ContainsRegex("grid/31  Ac/L1/Voltage  was .\"value\":2[0-9.]+.  is "
                                               ".\"value\":2[0-9.]+.  at [0-9.]+ s and [0-9]+ times more"));
    EXPECT_THAT(compared.output,
                HasSubstr(std::string(" readings differ, the first is that of ") + p1_meter));
    EXPECT_THAT(compared.output, Not(HasSubstr("Ac/L2/Voltage"))) << "another path";
    EXPECT_THAT(compared.output, Not(HasSubstr("grid/30  "))) << "the other meter says the same";
}

// Whatever is written in it, each file.
std::string all_text_in(const std::string& folder) {
    std::string all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            std::ifstream in(entry.path(), std::ios::binary);
            all += entry.path().filename().string();
            all.append(std::istreambuf_iterator<char>(in), {});
        }
    }
    return all;
}

TEST(Recorder, ABundleNamesNobodyAndReplaysToTheSameNumbers) {
    RecordingService service("enabled = true\n");
    ASSERT_TRUE(service.reads(8));
    service.broker.publish("W/p/grid/30/CustomName", R"({"value":"Grossmutters Keller"})");
    ASSERT_TRUE(service.subscriber.wait_for("N/p/grid/30/CustomName", R"({"value":"Grossmutters Keller"})"));
    service.subscriber.forget();
    ASSERT_TRUE(service.reads(12));
    const std::string file = service.folder.path("report.tar.zst");
    for (const bool is_running : {true, false}) {
        if (!is_running) {
            service.process->signal(SIGTERM);
            EXPECT_EQ(service.process->wait(), 0) << service.process->errors();
        }
        const Result made = service.ask({"bundle", "--output", file});
        ASSERT_EQ(made.exit_code, 0) << made.errors;
        EXPECT_EQ(made.errors.find("nobody listens") == std::string::npos, is_running) << made.errors;
        const std::string folder = service.folder.path(is_running ? "one" : "other");
        std::filesystem::create_directory(folder);
        ASSERT_EQ(run({"tar", "--zstd", "-xf", file, "-C", folder}).exit_code, 0);
        const std::string text = all_text_in(folder);
        for (const std::string_view part : {"README.txt", "config.toml", "EM24", "/ISK5", "1-0:1.7.0("}) {
            EXPECT_THAT(text, HasSubstr(std::string(part))) << is_running;
        }
        // The P1 meter tells its number in hexadecimal digits, the gas meter too.
        for (const std::string_view secret : {em24, p1_meter, "Grossmutters", "Keller", p1_meter_hex,
                                              "G0039001396906019", "4730303339303031333936393036303139"}) {
            EXPECT_THAT(text, Not(HasSubstr(std::string(secret)))) << is_running;
        }
        const Result compared = replay(only_file(folder + "/recordings"), {"--compare"});
        EXPECT_EQ(compared.exit_code, 0) << compared.output << compared.errors;
        EXPECT_THAT(compared.output, ContainsRegex("^[0-9][0-9]+ readings are equal to the last bit"));
    }
}

TEST(Recorder, ABundleIsMadeOfTheDiskWhenWhoListensIsSilent) {
    const SilentPort silent;
    const Folder folder;
    folder.write("c.toml", "state_dir = \"" + folder.path("state") + "\"\n[status]\nlisten = \"127.0.0.1:" +
                               std::to_string(silent.port()) + "\"\n");
    const std::string file = folder.path("report.tar.zst");
    const Result made = run({GRIDBRIDGE_PROGRAM, "bundle", "--config", folder.path("c.toml"), "-o", file});
    EXPECT_EQ(made.exit_code, 0) << made.errors;
    EXPECT_THAT(made.errors, HasSubstr("no answer in time; without its log and its memory"));
    EXPECT_TRUE(std::filesystem::exists(file));
    for (const char* verb : {"bundle", "incidents", "health"}) {
        std::vector<std::string> command{GRIDBRIDGE_PROGRAM, verb, "--config", folder.path("none.toml")};
        if (verb == std::string("bundle")) {
            command.insert(command.end(), {"-o", file});
        }
        const Result refused = run(command);
        EXPECT_EQ(refused.exit_code, 78) << verb << refused.errors;
        EXPECT_THAT(refused.errors, HasSubstr("none.toml")) << verb;
    }
}

TEST(Recorder, AFolderThatIsNotThereStopsNothing) {
    RecordingService service("enabled = true\ndir = \"/proc/none/recordings\"\n");
    ASSERT_TRUE(service.reads(8));
    ASSERT_TRUE(service.process->wait_for_line("recorder: nothing is recorded: /proc/none/recordings"))
        << service.process->errors();
    const auto says_so = [](const Arrived& message) {
        return message.topic == "gridbridge/p/health" &&
               message.payload.find("nothing is recorded") != std::string::npos;
    };
    EXPECT_TRUE(service.subscriber.wait_for(says_so));
    service.subscriber.forget();
    EXPECT_TRUE(service.reads(8));
}

TEST(Recorder, IsPublishedAgainByAReplay) {
    RecordingService service("enabled = true\n");
    ASSERT_TRUE(service.reads(8));
    service.process->signal(SIGTERM);
    ASSERT_EQ(service.process->wait(), 0) << service.process->errors();
    const Result said = replay(service.folder.path("state/recordings"), {"--mqtt", service.broker.url()});
    EXPECT_EQ(said.exit_code, 0) << said.errors;
    EXPECT_TRUE(service.subscriber.wait_for(
        [](const Arrived& message) { return message.topic == "N/replay/grid/30/Ac/L1/Power"; }));
    EXPECT_EQ(said.output, "");
    EXPECT_EQ(replay("x", {"--mqtt", "127.0.0.1:1", "--compare"}).exit_code, 64);
}

} // namespace
} // namespace gridbridge::testing_support
