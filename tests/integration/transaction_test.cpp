// Signed charging transactions from MQTT to the record, with the program, the meter, its power and the broker
// failing at every step. The records are checked by `gridbridge verify` and by the openssl program.
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

namespace gridbridge::testing_support {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

const std::string base = "grid/30/Transaction/";
const std::string serial = "KZ1230010001S";

std::string content_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string uuid(int number) {
    std::string tail = std::to_string(number);
    return "8d1f6c1e-1b5e-4c29-9d0b-" + std::string(12 - tail.size(), '0') + tail;
}

// A charging station's view: meter, bridge and broker, each of which can fail.
class Station {
  public:
    Station() : port_(free_port()) {
        power_on();
        start_service();
        subscriber_ = std::make_unique<Subscriber>(broker_);
    }

    void power_on(std::vector<std::string> more = {}) {
        more.insert(more.end(), {"--memory", folder_.path("memory")});
        meter_ = std::make_unique<SimulatedMeter>("em580", "tcp://127.0.0.1:" + std::to_string(port_), more);
    }
    void start_service() {
        service_.reset(); // never two
        service_ = std::make_unique<RunningService>(
            broker_,
            std::vector<std::string>{"em580+tcp://127.0.0.1:" + std::to_string(port_) +
                                     "?transaction_retry_delay=100"},
            folder_.path("state"));
    }

    void kill_service() { service_->process->signal(SIGKILL); }
    void cut_power() { meter_.reset(); }
    Process& meter() { return *meter_->process; }
    Broker& broker() { return broker_; }
    Subscriber& subscriber() { return *subscriber_; }
    const Folder& folder() const { return folder_; }

    void write(const std::string& path, const std::string& value) {
        broker_.publish("W/p/" + base + path, "{\"value\":" + value + "}");
    }
    void start(const std::string& id) {
        write(
            "Start",
            R"({"transaction_id":")" + id +
                R"(","evse_id":"DE*ABC*E1","identification_status":"ASSIGNED","identification_level":"VERIFIED",)"
                R"("identification_flags":["RFID_PLAIN"],"identification_type":"ISO14443","identification_data":"04A1B2C3","tariff_text":"0.45 EUR/kWh"})");
    }
    void stop(const std::string& id) { write("Stop", R"({"transaction_id":")" + id + "\"}"); }

    std::string record_path(const std::string& id) const {
        return folder_.path("state/ocmf/" + serial + "/" + id + ".json");
    }
    bool has_record(const std::string& id) const { return std::filesystem::exists(record_path(id)); }
    std::string newest(const std::string& topic) const {
        std::string payload;
        for (const Arrived& message : subscriber_->all()) {
            if (message.topic == topic) {
                payload = message.payload;
            }
        }
        return payload;
    }
    std::string state() const { return newest("N/p/" + base + "State"); }
    std::string result() const { return newest("N/p/" + base + "Result"); }
    std::string published(const std::string& id) const {
        return newest("gridbridge/p/ocmf/" + serial + "/" + id);
    }

    // Until `done`, asking again from time to time as a patient client does.
    bool persist(const std::function<void()>& ask, const std::function<bool()>& done) {
        const auto give_up = std::chrono::steady_clock::now() + 2 * patience;
        auto ask_at = std::chrono::steady_clock::now() + 4s;
        while (!done()) {
            const auto now = std::chrono::steady_clock::now();
            if (now > give_up) {
                return false;
            }
            if (now > ask_at) {
                ask();
                ask_at = now + 4s;
            }
            std::this_thread::sleep_for(20ms); // polls a condition
        }
        return true;
    }
    std::string told() const {
        return "state " + state() + ", result " + result() + "\n" + service_->process->errors();
    }

  private:
    const Folder folder_;
    int port_;
    Broker broker_;
    std::unique_ptr<SimulatedMeter> meter_;
    std::unique_ptr<RunningService> service_;
    std::unique_ptr<Subscriber> subscriber_;
};

std::string bytes_of(const std::string& hex) {
    std::string text;
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        text += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    }
    return text;
}

std::string verdict(const std::string& path) {
    const Result result = gridbridge({"verify", path});
    return std::to_string(result.exit_code) + " " + result.output;
}

