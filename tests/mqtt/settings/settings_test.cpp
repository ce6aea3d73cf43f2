#include "mqtt/files/state_file.hpp"
#include "mqtt/settings/settings.hpp"
#include "mqtt/settings/settings_store.hpp"

#include "tests/fakes/folder.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

namespace gridbridge {
namespace {

TEST(Settings, InstancesAreAllocatedOnceFromThirtyUpward) {
    Settings settings;
    EXPECT_EQ(settings.instance_for("cgwacs_A", "grid", {}), 30);
    EXPECT_EQ(settings.instance_for("cgwacs_B", "grid", {}), 31);
    EXPECT_EQ(settings.instance_for("cgwacs_A", "pvinverter", {}), 30) << "classes are counted apart";
    EXPECT_EQ(settings.instance_for("p1_C", "grid", 31), 32) << "taken: the next free one";
    EXPECT_EQ(settings.instance_for("p1_D", "grid", 99), 99);
    EXPECT_EQ(settings.instance_for("cgwacs_A", "grid", 7), 30) << "what was kept wins";
    EXPECT_TRUE(settings.changed());
}

TEST(Settings, SurviveTheFile) {
    Settings settings;
    settings.set_portal_id("c0619ab40123");
    settings.instance_for("cgwacs_A", "grid", {});
    settings.set_reverse_kwh("cgwacs_A", {1.5, 2.25, 3.125});
    settings.set_announced("cgwacs_A", true);
    settings.device("cgwacs_B");
    settings.set_service_id("1-2");
    settings.add_published({"c0619ab40123", "homeassistant", true});
    settings.add_published({"c0619ab40123", "homeassistant", true});
    settings.add_published({"old", "", false});
    settings.set_place("cgwacs_B", "here");
    settings.set_place("cgwacs_A", "here");
    settings.set_to_withdraw({"OLD", "OLDER"});
    settings.saved();
    const auto again = Settings::from_json(settings.to_json());
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->changed());
    EXPECT_EQ(again->portal_id(), "c0619ab40123");
    EXPECT_EQ(again->reverse_kwh("cgwacs_A"), (PhaseEnergies{1.5, 2.25, 3.125}));
    EXPECT_EQ(again->service_id(), "1-2");
    EXPECT_EQ(again->published(), (std::vector<Settings::Published>{{"c0619ab40123", "homeassistant", true},
                                                                    {"old", "", false}}));
    EXPECT_TRUE(again->find("cgwacs_A")->announced);
    EXPECT_EQ(again->find("cgwacs_A")->place, "here");
    EXPECT_EQ(again->find("cgwacs_B")->place, "") << "another is there now";
    EXPECT_EQ(again->to_withdraw(), (std::set<std::string>{"OLD", "OLDER"}));
    EXPECT_FALSE(again->find("cgwacs_B")->announced);
    Settings copy = *again;
    EXPECT_EQ(copy.instance_for("p1_B", "grid", {}), 31) << "never reused for another meter";
}

TEST(Settings, KeepTheCountersOfAMeterThatIsFormedOfOthers) {
    Settings settings;
    const Settings::Carried carried{{{"energy_forward", -0.5}},
                                    {{"energy_forward", 3}},
                                    {{"A", {{"energy_forward", 100.25}}}},
                                    "A",
                                    {"energy_forward"}};
    settings.set_carried("combine_Rest", carried);
    EXPECT_TRUE(settings.changed());
    const auto again = Settings::from_json(settings.to_json());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->find("combine_Rest")->carried, carried);
    const auto odd = Settings::from_json(
        R"({"version":2,"devices":{"x":{"carried":{"values":{"a":"b","c":1e12},"marks":{"a":-1},)"
        R"("members":{"m":[],"n":{"d":-1}}}}}})");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->find("x")->carried, (Settings::Carried{{}, {}, {{"n", {}}}, {}, {}}));
}

TEST(Settings, KeepNettedEnergyOrNothingOfIt) {
    Settings settings;
    const NettedEnergy::Kept netted{1.5, 2.5, 1.6, 2.6, 100, 50, -3, 0.001, false};
    settings.set_netted("p1_A", netted);
    EXPECT_TRUE(settings.changed());
    const std::string text = settings.to_json();
    EXPECT_EQ(Settings::from_json(text)->find("p1_A")->netted, netted);
    std::string damaged = text;
    damaged.replace(damaged.find("\"offset\": -3.0"), 14, "\"offset\": \"3\"");
    EXPECT_EQ(Settings::from_json(damaged)->find("p1_A")->netted, std::nullopt);
}

