// Instances by the order of the configuration, one service per state directory, and meters gone for good.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <fstream>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

// A Carlo Gavazzi meter that can be taken away, and one that stays.
struct TwoMeters {
    TwoMeters() { write_config(2); }

    void write_config(int vanish_after) const {
        folder.write("gridbridge.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                            "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                            "\"]\n[venus]\nvanish_after = " + std::to_string(vanish_after) +
                                            "\n[status]\nlisten = \"\"\n[[meter]]\nuri = \"cg+rtu://" +
                                            folder.path("port") + "\"\n[[meter]]\nuri = \"cg+" + second.uri +
                                            "\"\n");
    }
    std::unique_ptr<SimulatedMeter> plug_in() const {
        return std::make_unique<SimulatedMeter>("em24", "rtu://" + folder.path("port"));
    }
    std::unique_ptr<Process> start() const {
        return std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    }
    Result forget(const std::string& serial) const {
        return gridbridge({"forget", serial, "--config", folder.path("gridbridge.toml")});
    }
    nlohmann::json state() const {
        std::ifstream file(folder.path("state/settings.json"));
        return nlohmann::json::parse(file, nullptr, false);
    }

    const Broker broker;
    const Folder folder;
    const SimulatedMeter second{"em540", "tcp://127.0.0.1:0"};
    const std::string first_serial = "BX1230010001S";
    const std::string status = "gridbridge/p/meter/BX1230010001S/status";
};

TEST(Forget, InstancesFollowTheConfigurationAlsoWhenTheFirstMeterComesLast) {
    const TwoMeters world;
    Subscriber subscriber(world.broker);
    const auto service = world.start();
    EXPECT_TRUE(subscriber.newest("grid/31/Ac/Power")) << service->errors();
    const auto first = world.plug_in();
    EXPECT_EQ(subscriber.newest("grid/30/Serial"), R"({"value":"BX1230010001S"})") << service->errors();
}

TEST(Forget, TheServiceForgetsAMeterThatIsGone) {
    const TwoMeters world;
    auto first = world.plug_in();
    Subscriber subscriber(world.broker);
    const auto service = world.start();
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service->errors();
    const Result present = world.forget(world.first_serial);
    EXPECT_EQ(present.exit_code, 65);
    EXPECT_THAT(present.errors, HasSubstr("BX1230010001S is not forgotten: it is there"));
    const Result unknown = world.forget("NEVER_SEEN");
    EXPECT_EQ(unknown.exit_code, 65);
    EXPECT_THAT(unknown.errors, HasSubstr("no meter with the serial number \"NEVER_SEEN\" is known"));
    first.reset();
    ASSERT_TRUE(service->wait_for_line("gone: its topics are cleared")) << service->errors();
    const Result forgotten = world.forget(world.first_serial);
    EXPECT_EQ(forgotten.exit_code, 0) << forgotten.errors;
    EXPECT_EQ(forgotten.output, "forgot BX1230010001S\n");
    EXPECT_TRUE(subscriber.wait_for(world.status, ""));
    EXPECT_TRUE(subscriber.wait_for("homeassistant/device/gridbridge_BX1230010001S/config", ""));
    EXPECT_TRUE(service->wait_for_line("forgot \"BX1230010001S\""));
    service->signal(SIGTERM);
    EXPECT_EQ(service->wait(), 0);
    EXPECT_FALSE(world.state()["devices"].contains("cgwacs_BX1230010001S")) << world.state();
    const Subscriber retained(world.broker, "#");
    for (const Arrived& message : retained.all()) {
        EXPECT_FALSE(message.retained && message.topic.find(world.first_serial) != std::string::npos)
            << message.topic << " " << message.payload;
    }
}

TEST(Forget, WithoutAServiceTheFileIsEditedAndTheNextOneWithdrawsTheRest) {
    const TwoMeters world;
    auto first = world.plug_in();
    Subscriber subscriber(world.broker);
    auto service = world.start();
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service->errors();
    service->signal(SIGTERM);
    EXPECT_EQ(service->wait(), 0);
    first.reset();
    ASSERT_TRUE(world.state()["devices"].contains("cgwacs_BX1230010001S")) << world.state();
    EXPECT_EQ(world.forget("NEVER_SEEN").exit_code, 65);
    const Result forgotten = world.forget(world.first_serial);
    EXPECT_EQ(forgotten.exit_code, 0) << forgotten.errors;
    EXPECT_THAT(forgotten.output, HasSubstr("forgot BX1230010001S; the service takes it at its next start"));
    EXPECT_FALSE(world.state()["devices"].contains("cgwacs_BX1230010001S")) << world.state();
    EXPECT_EQ(world.state()["device_ids"], "");
    subscriber.forget();
    service = world.start();
    EXPECT_TRUE(subscriber.wait_for(world.status, "")) << service->errors();
    EXPECT_TRUE(subscriber.wait_for("homeassistant/device/gridbridge_BX1230010001S/config", ""));
}

TEST(Forget, SaysThatNobodyAnswers) {
    const TwoMeters world;
    const Result silent = world.forget(world.first_serial);
    EXPECT_EQ(silent.exit_code, 69);
    EXPECT_THAT(silent.errors, HasSubstr("no answer: does a service run with this broker and portal id?"));
    const Result no_broker =
        gridbridge({"forget", world.first_serial, "--config", world.folder.path("gridbridge.toml"), "--mqtt",
                    "mqtt://127.0.0.1:1"});
    EXPECT_EQ(no_broker.exit_code, 69);
    EXPECT_THAT(no_broker.errors, HasSubstr("cannot connect to mqtt://127.0.0.1:1"));
    EXPECT_EQ(gridbridge({"forget"}).exit_code, 64);
    EXPECT_EQ(gridbridge({"forget", "A", "B"}).exit_code, 64);
    EXPECT_EQ(gridbridge({"forget", "A", "--config", "/does/not/exist"}).exit_code, 78);
}

TEST(StateDirectory, BelongsToOneServiceAlsoAcrossAReload) {
    const TwoMeters world;
    const auto service = world.start();
    ASSERT_TRUE(service->wait_for_line("portal id p,")) << service->errors();
    const auto other = world.start();
    EXPECT_EQ(other->wait(), 74);
    EXPECT_THAT(other->errors(), HasSubstr("another gridbridge keeps its settings there: stop it, or set "
                                           "another state_dir"));
    world.write_config(3);
    service->signal(SIGHUP);
    ASSERT_TRUE(service->wait_for_line("reloaded")) << service->errors();
    Subscriber subscriber(world.broker);
    EXPECT_TRUE(subscriber.newest("grid/31/Ac/Power")) << service->errors();
    EXPECT_EQ(world.start()->wait(), 74) << "the new service has it";
    service->signal(SIGKILL);
    service->wait();
    const auto next = world.start();
    EXPECT_TRUE(next->wait_for_line("portal id p,")) << next->errors();
}

} // namespace
} // namespace gridbridge::testing_support