TEST(Transaction, FromStartToASignedRecord) {
    Station station;
    const std::string id = uuid(1);
    ASSERT_TRUE(station.subscriber().wait_for("N/p/" + base + "State", R"({"value":"idle"})"))
        << station.told();
    station.start(id);
    ASSERT_TRUE(station.subscriber().wait_for("N/p/" + base + "State", R"({"value":"running"})"))
        << station.told();
    EXPECT_TRUE(station.subscriber().wait_for(
        "N/p/" + base + "Result", R"({"value":{"transaction_id":")" + id + R"(","ok":true,"reason":null}})"));
    station.stop(id);
    ASSERT_TRUE(station.subscriber().wait_for([&](const Arrived& message) {
        return message.topic == "gridbridge/p/ocmf/" + serial + "/" + id;
    })) << station.told();
    const std::string path = station.record_path(id);
    EXPECT_EQ(station.published(id), content_of(path));
    EXPECT_THAT(verdict(path), AllOf(HasSubstr("0 "), HasSubstr("VALID"), HasSubstr(id)));
    EXPECT_TRUE(station.persist([] {}, [&] { return station.state() == R"({"value":"idle"})"; }))
        << station.told();

    station.start(id);
    EXPECT_TRUE(
        station.persist([] {}, [&] { return station.result().find("already_closed") != std::string::npos; }));
    station.stop(uuid(2));
    EXPECT_TRUE(station.persist(
        [] {}, [&] { return station.result().find("unknown_transaction") != std::string::npos; }));
    station.write("Start", R"({"transaction_id":"a|b"})");
    EXPECT_TRUE(
        station.persist([] {}, [&] { return station.result().find("invalid") != std::string::npos; }));

    // One byte of what was signed is another one.
    auto json = nlohmann::json::parse(content_of(path));
    std::string record = json["ocmf"];
    const std::size_t at = record.find("0.45");
    ASSERT_NE(at, std::string::npos) << record;
    record[at] = '1';
    json["ocmf"] = record;
    station.folder().write("forged.json", json.dump());
    EXPECT_THAT(verdict(station.folder().path("forged.json")),
                AllOf(HasSubstr("65 "), HasSubstr("NOT VALID")));
}

TEST(Transaction, TheOpensslProgramAgrees) {
    Station station;
    const std::string id = uuid(3);
    ASSERT_TRUE(station.subscriber().newest(base + "PublicKeyDer"));
    station.start(id);
    ASSERT_TRUE(station.subscriber().wait_for("N/p/" + base + "State", R"({"value":"running"})"))
        << station.told();
    station.stop(id);
    ASSERT_TRUE(station.persist([&] { station.stop(id); }, [&] { return station.has_record(id); }))
        << station.told();
    const auto json = nlohmann::json::parse(content_of(station.record_path(id)));
    const std::string record = json["ocmf"];
    const std::size_t bar = record.rfind('|');
    const Folder& folder = station.folder();
    folder.write("payload", record.substr(5, bar - 5));
    folder.write("signature", bytes_of(nlohmann::json::parse(record.substr(bar + 1))["SD"]));
    folder.write("key", bytes_of(json["public_key_der"]));
    const Result good = run({"openssl", "dgst", "-sha256", "-keyform", "DER", "-verify", folder.path("key"),
                             "-signature", folder.path("signature"), folder.path("payload")});
    EXPECT_THAT(good.output, HasSubstr("Verified OK")) << good.errors;
    folder.write("payload", record.substr(5, bar - 5) + " ");
    const Result bad = run({"openssl", "dgst", "-sha256", "-keyform", "DER", "-verify", folder.path("key"),
                            "-signature", folder.path("signature"), folder.path("payload")});
    EXPECT_NE(bad.exit_code, 0);
}

// A live value as the openssl program sees it, which wants r and s as DER.
std::string der_integer(std::string bytes) {
    bytes.erase(0, std::min(bytes.find_first_not_of('\0'), bytes.size() - 1));
    if ((static_cast<unsigned char>(bytes.front()) & 0x80U) != 0) {
        bytes.insert(0, 1, '\0');
    }
    return std::string("\x02") + static_cast<char>(bytes.size()) + bytes;
}