TEST(Settings, KeepTheDemandOfADevice) {
    Settings settings;
    const Settings::Demand demand{15, 1'800'000'000, 0.25, 1234.567, 24323, 4100.5};
    settings.set_demand("p1_E1", demand);
    const auto again = Settings::from_json(settings.to_json());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->find("p1_E1")->demand, demand);
    const auto odd =
        Settings::from_json(R"({"version":2,"devices":{"x":{"demand":{"minutes":"a","kwh":-1}}}})");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->find("x")->demand, Settings::Demand{});
}

TEST(Settings, WhatNoMeterCountsIsNotBelieved) {
    const auto settings = Settings::from_json(
        R"({"version":2,"devices":{"p1_A":{"counters":{"EnergyForward":1e308,"EnergyReverse":-1,"Volume":12.5},)"
        R"("reverse_kwh":[1e12,5,-3]}}})");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->find("p1_A")->counters, (std::map<std::string, double>{{"Volume", 12.5}}));
    EXPECT_EQ(settings->reverse_kwh("p1_A"), (PhaseEnergies{std::nullopt, 5.0, std::nullopt}));
}

TEST(Settings, WhatIsTooLargeOrTooDeepIsNoSettingsFile) {
    const std::string deep(100000, '[');
    EXPECT_FALSE(Settings::from_json(R"({"version":2,"x":)" + deep + "}"));
    EXPECT_FALSE(Settings::from_json(R"({"version":2,"x":")" + std::string(2000000, 'x') + "\"}"));
    std::string many = R"({"version":2,"devices":{"p1_0":{})";
    for (int i = 1; i < 3000; ++i) {
        many += ",\"p1_" + std::to_string(i) + "\":{}";
    }
    const auto settings = Settings::from_json(many + "}}");
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->devices().size(), Settings::max_devices);
}

TEST(Settings, RememberTheNewestFormerConfigurationsOnly) {
    Settings settings;
    for (int i = 0; i < 100; ++i) {
        settings.add_published({"p" + std::to_string(i), "", false});
    }
    ASSERT_EQ(settings.published().size(), 8U);
    EXPECT_EQ(settings.published().back().portal_id, "p99");
    settings.saved();
    settings.forget_published({"p1", "", false});
    EXPECT_FALSE(settings.changed());
    settings.forget_published({"p99", "", false});
    EXPECT_TRUE(settings.changed());
    EXPECT_EQ(settings.published().back().portal_id, "p98");
}

TEST(Settings, OtherTransformersRebaseWhatIsKept) {
    Settings settings;
    settings.set_counters("cgwacs_A", {{"energy_forward", 100.0}, {"power_failures", 3.0}});
    settings.set_reverse_kwh("cgwacs_A", {1.5, std::nullopt, 0.0});
    settings.saved();
    settings.set_energy_ratio("cgwacs_A", 1);
    EXPECT_FALSE(settings.changed());
    settings.set_energy_ratio("cgwacs_A", 40);
    EXPECT_TRUE(settings.changed());
    auto again = Settings::from_json(settings.to_json());
    ASSERT_TRUE(again);
    again->set_energy_ratio("cgwacs_A", 40);
    const std::map<std::string, double> counters{{"energy_forward", 4000.0}, {"power_failures", 3.0}};
    EXPECT_EQ(again->find("cgwacs_A")->counters, counters);
    EXPECT_EQ(again->reverse_kwh("cgwacs_A"), (PhaseEnergies{60.0, std::nullopt, 0.0}));
    again->set_energy_ratio("cgwacs_A", 20);
    EXPECT_EQ(again->find("cgwacs_A")->counters.at("energy_forward"), 2000);
    for (const char* odd : {"0", "-1", "1e300", "\"x\"", "null"}) {
        const auto read =
            Settings::from_json(R"({"version":2,"devices":{"a":{"energy_ratio":)" + std::string(odd) + "}}}");
        ASSERT_TRUE(read);
        EXPECT_EQ(read->find("a")->energy_ratio, 1) << odd;
    }
}

