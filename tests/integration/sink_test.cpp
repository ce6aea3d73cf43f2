// `[[sink]]` of the real program, with the servers people have.
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/silent_port.hpp"
#include "tests/integration/own_network.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <set>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* influxd = "/usr/bin/influxd";

// InfluxDB 1 that can be killed and started again with its data.
class InfluxServer {
  public:
    InfluxServer() : port_(free_port()), backup_port_(free_port()) {
        const auto text = [](const std::string& value) { return "\"" + value + "\"\n"; };
        folder_.write(
            "influxdb.conf",
            "reporting-disabled = true\nbind-address = " + text("127.0.0.1:" + std::to_string(backup_port_)) +
                "[meta]\ndir = " + text(folder_.path("meta")) +
                "[data]\ndir = " + text(folder_.path("data")) + "wal-dir = " + text(folder_.path("wal")) +
                "[http]\nbind-address = " + text("127.0.0.1:" + std::to_string(port_)));
    }
    void start() {
        process_ = std::make_unique<Process>(
            std::vector<std::string>{influxd, "-config", folder_.path("influxdb.conf")});
    }
    void wait_until_it_answers() const {
        for (int i = 0; i < 300 && ask("SHOW DATABASES").empty(); ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
    }
    void kill() { process_.reset(); } // SIGKILL
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    // As CSV, without its head; empty: no answer.
    std::string ask(const std::string& query) const {
        return run({"influx", "-host", "127.0.0.1", "-port", std::to_string(port_), "-database", "gridbridge",
                    "-format", "csv", "-precision", "ms", "-execute", query})
            .output;
    }

  private:
    Folder folder_;
    int port_;
    int backup_port_;
    std::unique_ptr<Process> process_;
};

// A service with a meter and a sink.
class SinkService {
  public:
    SinkService(const Broker& broker, const std::string& sink) : meter_("em540", "tcp://127.0.0.1:0") {
        folder_.write("gridbridge.toml", "portal_id = \"p\"\nstate_dir = \"" + folder_.path("state") +
                                             "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                             "\"]\n[status]\nlisten = \"\"\n[[meter]]\nuri = \"cg+" +
                                             meter_.uri + "\"\ninterval = 100\n[[sink]]\n" + sink);
        start();
    }
    void start() {
        process_ = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder_.path("gridbridge.toml")});
    }
    void kill() { process_.reset(); } // SIGKILL
    Process& process() { return *process_; }
    Folder& folder() { return folder_; }

  private:
    Folder folder_;
    SimulatedMeter meter_;
    std::unique_ptr<Process> process_;
};