TEST(Transaction, TheMeterSignsItsLiveValueAtBothEnds) {
    Station station;
    const std::string id = uuid(5);
    const auto key = station.subscriber().newest(base + "PublicKeyDer");
    ASSERT_TRUE(key) << station.told();
    const auto value_of = [&](const std::string& occasion) {
        nlohmann::json value;
        station.persist([] {},
                        [&] {
                            const std::string payload = station.newest("N/p/" + base + "SignedValue");
                            value =
                                payload.empty() ? nlohmann::json() : nlohmann::json::parse(payload)["value"];
                            return value.is_object() && value["occasion"] == occasion;
                        });
        return value;
    };
    station.start(id);
    const nlohmann::json start = value_of("start");
    ASSERT_TRUE(start.is_object()) << station.told();
    station.stop(id);
    const nlohmann::json end = value_of("end");
    ASSERT_TRUE(end.is_object()) << station.told();
    EXPECT_EQ(end["transaction_id"], id);

    const Folder& folder = station.folder();
    folder.write("key", bytes_of(nlohmann::json::parse(*key)["value"]));
    for (const nlohmann::json& value : {start, end}) {
        const std::string signature = bytes_of(value["signature"]);
        ASSERT_EQ(signature.size(), 96U);
        const std::string pair = der_integer(signature.substr(0, 48)) + der_integer(signature.substr(48));
        std::string data = bytes_of(value["data"]);
        ASSERT_EQ(data.size(), 122U);
        folder.write("data", data);
        folder.write("signature", std::string("\x30") + static_cast<char>(pair.size()) + pair);
        const std::vector<std::string> command{"openssl",          "dgst",       "-sha256",
                                               "-keyform",         "DER",        "-verify",
                                               folder.path("key"), "-signature", folder.path("signature"),
                                               folder.path("data")};
        const Result good = run(command);
        EXPECT_THAT(good.output, HasSubstr("Verified OK")) << good.errors;
        data[7] ^= 1;
        folder.write("data", data);
        EXPECT_NE(run(command).exit_code, 0);
    }
}

TEST(Transaction, ACorruptedRecordIsKeptAndNeverPublished) {
    Station station;
    station.cut_power();
    station.power_on({"--fault", "corrupt=1"});
    const std::string id = uuid(4);
    const auto starts = [&] { station.start(id); };
    starts();
    ASSERT_TRUE(station.persist(starts, [&] { return station.state() == R"({"value":"running"})"; }))
        << station.told();
    station.stop(id);
    EXPECT_TRUE(station.persist([&] { station.stop(id); },
                                [&] { return station.result().find("\"corrupted\"") != std::string::npos; }))
        << station.told();
    EXPECT_FALSE(station.has_record(id));
    EXPECT_EQ(station.published(id), "");
    EXPECT_TRUE(
        std::filesystem::exists(station.folder().path("state/ocmf/" + serial + "/" + id + ".corrupted")));
}

// mosquitto_rr is a client of MQTT 5 that asks and waits for the answer.
TEST(Transaction, ClientsOfMqtt5AreAnsweredOnTheirTopic) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em580", "tcp://127.0.0.1:0", {"--signature", "256"});
    folder.write("gridbridge.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                        "\"\n[status]\nlisten = \"\"\n[mqtt]\nservers = [\"" + broker.url() +
                                        "\"]\nversion = \"5\"\n[[meter]]\nuri = \"em580+" + meter.uri +
                                        "\"\n");
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    Subscriber subscriber(broker);
    ASSERT_TRUE(subscriber.wait_for("N/p/" + base + "State", R"({"value":"idle"})")) << service.errors();
    const auto ask = [&](const std::string& path, const std::string& value) {
        return run({"mosquitto_rr",
                    "-h",
                    "127.0.0.1",
                    "-p",
                    std::to_string(broker.port()),
                    "-V",
                    "5",
                    "-t",
                    "W/p/" + base + path,
                    "-e",
                    "answers/1",
                    "-D",
                    "publish",
                    "correlation-data",
                    "abc",
                    "-m",
                    "{\"value\":" + value + "}",
                    "-W",
                    "60",
                    "-F",
                    "%D %p"})
            .output;
    };
    const std::string request = R"({"transaction_id":")" + uuid(7) + "\"}";
    const std::string done =
        "abc {\"value\":{\"transaction_id\":\"" + uuid(7) + "\",\"ok\":true,\"reason\":null}}\n";
    EXPECT_EQ(ask("Start", request), done) << service.errors();
    EXPECT_THAT(ask("Start", "{}"), HasSubstr("invalid"));
    const std::string stopped = ask("Stop", request);
    EXPECT_THAT(stopped, StartsWith(done.substr(0, done.find("}}")))) << service.errors();
    EXPECT_THAT(stopped, HasSubstr(R"("end":{"time":")")) << "the reading of its record";
}