TEST(Settings, TellAPhaseThatExportedNothingFromOneNeverCounted) {
    Settings settings;
    settings.set_reverse_kwh("cgwacs_A", {100.0, 0.0, std::nullopt});
    const auto again = Settings::from_json(settings.to_json());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->reverse_kwh("cgwacs_A"), (PhaseEnergies{100.0, 0.0, std::nullopt}));
    EXPECT_EQ(again->reverse_kwh("cgwacs_B"), PhaseEnergies{});
    const auto older = Settings::from_json(R"({"version":2,"devices":{"cgwacs_A":{"reverse_kwh":[0,0,0]}}})");
    ASSERT_TRUE(older);
    EXPECT_EQ(older->reverse_kwh("cgwacs_A"), PhaseEnergies{}) << "how earlier programs wrote \"never\"";
}

TEST(Settings, WrittenAndReadAgainAreTheSameWhateverPhasesHaveCounted) {
    for (int counts = 0; counts < 27; ++counts) {
        PhaseEnergies phases{};
        for (int phase = 0, rest = counts; phase < 3; ++phase, rest /= 3) {
            if (rest % 3 != 0) {
                phases.at(static_cast<std::size_t>(phase)) = rest % 3 == 1 ? 0.0 : 7.5;
            }
        }
        Settings settings;
        settings.set_reverse_kwh("cgwacs_A", phases);
        const auto again = Settings::from_json(settings.to_json());
        ASSERT_TRUE(again);
        EXPECT_EQ(again->to_json(), settings.to_json());
        const bool all_zero = phases == PhaseEnergies{0.0, 0.0, 0.0};
        EXPECT_EQ(again->reverse_kwh("cgwacs_A"), all_zero ? PhaseEnergies{} : phases) << counts;
    }
}

TEST(Settings, OddFilesGiveNothingOrDefaults) {
    for (const char* text :
         {"", "{", "[]", "7", "{}", R"({"version":"x"})", R"({"version":2,"devices":null})",
          R"({"version":2,"devices":[]})", R"({"version":2,"devices":"x"})"}) {
        EXPECT_FALSE(Settings::from_json(text)) << text;
    }
    const auto odd = Settings::from_json(
        R"({"version":9,"new":1,"portal_id":7,"devices":{"a":{"instances":{"grid":"x","acload":-4},"reverse_kwh":"y"},"b":[],"c":{"instances":[1]}}})");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->portal_id(), "");
    Settings settings = *odd;
    EXPECT_EQ(settings.instance_for("a", "grid", {}), 30);
}

TEST(StateFile, IsReplacedAsAWhole) {
    const TestFolder folder;
    const StateFile file(folder.path() + "/deep/state");
    EXPECT_EQ(file.load(), std::nullopt);
    EXPECT_EQ(file.why_not_writable(), "");
    file.save("one");
    file.save("two");
    EXPECT_EQ(file.load(), "two");
    EXPECT_FALSE(std::filesystem::exists(file.path() + ".new"));
    struct stat info {};
    ASSERT_EQ(stat(file.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(StateFile, AWriteThatFailsLeavesTheOldOne) {
    const TestFolder folder;
    const StateFile file(folder.path());
    file.save("old");
    std::filesystem::create_directory(file.path() + ".new"); // in the way of the temporary file
    EXPECT_THROW(file.save("new"), std::runtime_error);
    EXPECT_EQ(file.load(), "old");
}

TEST(StateFile, SaysWhyItCannotWrite) {
    const TestFolder folder;
    std::ofstream(folder.path() + "/file") << "x";
    EXPECT_NE(StateFile(folder.path() + "/file/state").why_not_writable(), "");
    EXPECT_NE(StateFile("").why_not_writable(), "");
}

TEST(Settings, KeepWhatClientsWroteAndWhatALaterProgramKnows) {
    const char* const text =
        R"({"version":3,"later":{"x":[1]},"portal_id":"p","devices":{"cgwacs_A":{"class":"grid",
        "role_is_written":true,"instances":{"grid":42},"written":{"CustomName":"n","Position":2,"Odd":[1]},
        "meter":{"supports_multiphase":true},"counters":{"energy_forward":12.5,"x":"y"},"new":7}}})";
    auto settings = Settings::from_json(text);
    ASSERT_TRUE(settings);
    settings = Settings::from_json(settings->to_json());
    ASSERT_TRUE(settings);
    EXPECT_EQ(settings->read_version(), Settings::file_version);
    const Settings::Device* const device = settings->find("cgwacs_A");
    ASSERT_NE(device, nullptr);
    EXPECT_TRUE(device->role_is_written);
    EXPECT_EQ(settings->value("cgwacs_A", "CustomName"), SettingValue("n"));
    EXPECT_EQ(settings->value("cgwacs_A", "Position"), SettingValue(2));
    EXPECT_EQ(settings->value("cgwacs_A", "Odd"), std::nullopt);
    EXPECT_EQ(device->counters, (std::map<std::string, double>{{"energy_forward", 12.5}}));
    EXPECT_NE(settings->to_json().find("\"later\""), std::string::npos);
    EXPECT_NE(settings->to_json().find("\"new\": 7"), std::string::npos);
}

