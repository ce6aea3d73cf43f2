// What is wrong beside the main broker and a meter holds up neither.
#include "tests/fakes/silent_port.hpp"
#include "tests/integration/late_broker.hpp"
#include "tests/integration/own_disk.hpp"
#include "tests/integration/own_network.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <thread>

namespace gridbridge::testing_support {
namespace {

#define SKIP_UNLESS(network)                                                                                 \
    if (!(network).usable)                                                                                   \
    GTEST_SKIP() << "SKIPPED: this machine allows no network namespace (root and iproute2 are needed)"

// A service with a second broker, on a simulated meter.
struct Service {
    Service(const Broker& broker, const std::string& gx_server, const std::string& more = {})
        : meter("em540", "tcp://127.0.0.1:0") {
        folder.write(
            "gridbridge.toml",
            "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") + "\"\n[mqtt]\nservers = [\"" +
                broker.url() + "\"]\n" + more + "[status]\nlisten = \"\"\n" +
                (gx_server.empty() ? std::string()
                                   : "[gx]\nmode = \"mqtt-devices\"\nserver = \"" + gx_server + "\"\n") +
                "[[meter]]\nuri = \"cg+" + meter.uri + "\"\ninterval = 100\nname = \"Grid\"\n");
        process = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    }
    Folder folder;
    SimulatedMeter meter;
    std::unique_ptr<Process> process;
};

bool is_power(const Arrived& message) {
    return message.topic == "N/p/grid/30/Ac/Power" && message.payload != R"({"value":null})";
}

// That many values of the meter come.
bool gets_values(Subscriber& subscriber, int count) {
    for (int i = 0; i < count; ++i) {
        subscriber.forget();
        if (!subscriber.wait_for(is_power)) {
            return false;
        }
    }
    return true;
}

TEST(NeverWaits, AMuteNameServerOfTheGxLeavesTheMainBrokerAlone) {
    OwnNetwork network;
    network.silence_name_server();
    SKIP_UNLESS(network);
    const Broker broker;
    Subscriber subscriber(broker);
    const Service service(broker, "mqtt://venus.example");
    EXPECT_TRUE(gets_values(subscriber, 5)) << service.process->errors();
    EXPECT_FALSE(service.process->wait_for_line("host venus.example not found", std::chrono::seconds(0)))
        << "values came only after the lookup was given up";
    ASSERT_TRUE(service.process->wait_for_line("host venus.example not found")) << service.process->errors();
    EXPECT_TRUE(gets_values(subscriber, 20)) << service.process->errors();
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(std::chrono::seconds(6)), 0) << service.process->errors();
}

TEST(NeverWaits, ASecureBrokerThatIsOffLeavesTheMainBrokerAlone) {
    const OwnNetwork network;
    SKIP_UNLESS(network);
    const Broker broker;
    Subscriber subscriber(broker);
    const Service service(broker, std::string("mqtts://") + OwnNetwork::dead_host + ":8883");
    EXPECT_TRUE(gets_values(subscriber, 5)) << service.process->errors();
    ASSERT_TRUE(service.process->wait_for_line("no answer: is the broker's machine on"))
        << service.process->errors();
    EXPECT_TRUE(gets_values(subscriber, 20));
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(std::chrono::seconds(6)), 0) << service.process->errors();
}

TEST(NeverWaits, ASilentTlsPortIsNamedAndLeavesTheMainBrokerAlone) {
    const Broker broker;
    const SilentPort silent;
    Subscriber subscriber(broker);
    const Service service(broker, "mqtts://127.0.0.1:" + std::to_string(silent.port()));
    EXPECT_TRUE(gets_values(subscriber, 20)) << service.process->errors();
    EXPECT_TRUE(service.process->wait_for_line("does not answer a TLS handshake"))
        << service.process->errors();
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(std::chrono::seconds(6)), 0) << service.process->errors();
}

TEST(NeverWaits, ABrokerIsFoundThoughItsFirstAddressIsDead) {
    OwnNetwork network;
    network.name_hosts("127.0.0.1 localhost\n192.0.2.7 broker.example\n127.0.0.1 broker.example\n");
    SKIP_UNLESS(network);
    const Broker broker;
    Subscriber subscriber(broker);
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Process service({GRIDBRIDGE_PROGRAM, "run", "--mqtt",
                           "mqtt://broker.example:" + std::to_string(broker.port()), "--portal-id", "p",
                           "--state-dir", folder.path("state"), "--meter", "cg+" + meter.uri});
    EXPECT_TRUE(subscriber.wait_for(is_power)) << service.errors();
}

TEST(NeverWaits, ABrokerThatAcceptsLateIsConnected) {
    const Broker broker;
    Subscriber subscriber(broker);
    const LateBroker late(broker.port(), std::chrono::seconds(8));
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Process service({GRIDBRIDGE_PROGRAM, "run", "--mqtt",
                           "mqtt://127.0.0.1:" + std::to_string(late.port()), "--portal-id", "p",
                           "--state-dir", folder.path("state"), "--meter", "cg+" + meter.uri});
    EXPECT_TRUE(subscriber.wait_for(is_power)) << service.errors();
}