struct Failure {
    const char* name;
    void (*happens)(Station& station);
};
const std::array<Failure, 4> failures{{
    {"program killed",
     [](Station& station) {
         station.kill_service();
         station.start_service();
     }},
    {"bus silent",
     [](Station& station) {
         station.meter().signal(SIGSTOP);
         std::this_thread::sleep_for(1500ms); // longer than a response timeout
         station.meter().signal(SIGCONT);
     }},
    {"power of the meter cut",
     [](Station& station) {
         station.cut_power();
         station.power_on();
     }},
    {"broker gone",
     [](Station& station) {
         station.broker().kill();
         station.broker().start();
     }},
}};

// One transaction, with a failure `moment` after its Start or its Stop was written.
void disturbed_transaction(Station& station, const std::string& id, const Failure& failure, bool at_stop,
                           std::chrono::milliseconds moment) {
    const auto fail = [&] {
        std::this_thread::sleep_for(moment); // the moment is what is tested
        failure.happens(station);
    };
    const auto is_running = [&] {
        return station.has_record(id) ||
               station.result().find("\"" + id + "\",\"ok\":true") != std::string::npos;
    };
    station.start(id);
    if (!at_stop) {
        fail();
    }
    ASSERT_TRUE(station.persist([&] { station.start(id); }, is_running)) << station.told();
    station.stop(id);
    if (at_stop) {
        fail();
    }
    ASSERT_TRUE(station.persist([&] { station.stop(id); }, [&] { return station.has_record(id); }))
        << station.told();
    ASSERT_TRUE(
        station.persist([] {}, [&] { return station.published(id) == content_of(station.record_path(id)); }))
        << station.told();
    ASSERT_TRUE(
        station.persist([&] { station.stop(id); }, [&] { return station.state() == R"({"value":"idle"})"; }))
        << station.told();
}

TEST(Transaction, EveryFailureAtEveryStepEndsInExactlyOneRecord) {
    const bool is_long = std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr;
    const std::vector<int> moments =
        is_long ? std::vector{0, 10, 25, 50, 80, 120, 180, 250, 350, 500, 800, 1200} : std::vector{20, 250};
    Station station;
    ASSERT_TRUE(station.subscriber().wait_for("N/p/" + base + "State", R"({"value":"idle"})"))
        << station.told();
    int number = 100;
    for (const Failure& failure : failures) {
        for (const bool at_stop : {false, true}) {
            for (const int moment : moments) {
                SCOPED_TRACE(std::string(failure.name) + " " + std::to_string(moment) + " ms after the " +
                             (at_stop ? "stop" : "start") + ", transaction " + std::to_string(number));
                disturbed_transaction(station, uuid(number), failure, at_stop,
                                      std::chrono::milliseconds(moment));
                if (testing::Test::HasFatalFailure()) {
                    return;
                }
                ++number;
            }
        }
    }
    std::set<std::string> numbers_of_the_meter;
    for (int i = 100; i < number; ++i) {
        const std::string path = station.record_path(uuid(i));
        EXPECT_EQ(verdict(path).substr(0, 2), "0 ") << path;
        const std::string record = nlohmann::json::parse(content_of(path))["ocmf"];
        const std::size_t at = record.find("\"PG\":\"") + 6;
        numbers_of_the_meter.insert(record.substr(at, record.find('"', at) - at));
        EXPECT_THAT(record, HasSubstr(uuid(i)));
        for (const Arrived& message : station.subscriber().all()) {
            if (message.topic == "gridbridge/p/ocmf/" + serial + "/" + uuid(i)) {
                EXPECT_EQ(message.payload, content_of(path)) << "two records of one transaction";
            }
        }
    }
    const auto transactions = static_cast<std::size_t>(number - 100);
    EXPECT_EQ(numbers_of_the_meter.size(), transactions);
    std::size_t files = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(station.folder().path("state/ocmf/" + serial))) {
        EXPECT_EQ(entry.path().extension(), ".json") << entry.path();
        ++files;
    }
    EXPECT_EQ(files, transactions) << "a record that belongs to no transaction";
    if (!testing::Test::HasFailure()) {
        std::printf("%zu transactions, each with one failure: %zu records, all verified\n", transactions,
                    files);
    }
}

} // namespace
} // namespace gridbridge::testing_support