class SettingsStore : public testing::Test {
  protected:
    Settings load(bool keep = true) {
        return load_settings(folder_.path(), keep,
                             [this](LogLevel, std::string_view, std::string_view message) {
                                 log_ += std::string(message) + "\n";
                             });
    }
    static std::string with_portal(const std::string& id, int version = Settings::file_version) {
        return "{\"version\":" + std::to_string(version) + ",\"portal_id\":\"" + id + "\"}";
    }
    TestFolder folder_;
    StateFile file_{folder_.path()};
    std::string log_;
};

// What was kept at the end counts for one start only: more is told after it, and the next end may be a power
// cut.
TEST_F(SettingsStore, AnEndIsTakenOffTheDiskBeforeAnythingIsTold) {
    Settings settings;
    settings.set_portal_id("p");
    settings.end();
    file_.save(settings.to_json());
    EXPECT_TRUE(load(false).has_ended());
    EXPECT_TRUE(load(false).has_ended()) << "who only looks changes nothing";
    const Settings run = load();
    EXPECT_TRUE(run.has_ended());
    EXPECT_TRUE(Settings::from_json(run.starting_json())->has_ended()) << "for a replay";
    EXPECT_FALSE(load().has_ended()) << "killed at once";
}

TEST_F(SettingsStore, AnEndThatTheDiskDoesNotForgetIsNone) {
    Settings settings;
    settings.set_portal_id("p");
    settings.end();
    file_.save(settings.to_json());
    std::filesystem::create_directory(folder_.path() + "/settings.json.new");
    std::filesystem::create_directory(folder_.path() + "/settings.json.new/x"); // cannot be written
    EXPECT_FALSE(load().has_ended());
    EXPECT_NE(log_.find("settings.json"), std::string::npos);
}

TEST_F(SettingsStore, TheLastGoodCopyIsNoEnd) {
    Settings settings;
    settings.set_portal_id("p");
    settings.end();
    file_.save(settings.to_json());
    load(); // its save keeps the one before
    std::ofstream(file_.path()) << "damaged";
    EXPECT_FALSE(load().has_ended());
}

TEST_F(SettingsStore, AnOlderFileIsTakenOver) {
    file_.save(
        R"({"version":1,"portal_id":"p","devices":{"cgwacs_A":{"instances":{"grid":31},"reverse_kwh":[1,2,3]}}})");
    Settings settings = load();
    EXPECT_EQ(settings.instance_for("cgwacs_A", "grid", {}), 31);
    EXPECT_EQ(settings.reverse_kwh("cgwacs_A")[2], 3.0);
    EXPECT_TRUE(settings.changed()) << "is written in the new form";
}

TEST_F(SettingsStore, ANewerFileIsKeptAside) {
    file_.save(with_portal("new", 9));
    EXPECT_EQ(load(false).portal_id(), "new");
    EXPECT_FALSE(std::filesystem::exists(file_.path() + ".v9"));
    EXPECT_EQ(load().portal_id(), "new");
    EXPECT_NE(log_.find("newer program (version 9)"), std::string::npos);
    file_.save(with_portal("other"));
    std::ifstream aside(file_.path() + ".v9");
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(aside), {}), with_portal("new", 9));
}