TEST(Sink, InfluxDbGetsEveryPointOverKillsOfBoth) {
    if (!std::filesystem::exists(influxd)) {
        GTEST_SKIP()
            << "SKIPPED: this machine has no InfluxDB (Debian packages influxdb and influxdb-client)";
    }
    const bool is_long = std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr;
    const int kills = is_long ? 100 : 4;
    InfluxServer server;
    server.start();
    server.wait_until_it_answers();
    server.ask("CREATE DATABASE gridbridge");
    const Broker broker;
    SinkService service(broker, "kind = \"influx\"\ninterval = 1\nurl = \"" + server.url() +
                                    "/write?db=gridbridge\"\n");
    const auto count = [&] {
        const std::string answer = server.ask("SELECT count(power) FROM gridbridge");
        return answer.empty() ? 0L : std::stol(answer.substr(answer.rfind(',') + 1));
    };
    const auto grows_beyond = [&](long least) {
        for (int i = 0; i < 600 && count() <= least; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        return count() > least;
    };
    ASSERT_TRUE(grows_beyond(0)) << service.process().errors();
    std::minstd_rand random(std::random_device{}());
    for (int i = 0; i < kills; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(random() % 1500));
        if (i % 2 == 0) {
            server.kill();
            std::this_thread::sleep_for(std::chrono::milliseconds(random() % 1500));
            server.start();
            server.wait_until_it_answers();
        } else {
            service.kill();
            service.start();
        }
    }
    ASSERT_TRUE(grows_beyond(count() + 1)) << service.process().errors();
    service.process().signal(SIGTERM);
    ASSERT_EQ(service.process().wait(), 0) << service.process().errors();
    // Each second while the service ran has one point, as far as readings came; none comes twice, because a
    // point is its time. What was missed would be a hole as long as an outage.
    const std::string times = server.ask("SELECT power, live FROM gridbridge");
    std::cout << "[ measured ] " << kills << " kills, " << count() << " points in InfluxDB\n";
    long before = 0;
    long longest = 0;
    for (std::size_t at = times.find("gridbridge,"); at != std::string::npos;
         at = times.find("gridbridge,", at + 1)) {
        const long time = std::stol(times.substr(at + 11));
        longest = before == 0 ? 0 : std::max(longest, time - before);
        EXPECT_GT(time, before);
        before = time;
    }
    RecordProperty("longest_gap_ms", static_cast<int>(longest));
    EXPECT_LT(longest, 30'000) << times;
}

TEST(Sink, AStoreThatIsAwayIsSaidAndItsPointsWaitOnDisk) {
    const Broker broker;
    Subscriber subscriber(broker, "gridbridge/#");
    const int port = free_port();
    SinkService service(broker, "kind = \"influx\"\ninterval = 1\nurl = \"http://127.0.0.1:" +
                                    std::to_string(port) + "/write?db=x\"\n");
    ASSERT_TRUE(service.process().wait_for_line("sink influx: cannot connect to 127.0.0.1"))
        << service.process().errors();
    ASSERT_TRUE(subscriber.wait_for([](const Arrived& message) { // health is said every 30 s, or at a connect
        return message.topic == "gridbridge/p/meter/1/health" ||
               (message.topic.ends_with("/reading") || message.topic.ends_with("/status"));
    }));
    service.process().signal(SIGTERM);
    ASSERT_EQ(service.process().wait(), 0);
    std::size_t bytes = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(service.folder().path("state/sinks/influx"))) {
        bytes += entry.path().extension() == ".points" ? std::filesystem::file_size(entry.path()) : 0;
    }
    EXPECT_GT(bytes, 500U);
}

bool is_a_power(const Arrived& message) {
    return message.topic == "N/p/grid/30/Ac/Power" && message.payload != R"({"value":null})";
}

// Values come, and the end takes no longer than without a sink.
void expect_untouched(SinkService& service, Subscriber& subscriber, const std::string& name) {
    for (int i = 0; i < 20; ++i) {
        subscriber.forget();
        ASSERT_TRUE(subscriber.wait_for(is_a_power)) << name << service.process().errors();
    }
    service.process().signal(SIGTERM);
    EXPECT_EQ(service.process().wait(std::chrono::seconds(6)), 0) << name << service.process().errors();
    EXPECT_EQ(service.process().errors().find("holds it up"), std::string::npos)
        << name << service.process().errors();
}

TEST(Sink, ASilentEndHoldsNothingUp) {
    const Broker broker;
    Subscriber subscriber(broker);
    const SilentPort silent;
    const std::string at = "127.0.0.1:" + std::to_string(silent.port());
    for (const std::string& sink :
         {"kind = \"influx\"\ninterval = 1\nurl = \"http://" + at + "/write?db=x\"\n",
          "kind = \"influx\"\ninterval = 1\nurl = \"https://" + at + "/write?db=x\"\n",
          "kind = \"mqtt\"\ninterval = 1\nservers = [\"mqtt://" + at + "\"]\n",
          "kind = \"mqtt\"\ninterval = 1\nservers = [\"mqtts://" + at + "\"]\n"}) {
        SinkService service(broker, sink);
        expect_untouched(service, subscriber, sink);
    }
}

TEST(Sink, AMuteNameServerHoldsNothingUp) {
    OwnNetwork network;
    network.silence_name_server();
    if (!network.usable) {
        GTEST_SKIP() << "SKIPPED: this machine allows no network namespace (root and iproute2 are needed)";
    }
    const Broker broker;
    Subscriber subscriber(broker);
    for (const std::string sink :
         {"kind = \"influx\"\ninterval = 1\nurl = \"http://store.example/write?db=x\"\n",
          "kind = \"mqtt\"\ninterval = 1\nservers = [\"mqtts://up.example\"]\n"}) {
        SinkService service(broker, sink);
        expect_untouched(service, subscriber, sink);
    }
}

