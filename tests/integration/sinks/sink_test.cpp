// `[[sink]]` of the real program when its end is silent, away or not well described.
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/silent_port.hpp"
#include "tests/integration/own_network.hpp"
#include "tests/integration/sinks/sink_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

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