TEST_F(SettingsStore, TheLastGoodCopyReplacesABrokenFile) {
    file_.save(with_portal("one"));
    file_.save(with_portal("two"));
    EXPECT_EQ(file_.load_last_good(), with_portal("one"));
    std::ofstream(file_.path()) << "";
    EXPECT_EQ(load(false).portal_id(), "one");
    const Settings settings = load();
    EXPECT_EQ(settings.portal_id(), "one");
    EXPECT_TRUE(settings.changed());
    EXPECT_NE(log_.find("starting with the last good copy"), std::string::npos);
    EXPECT_TRUE(std::filesystem::exists(file_.path() + ".bad"));
}

TEST_F(SettingsStore, DefaultsWhenThereIsNoCopy) {
    std::ofstream(file_.path()) << "{ half";
    EXPECT_EQ(load().portal_id(), "");
    EXPECT_NE(log_.find("starting with defaults"), std::string::npos);
}

// A process that saves without a pause, each time with the next number as a name, until it is killed.
class SavingProcess {
  public:
    // Returns when it has saved once: on a busy machine a new process takes its time to begin.
    SavingProcess(const StateFile& file, int from) {
        std::array<int, 2> ends{};
        EXPECT_EQ(::pipe(ends.data()), 0);
        pid_ = fork();
        if (pid_ == 0) {
            Settings settings;
            for (int number = from;; ++number) {
                settings.write("cgwacs_A", "CustomName", std::to_string(number) + std::string(2000, 'x'));
                file.save(settings.to_json());
                static_cast<void>(::write(ends[1], "", number == from ? 1 : 0));
            }
        }
        ::close(ends[1]);
        char byte = 0;
        EXPECT_EQ(::read(ends[0], &byte, 1), 1);
        ::close(ends[0]);
    }
    void kill_after(std::chrono::microseconds time) const {
        const auto begin = std::chrono::steady_clock::now();
        while (std::chrono::steady_clock::now() - begin < time) {
            std::this_thread::yield();
        }
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

  private:
    pid_t pid_ = -1;
};

// The number saved last; nothing unless the text is exactly what was saved.
std::optional<int> saved_number(const std::optional<std::string>& text) {
    const auto settings = text ? Settings::from_json(*text) : std::nullopt;
    const auto name = settings ? settings->value("cgwacs_A", "CustomName") : std::nullopt;
    if (!name || *text != settings->to_json()) {
        return std::nullopt;
    }
    const std::string& kept = std::get<std::string>(*name);
    return kept.size() > 2000 ? std::optional(std::stoi(kept)) : std::nullopt;
}

TEST_F(SettingsStore, AProcessKilledTwoHundredTimesWhileItSavesLeavesAWrittenState) {
    const std::string temporary = file_.path() + ".new";
    std::minstd_rand random(1);
    Settings first;
    first.write("cgwacs_A", "CustomName", "0" + std::string(2000, 'x'));
    file_.save(first.to_json());
    int known = 0;
    int in_the_middle = 0;
    for (int round = 0; round < 200; ++round) {
        SavingProcess(file_, known + 1).kill_after(std::chrono::microseconds(random() % 20000));
        in_the_middle += std::filesystem::exists(temporary) ? 1 : 0;
        std::filesystem::remove(temporary);
        const auto now = saved_number(file_.load());
        ASSERT_TRUE(now) << "round " << round;
        ASSERT_GE(*now, known) << "never an older state";
        ASSERT_TRUE(known == 0 || saved_number(file_.load_last_good())) << "round " << round;
        known = *now;
    }
    load();
    EXPECT_EQ(log_, "") << "nothing to say about the file";
    EXPECT_GT(in_the_middle, 20) << "few of the kills hit a write: " << known << " writes ended";
    std::printf("%d of 200 kills left a half-done write, %d writes ended\n", in_the_middle, known);
}

TEST(StateFile, BrokenFilesAreSetAside) {
    const TestFolder folder;
    const StateFile file(folder.path());
    file.save("garbage");
    const std::string aside = file.set_aside();
    EXPECT_EQ(file.load(), std::nullopt);
    EXPECT_TRUE(std::filesystem::exists(aside));
}

} // namespace
} // namespace gridbridge