// The reading end is kept open and never read.
class UnreadPipe {
  public:
    UnreadPipe() { EXPECT_EQ(::pipe2(ends_.data(), 0), 0); }
    UnreadPipe(const UnreadPipe&) = delete;
    UnreadPipe& operator=(const UnreadPipe&) = delete;
    ~UnreadPipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    std::string writing_end() const { return std::to_string(ends_[1]); }

  private:
    std::array<int, 2> ends_{};
};

TEST(NeverWaits, ALogThatNobodyReadsHoldsUpNothing) {
    const Broker broker;
    Subscriber subscriber(broker);
    const UnreadPipe log;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const std::string command = std::string("exec ") + GRIDBRIDGE_PROGRAM + " run --log-level trace --mqtt " +
                                broker.url() + " --portal-id p --state-dir " + folder.path("state") +
                                " --meter 'cg+" + meter.uri + "?interval=0' 2>&" + log.writing_end();
    Process service({"bash", "-c", command});
    EXPECT_TRUE(gets_values(subscriber, 200)) << "the pipe takes 64 kB";
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(std::chrono::seconds(6)), 0);
}

// Settings, history, recordings and a queue for a server are all on it.
TEST(NeverWaits, ADiskThatStandsStillHoldsUpNeitherValuesNorAnswers) {
    OwnDisk disk;
    if (!disk.usable) {
        GTEST_SKIP() << "SKIPPED: this machine mounts no disk of the test's own (root, e2fsprogs and loop "
                        "devices are needed)";
    }
    const Broker broker;
    Subscriber subscriber(broker);
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    folder.write("c.toml",
                 "portal_id = \"p\"\nstate_dir = \"" + disk.path() + "/state\"\n[mqtt]\nservers = [\"" +
                     broker.url() + "\"]\n[status]\nlisten = \"\"\n[recorder]\nenabled = true\n" +
                     "[[sink]]\nkind = \"mqtt\"\nservers = [\"mqtt://127.0.0.1:1\"]\ninterval = 1\n" +
                     "[[meter]]\nuri = \"cg+" + meter.uri + "\"\ninterval = 100\n");
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("c.toml")});
    ASSERT_TRUE(gets_values(subscriber, 20)) << service.errors();
    EXPECT_FALSE(std::filesystem::is_empty(disk.path() + "/state/recordings"));
    ASSERT_TRUE(disk.stand_still(std::chrono::seconds(20)));
    subscriber.forget();
    broker.publish("W/p/grid/30/CustomName", R"({"value": "cellar"})");
    EXPECT_TRUE(gets_values(subscriber, 50)) << service.errors();
    broker.publish("R/p/grid/30/ProductName", "");
    EXPECT_TRUE(subscriber.wait_for([](const Arrived& message) {
        return message.topic == "N/p/grid/30/ProductName";
    })) << service.errors();
    EXPECT_TRUE(disk.stands_still()) << "values and answers came only after it moved on";
    while (disk.stands_still()) {
        ASSERT_TRUE(gets_values(subscriber, 1)) << service.errors();
    }
    EXPECT_TRUE(gets_values(subscriber, 20)) << service.errors();
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(), 0) << service.errors();
    const Process again({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("c.toml")});
    EXPECT_TRUE(subscriber.wait_for([](const Arrived& message) {
        return message.topic == "N/p/grid/30/CustomName" && message.payload == R"({"value":"cellar"})";
    })) << again.errors();
}

TEST(NeverWaits, WithoutStandardDescriptorsNoSocketGetsLogLines) {
    const Broker broker;
    Subscriber subscriber(broker);
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const std::string command = std::string("exec ") + GRIDBRIDGE_PROGRAM + " run --log-level debug --mqtt " +
                                broker.url() + " --portal-id p --state-dir " + folder.path("state") +
                                " --meter cg+" + meter.uri + " <&- >&- 2>&-";
    Process service({"bash", "-c", command});
    EXPECT_TRUE(gets_values(subscriber, 20));
    service.signal(SIGTERM);
    EXPECT_EQ(service.wait(), 0);
}

// After a pause of the whole process a stream goes on with what is sent then.
TEST(NeverLate, APausedProcessLeavesOutWhatWaited) {
    const Broker broker;
    Subscriber subscriber(broker);
    const Folder folder;
    const SimulatedMeter meter("p1", "tcp://127.0.0.1:0");
    Process service({GRIDBRIDGE_PROGRAM, "run", "--mqtt", broker.url(), "--portal-id", "p", "--state-dir",
                     folder.path("state"), "--meter", "p1+" + meter.uri});
    ASSERT_TRUE(gets_values(subscriber, 2)) << service.errors();
    service.signal(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::seconds(4)); // the pause itself
    service.signal(SIGCONT);
    EXPECT_TRUE(service.wait_for_line("this program did not run for")) << service.errors();
    EXPECT_TRUE(gets_values(subscriber, 2)) << service.errors();
}

TEST(NeverWaits, ABrokerThatFreezesIsNoticed) {
    const Broker broker;
    Subscriber subscriber(broker);
    const Service service(broker, {}, "keepalive = 5\n");
    ASSERT_TRUE(gets_values(subscriber, 5)) << service.process->errors();
    broker.pause(true);
    EXPECT_TRUE(service.process->wait_for_line("lost mqtt://")) << service.process->errors();
    broker.pause(false);
    EXPECT_TRUE(gets_values(subscriber, 5)) << service.process->errors();
}

} // namespace
} // namespace gridbridge::testing_support