void must_run(const std::vector<std::string>& command) {
    const Result result = run(command);
    ASSERT_EQ(result.exit_code, 0) << result.errors;
}

// An authority, and certificates of a host and of a gateway.
void make_certificates(const Folder& folder) {
    const std::vector<std::string> key{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"};
    const auto request = [&](const std::string& name, std::vector<std::string> more) {
        std::vector<std::string> command{"openssl", "req"};
        command.insert(command.end(), key.begin(), key.end());
        command.insert(command.end(), {"-subj", "/CN=" + name, "-keyout", folder.path(name + ".key")});
        command.insert(command.end(), more.begin(), more.end());
        must_run(command);
    };
    request("authority", {"-x509", "-days", "2", "-out", folder.path("authority.crt")});
    for (const std::string name : {"localhost", "gateway"}) {
        request(name, {"-out", folder.path(name + ".csr")});
        must_run({"openssl", "x509", "-req", "-days", "2", "-CAcreateserial", "-in",
                  folder.path(name + ".csr"), "-CA", folder.path("authority.crt"), "-CAkey",
                  folder.path("authority.key"), "-out", folder.path(name + ".crt")});
        ::chmod(folder.path(name + ".key").c_str(), 0644); // mosquitto runs as another user
    }
    ::chmod(folder.path().c_str(), 0755);
}

// An uplink end that wants a certificate of its clients; who looks at what arrives needs none.
class UplinkBroker {
  public:
    explicit UplinkBroker(const Folder& folder)
        : port_(free_port()),
          broker_(true, "listener " + std::to_string(port_) + " 127.0.0.1\nallow_anonymous true\ncafile " +
                            folder.path("authority.crt") + "\ncertfile " + folder.path("localhost.crt") +
                            "\nkeyfile " + folder.path("localhost.key") + "\nrequire_certificate true\n") {}
    int port() const { return port_; }
    Broker& broker() { return broker_; }

  private:
    int port_;
    Broker broker_;
};

// The first of its servers is not there.
std::string uplink_to(int port, const Folder& folder) {
    return "kind = \"mqtt\"\ninterval = 1\nservers = [\"mqtts://localhost:" + std::to_string(free_port()) +
           "\", \"mqtts://localhost:" + std::to_string(port) + "\"]\nca_file = \"" +
           folder.path("authority.crt") + "\"\ncert_file = \"" + folder.path("gateway.crt") +
           "\"\nkey_file = \"" + folder.path("gateway.key") + "\"\n";
}

// The seq of each reading that came; each belongs to one run.
std::vector<std::uint64_t> seqs_of(const std::vector<Arrived>& arrived, std::string& run) {
    std::vector<std::uint64_t> seqs;
    for (const Arrived& message : arrived) {
        if (message.topic.starts_with("fleet/p/") && message.topic.ends_with("/reading")) {
            const json reading = json::parse(message.payload);
            run = run.empty() ? reading["run"].get<std::string>() : run;
            EXPECT_EQ(reading["run"], run);
            EXPECT_TRUE(reading["time"].is_number());
            EXPECT_TRUE(reading.contains("power")) << message.payload;
            EXPECT_FALSE(message.retained);
            seqs.push_back(reading["seq"].get<std::uint64_t>());
        }
    }
    return seqs;
}

// Until three more readings have come.
bool gets_readings(Subscriber& subscriber) {
    std::set<std::string> before;
    for (const Arrived& message : subscriber.all()) {
        before.insert(message.payload);
    }
    int count = 0;
    return subscriber.wait_for([&](const Arrived& message) {
        count += message.topic.ends_with("/reading") && !before.contains(message.payload) ? 1 : 0;
        return count >= 3;
    });
}

TEST(Sink, AnUplinkOverTlsLosesNothingOverKills) {
    const Folder files;
    make_certificates(files);
    UplinkBroker uplink(files);
    const Broker local;
    Subscriber subscriber(uplink.broker());
    SinkService service(local, uplink_to(uplink.port(), files));
    ASSERT_TRUE(gets_readings(subscriber)) << service.process().errors();
    for (int i = 0; i < 2; ++i) {
        service.kill();
        service.start();
        ASSERT_TRUE(gets_readings(subscriber)) << service.process().errors();
    }
    uplink.broker().pause(true);
    std::this_thread::sleep_for(std::chrono::seconds(3));
    uplink.broker().pause(false);
    ASSERT_TRUE(gets_readings(subscriber)) << service.process().errors();
    std::string run_id;
    const auto all = subscriber.all();
    const auto seqs = seqs_of(all, run_id);
    EXPECT_EQ(run_id.size(), 16U);
    const std::set<std::uint64_t> known(seqs.begin(), seqs.end());
    EXPECT_EQ(known.size(), *known.rbegin()) << "each seq from 1 on has come";
    for (const std::string name : {"health", "findings", "info"}) {
        EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const Arrived& message) {
            return message.topic == "fleet/p/" + name;
        })) << name;
    }
    uplink.broker().kill(); // what it had is gone with it; we go on where its acknowledgements ended
    ASSERT_TRUE(service.process().wait_for_line("sink mqtt: lost mqtts://localhost"))
        << service.process().errors();
    uplink.broker().start();
    Subscriber afterwards(uplink.broker());
    ASSERT_TRUE(gets_readings(afterwards)) << service.process().errors();
    std::string same_run = run_id;
    const auto later = seqs_of(afterwards.all(), same_run);
    EXPECT_GT(later.front(), *known.rbegin());
}

