// `[[sink]] kind = "influx"` of the real program with the stores people have.
#include "tests/fakes/free_port.hpp"
#include "tests/integration/sinks/sink_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <iostream>
#include <random>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;
using testing::HasSubstr;

constexpr const char* influxd = "/usr/bin/influxd";
constexpr const char* victoria_metrics = "/usr/bin/victoria-metrics";

// InfluxDB 1 that can be killed and started again with its data.
class InfluxServer {
  public:
    // With a folder of certificates it wants TLS.
    explicit InfluxServer(const Folder* certificates = nullptr)
        : port_(free_port()), backup_port_(free_port()), tls_(certificates != nullptr) {
        const auto text = [](const std::string& value) { return "\"" + value + "\"\n"; };
        folder_.write(
            "influxdb.conf",
            "reporting-disabled = true\nbind-address = " + text("127.0.0.1:" + std::to_string(backup_port_)) +
                "[meta]\ndir = " + text(folder_.path("meta")) +
                "[data]\ndir = " + text(folder_.path("data")) + "wal-dir = " + text(folder_.path("wal")) +
                "[http]\nbind-address = " + text("127.0.0.1:" + std::to_string(port_)) +
                (certificates == nullptr
                     ? ""
                     : "https-enabled = true\nhttps-certificate = " +
                           text(certificates->path("localhost.crt")) +
                           "https-private-key = " + text(certificates->path("localhost.key"))));
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
    std::string url(const std::string& host = "127.0.0.1") const {
        return (tls_ ? "https://" : "http://") + host + ":" + std::to_string(port_);
    }
    // As CSV, without its head; empty: no answer.
    std::string ask(const std::string& query) const {
        std::vector<std::string> command{
            "influx",    "-host",      "127.0.0.1", "-port", std::to_string(port_),
            "-database", "gridbridge", "-format",   "csv",   "-precision",
            "ms",        "-execute",   query};
        if (tls_) {
            command.insert(command.end(), {"-ssl", "-unsafeSsl"});
        }
        return run(command).output;
    }
    long points() const {
        const std::string answer = ask("SELECT count(power) FROM gridbridge");
        return answer.empty() ? 0L : std::stol(answer.substr(answer.rfind(',') + 1));
    }

  private:
    Folder folder_;
    int port_;
    int backup_port_;
    bool tls_;
    std::unique_ptr<Process> process_;
};

// Any store that counts its points.
template <typename Store>
bool gets_more_than(long points, const Store& store) {
    for (int i = 0; i < 600 && store.points() <= points; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    return store.points() > points;
}

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
    ASSERT_TRUE(gets_more_than(0, server)) << service.process().errors();
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
    ASSERT_TRUE(gets_more_than(server.points() + 1, server)) << service.process().errors();
    service.process().signal(SIGTERM);
    ASSERT_EQ(service.process().wait(), 0) << service.process().errors();
    // Each second while the service ran has one point, as far as readings came; none comes twice, because a
    // point is its time. What was missed would be a hole as long as an outage.
    const std::string times = server.ask("SELECT power, live FROM gridbridge");
    std::cout << "[ measured ] " << kills << " kills, " << server.points() << " points in InfluxDB\n";
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

TEST(Sink, AStoreOverTlsIsWhomItsCertificateNames) {
    if (!std::filesystem::exists(influxd)) {
        GTEST_SKIP() << "SKIPPED: this machine has no InfluxDB, the store over TLS was NOT tried (Debian "
                        "packages influxdb and influxdb-client)";
    }
    const Folder files;
    make_certificates(files);
    InfluxServer server(&files);
    server.start();
    server.wait_until_it_answers();
    server.ask("CREATE DATABASE gridbridge");
    const Broker broker;
    const auto sink = [&](const std::string& host, const std::string& more) {
        return "kind = \"influx\"\ninterval = 1\nurl = \"" + server.url(host) + "/write?db=gridbridge\"\n" +
               more;
    };
    const std::string authority = "ca_file = \"" + files.path("authority.crt") + "\"\n";
    {
        SinkService stranger(broker, sink("localhost", ""));
        EXPECT_TRUE(stranger.process().wait_for_line("sink influx: the store's certificate is not trusted"))
            << stranger.process().errors();
    }
    {
        SinkService other_name(broker, sink("127.0.0.1", authority));
        EXPECT_TRUE(other_name.process().wait_for_line("sink influx: the store's certificate is not trusted"))
            << other_name.process().errors();
    }
    EXPECT_EQ(server.points(), 0);
    {
        SinkService known(broker, sink("localhost", authority));
        EXPECT_TRUE(gets_more_than(2, server)) << known.process().errors();
    }
    const long before = server.points();
    SinkService insecure(broker, sink("127.0.0.1", "insecure = true\n"));
    EXPECT_TRUE(gets_more_than(before + 1, server)) << insecure.process().errors();
}

// Takes the same lines, and names its series measurement_field.
class VictoriaMetrics {
  public:
    VictoriaMetrics() : port_(free_port()) {
        process_ = std::make_unique<Process>(std::vector<std::string>{
            victoria_metrics, "-storageDataPath=" + folder_.path("data"),
            "-httpListenAddr=127.0.0.1:" + std::to_string(port_), "-search.latencyOffset=0s"});
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    // One object: metric, values, timestamps (ms); null: nothing yet.
    json series(const std::string& name) const {
        const std::string answer = run({"curl", "-s", url() + "/api/v1/export?match[]=" + name, "-g"}).output;
        return answer.empty() ? json() : json::parse(answer.substr(0, answer.find('\n')));
    }
    long points() const {
        const json power = series("gridbridge_power");
        return power.is_null() ? 0 : static_cast<long>(power["values"].size());
    }

  private:
    Folder folder_;
    int port_;
    std::unique_ptr<Process> process_;
};

TEST(Sink, VictoriaMetricsGetsEveryPointOnce) {
    if (!std::filesystem::exists(victoria_metrics)) {
        GTEST_SKIP() << "SKIPPED: this machine has no VictoriaMetrics: it was NOT tried (Debian package "
                        "victoria-metrics)";
    }
    const VictoriaMetrics store;
    const Broker broker;
    SinkService service(broker, "kind = \"influx\"\ninterval = 1\nurl = \"" + store.url() + "/write\"\n");
    ASSERT_TRUE(gets_more_than(2, store)) << service.process().errors();
    service.kill();
    service.start();
    ASSERT_TRUE(gets_more_than(store.points() + 2, store)) << service.process().errors();
    const json power = store.series("gridbridge_power");
    EXPECT_EQ(power["metric"]["portal"], "p") << power;
    EXPECT_EQ(power["metric"]["role"], "grid") << power;
    const auto times = power["timestamps"].get<std::vector<std::int64_t>>();
    EXPECT_EQ(std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()), times.end()) << power;
    EXPECT_TRUE(store.series("gridbridge_energy_forward").is_object());
}

} // namespace
} // namespace gridbridge::testing_support
