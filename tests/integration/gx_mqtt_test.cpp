// The program gives its meter to a GX: a real broker, on it a stand-in of what runs on a GX.
#include "mqtt/broker/paho_client.hpp"
#include "mqtt/gx/gx_registration.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/gx_driver.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace gridbridge::testing_support {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

// The stand-in as a client of its broker, until it goes out of scope.
class GxClient {
  public:
    GxClient(const Broker& broker, std::map<std::string, int> settings = {}) {
        driver_.settings = std::move(settings);
        BrokerOptions options;
        options.servers = {broker.url()};
        options.client_id = "gx-driver";
        client_ = make_paho_client(std::move(options), inbox_);
        thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
    ~GxClient() {
        thread_ = {};
        client_.reset();
    }
    GxClient(const GxClient&) = delete;
    GxClient& operator=(const GxClient&) = delete;

    // Waits until what the driver knows is as wanted.
    bool wait(const std::function<bool(GxDriver&)>& wanted) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return wanted(driver_); });
    }
    void stop_driver() {
        const std::lock_guard lock(mutex_);
        say(driver_.stop());
    }
    void start_driver(bool running = true) {
        const std::lock_guard lock(mutex_);
        driver_.running = running;
    }
    std::vector<std::string> faults() {
        const std::lock_guard lock(mutex_);
        return driver_.faults;
    }

  private:
    void run(const std::stop_token& stop) {
        client_->connect(0, GxDriver::filters());
        while (!stop.stop_requested()) {
            const auto events = inbox_.drain();
            std::unique_lock lock(mutex_);
            for (const ClientEvent& event : events) {
                if (event.kind == ClientEvent::Kind::Received) {
                    say(driver_.take(event.message));
                } else if (event.kind == ClientEvent::Kind::Connected) {
                    say(driver_.start());
                } else {
                    client_->connect(0, GxDriver::filters());
                }
            }
            changed_.notify_all();
            woken_.wait_for(lock, 20ms, [&] { return wake_.exchange(false); });
        }
        client_->disconnect(1s);
    }
    void say(const GxDriver::Out& out) {
        for (const Message& message : out) {
            client_->publish(message);
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_, woken_;
    std::atomic<bool> wake_ = false;
    GxDriver driver_; // guarded by mutex_
    ClientInbox inbox_{[this] {
        wake_ = true;
        woken_.notify_all();
    }};
    std::unique_ptr<MqttClient> client_;
    std::jthread thread_;
};

struct Gateway {
    Gateway(const Folder& folder, const Broker& main, const Broker& gx, const std::string& meter,
            const std::string& more) {
        folder.write("gridbridge.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                            "\"\n[mqtt]\nservers = [\"" + main.url() +
                                            "\"]\n[homeassistant]\nenabled = false\n[gx]\nserver = \"" +
                                            gx.url() + "\"\n" + more + "[[meter]]\nuri = \"" + meter +
                                            "\"\nname = \"Main\"\n");
        process = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    }
    std::unique_ptr<Process> process;
};

const std::string devices = "mode = \"mqtt-devices\"\n";

bool has_power(GxDriver& gx) {
    return gx.shown("grid/1/Ac/L1/Power").is_number() && gx.shown("grid/1/Ac/Power").is_number() &&
           gx.shown("grid/1/Ac/L1/Voltage").is_number() && gx.shown("grid/1/Ac/Energy/Forward").is_number();
}
bool has_null_power(GxDriver& gx) {
    return gx.has("grid/1") && gx.shown("grid/1/Ac/L1/Power").is_null() &&
           gx.shown("grid/1/Ac/Power").is_null();
}

TEST(GxMqtt, TheMeterStandsInTheGxAndLeavesInOrder) {
    const Broker main, broker;
    const Folder folder;
    GxClient gx(broker);
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Gateway gateway(folder, main, broker, "cg+" + meter.uri, devices);
    ASSERT_TRUE(gx.wait(has_power)) << gateway.process->errors();
    EXPECT_TRUE(gx.wait([](GxDriver& d) { return d.shown("grid/1/CustomName") == "Main"; }));
    Subscriber subscriber(main);
    EXPECT_TRUE(subscriber.newest("N/p/grid/30/Ac/Power")) << "the main broker is served as ever";
    gateway.process->signal(SIGTERM);
    EXPECT_EQ(gateway.process->wait(), 0);
    EXPECT_TRUE(gx.wait([](GxDriver& d) { return d.services() == 0; }));
    EXPECT_THAT(gx.faults(), IsEmpty());
}

TEST(GxMqtt, KilledItLeavesByItsLastWill) {
    const Broker main, broker;
    const Folder folder;
    GxClient gx(broker);
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Gateway gateway(folder, main, broker, "cg+" + meter.uri, devices);
    ASSERT_TRUE(gx.wait(has_power)) << gateway.process->errors();
    gateway.process->signal(SIGKILL);
    EXPECT_TRUE(gx.wait([](GxDriver& d) { return d.services() == 0; }));
}

TEST(GxMqtt, ADriverThatComesLateOrAgainGetsEverything) {
    const Broker main, broker;
    const Folder folder;
    GxClient gx(broker);
    gx.start_driver(false);
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Gateway gateway(folder, main, broker, "cg+" + meter.uri, devices);
    ASSERT_TRUE(gateway.process->wait_for_line("does not answer the registration"));
    gx.start_driver();
    ASSERT_TRUE(gx.wait(has_power));
    gx.stop_driver();
    gx.start_driver();
    EXPECT_TRUE(gx.wait(has_power));
    EXPECT_THAT(gx.faults(), IsEmpty());
}

TEST(GxMqtt, ARebootedGxGetsEverything) {
    const Broker main;
    Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    auto gx = std::make_unique<GxClient>(broker);
    const Gateway gateway(folder, main, broker, "cg+" + meter.uri, devices);
    ASSERT_TRUE(gx->wait(has_power)) << gateway.process->errors();
    gx.reset();
    broker.kill();
    ASSERT_TRUE(gateway.process->wait_for_line("lost mqtt://"));
    broker.start();
    GxClient rebooted(broker);
    EXPECT_TRUE(rebooted.wait(has_power)) << gateway.process->errors();
}

TEST(GxMqtt, ALostMeterIsNullAndTheGxRunsWithoutIt) {
    const Broker main, broker;
    const Folder folder;
    GxClient gx(broker, {{"RunWithoutGridMeter", 0}, {"GridMeterRequired", 0}, {"Hub4Mode", 1}});
    auto meter = std::make_unique<SimulatedMeter>("em540", "tcp://127.0.0.1:" + std::to_string(free_port()));
    const Gateway gateway(folder, main, broker, "cg+" + meter->uri,
                          devices + "manage_run_without_grid_meter = true\n");
    ASSERT_TRUE(gx.wait(has_power)) << gateway.process->errors();
    meter->process->signal(SIGKILL);
    EXPECT_TRUE(gx.wait(has_null_power)) << gateway.process->errors();
    EXPECT_TRUE(gx.wait([](GxDriver& d) { return d.settings["RunWithoutGridMeter"] == 1; }))
        << gateway.process->errors();
    meter = std::make_unique<SimulatedMeter>("em540", meter->uri);
    EXPECT_TRUE(gx.wait(has_power));
    EXPECT_TRUE(gx.wait([](GxDriver& d) { return d.settings["RunWithoutGridMeter"] == 0; }))
        << gateway.process->errors();
    EXPECT_TRUE(gx.wait([](GxDriver& d) { return d.writes["RunWithoutGridMeter"] == 2; }));
}

TEST(GxMqtt, OneMessageForMqttGrid) {
    const Broker main, broker;
    const Folder folder;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Gateway gateway(folder, main, broker, "cg+" + meter.uri, "mode = \"mqtt-grid\"\n");
    Subscriber subscriber(broker);
    const auto payload = subscriber.newest("gridbridge/p/gx-grid");
    ASSERT_TRUE(payload) << gateway.process->errors();
    const auto json = nlohmann::json::parse(*payload);
    EXPECT_TRUE(json["grid"]["power"].is_number());
    EXPECT_TRUE(json["grid"]["L3"]["power"].is_number());
}

// As a GX has it: a certificate it signed itself, and a token for one device.
TEST(GxMqtt, ATokenOverTls) {
    const Broker main;
    const Folder folder;
    const std::string passwords = folder.path("passwords");
    const std::string key = folder.path("key.pem");
    const std::string certificate = folder.path("gx.pem");
    const auto must = [](const std::vector<std::string>& command) {
        const Result result = run(command);
        ASSERT_EQ(result.exit_code, 0) << command[0] << ": " << result.errors;
    };
    must({"mosquitto_passwd", "-b", "-c", passwords, "token/gateway/p", "secret"});
    must({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
          "-days", "2", "-subj", "/CN=gx", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out",
          certificate});
    must({"chmod", "a+rx", folder.path()});
    must({"chmod", "a+r", passwords, key, certificate});
    const int port = free_port();
    const Broker broker(true, "listener " + std::to_string(port) +
                                  " 127.0.0.1\nallow_anonymous false\npassword_file " + passwords +
                                  "\ncertfile " + certificate + "\nkeyfile " + key + "\n");
    folder.write("password", "wrong\n");
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const std::string url = "mqtts://127.0.0.1:" + std::to_string(port);
    folder.write("gridbridge.toml",
                 "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") + "\"\n[mqtt]\nservers = [\"" +
                     main.url() + "\"]\n[homeassistant]\nenabled = false\n[gx]\n" + devices + "server = \"" +
                     url + "\"\nca_file = \"" + certificate +
                     "\"\nusername = \"token/gateway/p\"\npassword_file = \"" + folder.path("password") +
                     "\"\n[[meter]]\nuri = \"cg+" + meter.uri + "\"\n");
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    EXPECT_TRUE(service.wait_for_line("check [gx] username and password_file")) << service.errors();
    folder.write("password", "secret\n"); // read again at each attempt
    EXPECT_TRUE(service.wait_for_line("connected to " + url)) << service.errors();
}

} // namespace
} // namespace gridbridge::testing_support