TEST(Sink, CheckConfigNamesWhatIsWrong) {
    const Folder folder;
    const auto complaints = [&](const std::string& text) {
        folder.write("gridbridge.toml", text);
        const Result result = gridbridge({"check-config", "--config", folder.path("gridbridge.toml")});
        EXPECT_EQ(result.exit_code, 78) << result.output;
        EXPECT_THAT(result.errors, testing::Not(HasSubstr("secret"))) << "a password is never repeated";
        return result.errors;
    };
    const std::string influx = "[[sink]]\nkind = \"influx\"\n";
    EXPECT_THAT(complaints(influx), HasSubstr("gridbridge.toml:1: [[sink]] influx: needs url, as in"));
    EXPECT_THAT(complaints(influx + "url = \"http://h:8086/write?db=d&p=secret\"\n"),
                HasSubstr("must have no password: name a file"));
    EXPECT_THAT(complaints(influx + "url = \"http://u:secret@h:8086/\"\n"),
                HasSubstr("needs the path of the store: /write?db=NAME"));
    EXPECT_THAT(complaints(influx + "url = \"http://h/write?db=d&precision=ms\"\n"),
                HasSubstr("must have no precision"));
    EXPECT_THAT(complaints(influx + "url = \"h:8086\"\n"), HasSubstr("is not a URL as in"));
    EXPECT_THAT(complaints(influx + "tokenfile = \"t\"\n"),
                HasSubstr("unknown key \"tokenfile\" in [[sink]], did you mean \"token_file\"?"));
    EXPECT_THAT(complaints("[[sink]]\nkind = \"influxdb\"\n"), HasSubstr("must be one of influx, mqtt"));
    EXPECT_THAT(complaints("[sink]\nkind = \"influx\"\n"), HasSubstr("with two brackets"));
    EXPECT_THAT(complaints("[[sink]]\nkind = \"mqtt\"\n"), HasSubstr("[[sink]] mqtt: needs servers"));
    const std::string meter = "[[meter]]\nuri = \"p1+tcp://h:1\"\n";
    const std::string uplink = "[[sink]]\nkind = \"mqtt\"\nservers = [\"mqtts://b\"]\n";
    EXPECT_THAT(complaints("portal_id = \"a b\"\n" + meter + uplink),
                HasSubstr("needs a portal_id of letters"));
    EXPECT_THAT(complaints(meter + uplink + uplink), HasSubstr("have the same name"));
    EXPECT_THAT(complaints(meter + uplink + "cert_file = \"c\"\n"), HasSubstr("belong together"));
}

} // namespace
} // namespace gridbridge::testing_support
