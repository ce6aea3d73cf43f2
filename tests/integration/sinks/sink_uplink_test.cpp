// `[[sink]] kind = "mqtt"` of the real program with a broker that wants certificates.
#include "tests/fakes/free_port.hpp"
#include "tests/integration/sinks/sink_service.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;

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

TEST(Sink, WhatABrokerHadNotAcknowledgedGoesToTheNext) {
    const Broker local;
    Broker first;
    const Broker second;
    Subscriber at_first(first);
    Subscriber at_second(second);
    SinkService service(local, "kind = \"mqtt\"\ninterval = 1\nservers = [\"" + first.url() + "\", \"" +
                                   second.url() + "\"]\n");
    ASSERT_TRUE(gets_readings(at_first)) << service.process().errors();
    first.pause(true);
    std::this_thread::sleep_for(std::chrono::seconds(4)); // points are under way
    first.kill();
    ASSERT_TRUE(gets_readings(at_second)) << service.process().errors();
    std::string run_id;
    auto seqs = seqs_of(at_first.all(), run_id);
    const auto later = seqs_of(at_second.all(), run_id);
    seqs.insert(seqs.end(), later.begin(), later.end());
    const std::set<std::uint64_t> known(seqs.begin(), seqs.end());
    EXPECT_EQ(known.size(), *known.rbegin()) << "each seq from 1 on has come";
}

} // namespace
} // namespace gridbridge::testing_support
