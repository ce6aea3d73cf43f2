// Signed transactions through the bridge: what clients write, what they hear, and what is kept on disk.
#include "mqtt/transactions/transaction_outlet.hpp"

#include "mqtt/bridge/bridge.hpp"
#include "mqtt/transactions/transaction_request.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr SourceId meter{0, 0};
const std::string id = "8d1f6c1e-1b5e-4c29-9d0b-111111111111";
const std::string record_topic = "gridbridge/p/ocmf/KZ1230010001S/" + id;
const std::string start_payload = R"({"value":{"transaction_id":")" + id + R"("}})";

TransactionRecord record_of(const std::string& transaction_id, std::string ocmf = "OCMF|{}|{\"SD\":\"00\"}") {
    return {"KZ1230010001S", transaction_id, std::move(ocmf), {"04AA", "30BB"}, false};
}

class TransactionsTest : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = "/tmp/gridbridge-test-XXXXXX";
        folder_ = mkdtemp(name.data());
        start();
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    // The service, or the service again after it was killed.
    void start(bool with_state = true) {
        bridge_.reset();
        store_.reset();
        files_ = std::make_unique<ThreadedFileWriter>([] {});
        store_ = std::make_unique<RecordStore>(with_state ? folder_ : std::string(), *files_);
        orders_ = std::make_unique<Orders>();
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 1LL; };
        BridgeOptions options;
        options.meters.resize(1);
        options.meters[0].driver = DriverKind::Em580;
        options.orders = orders_.get();
        const Log log = [this](LogLevel, std::string_view, std::string_view message) {
            log_ += std::string(message) + "\n";
        };
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<Venus>(venus));
        outlets.push_back(
            outlet_row<TransactionOutlet>(TransactionOutletOptions{"p", [this] { return unix_time_; }, log},
                                          std::ref(desk()), std::ref(*store_)));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        MeterInfo info = em24_info("KZ1230010001S");
        Messages out;
        bridge_->connected(now_, out);
        bridge_->update(update_of(meter, info, grid_reading(now_, 1)), now_, out);
        settle(out);
        said_ = out;
    }
    // Until nothing more is written and nothing more follows from it.
    void settle(Messages& out) {
        for (int round = 0; round < 4; ++round) {
            bridge_->tick(now_, out);
            files_->finish(30s);
            files_->deliver();
        }
        bridge_->tick(now_, out);
    }
    TransactionDesk& desk() { return orders_->transactions(); }

    Messages write(const std::string& path, const std::string& payload, const std::string& answer_on = {},
                   const std::string& correlation = {}) {
        Message message{"W/p/grid/30/Transaction/" + path, payload};
        message.response_topic = answer_on;
        message.correlation = correlation;
        Messages out;
        bridge_->request(message, now_, out);
        settle(out);
        return out;
    }
    // The driver tells something.
    Messages tell(TransactionEvent event) {
        EXPECT_TRUE(desk().tell(meter, std::move(event)));
        Messages out;
        settle(out);
        return out;
    }
    std::string file(const std::string& path) const {
        std::ifstream in(folder_ + "/ocmf/" + path);
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }

    std::string folder_, log_;
    long long unix_time_ = 1'800'000'000;
    Settings settings_;
    std::unique_ptr<ThreadedFileWriter> files_;
    std::unique_ptr<RecordStore> store_;
    std::unique_ptr<Orders> orders_;
    std::unique_ptr<Bridge> bridge_;
    Messages said_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

Message topic_with(const std::string& topic, const std::string& payload) {
    return {topic, payload};
}

std::string result_of(const Messages& messages) {
    for (const Message& message : messages) {
        if (message.topic == "N/p/grid/30/Transaction/Result") {
            return message.payload;
        }
    }
    return {};
}

TEST_F(TransactionsTest, StartReachesTheDriver) {
    write("Start", R"({"value":{"transaction_id":"8d1f6c1e-1b5e-4c29-9d0b-111111111111","evse_id":"DE*ABC*E1",
        "identification_status":"ASSIGNED","identification_level":"VERIFIED",
        "identification_flags":["OCPP_RS_TLS","RFID_PLAIN"],"identification_type":"ISO14443",
        "identification_data":"04A1B2C3","tariff_text":"0,45 €/kWh","modality":"vehicle_to_grid"}})");
    const auto request = desk().request(meter);
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(std::get<StartTransaction>(*request),
              (StartTransaction{id, "DE*ABC*E1", true, 3, {1, 3, 0, 0}, 10, "04A1B2C3", "0,45 €/kWh", 1}));
    write("Stop", start_payload);
    desk().done(meter);
    EXPECT_EQ(std::get<StopTransaction>(*desk().request(meter)).transaction_id, id);
}

TEST_F(TransactionsTest, WhatIsNotUnderstoodIsRefusedWithAReason) {
    const auto with = [](const std::string& more) {
        return R"({"value":{"transaction_id":")" + id + "\"," + more + "}}";
    };
    const std::vector<std::string> bad{
        "",
        "{}",
        "[]",
        R"({"value":1})",
        R"({"value":{}})",
        R"({"value":{"transaction_id":1}})",
        R"({"value":{"transaction_id":""}})",
        R"({"value":{"transaction_id":"8d1f6c1e-1b5e-4c29-9d0b-1111111111111"}})",
        R"({"value":{"transaction_id":"T7"}})",
        with(R"("shorten":1)"),
        with(R"("colour":"red")"),
        with(R"("evse_id":5)"),
        with(R"("evse_id":"a|b")"),
        with(R"("evse_id":"a\"b")"),
        with(R"("evse_id":"a\\b")"),
        with(R"("tariff_text":"a\nb")"),
        with(R"("evse_id":"1234567890123456789012345678901234567890")"),
        with(R"("identification_status":true)"),
        with(R"("identification_level":"SURE")"),
        with(R"("identification_flags":"RFID_PLAIN")"),
        with(R"("identification_flags":["RFID_PLAIN","RFID_PSK"])"),
        with(R"("identification_flags":["rfid_plain"])"),
        with(R"("modality":"fast")"),
    };
    for (const std::string& payload : bad) {
        EXPECT_THAT(result_of(write("Start", payload)), HasSubstr(R"("ok":false,"reason":"invalid")"))
            << payload;
    }
    EXPECT_THAT(result_of(write("Stop", with(R"("evse_id":"x")"))), HasSubstr("invalid"));
    EXPECT_FALSE(desk().request(meter).has_value());
    EXPECT_THAT(write("Pause", start_payload), IsEmpty());
}

const std::string stop_of_any = R"({"value":{"transaction_id":""}})";

TEST_F(TransactionsTest, AStopWithoutAnIdIsOfWhatRunsWhenItArrives) {
    tell(RunningTransaction{id});
    write("Stop", stop_of_any);
    const std::string kept = file("journal.json");
    EXPECT_THAT(kept, HasSubstr("\"stop\":\"" + id + "\"")) << "bound before it is kept";
    tell(RunningTransaction{"another"});
    EXPECT_EQ(std::get<StopTransaction>(*desk().request(meter)).transaction_id, id);
    desk().done(meter);
    EXPECT_THAT(write("Stop", stop_of_any, "answers", "1"), Not(Contains(Field(&Message::topic, "answers"))));
    const Messages out = tell(TransactionResult{"another", TransactionReason::None, false, {}, true});
    EXPECT_THAT(out, Contains(Field(&Message::topic, "answers")));
    EXPECT_THAT(result_of(out), HasSubstr(R"("transaction_id":"another","ok":true)"));
}

TEST_F(TransactionsTest, AStopWithoutAnIdAndWithoutATransactionIsNotKept) {
    const std::string before = file("journal.json");
    const auto refused = [&](const std::string& detail) {
        const std::string result = result_of(write("Stop", stop_of_any));
        EXPECT_THAT(result, HasSubstr(R"("transaction_id":null,"ok":false,"reason":"unknown_transaction")"));
        EXPECT_THAT(result, HasSubstr(detail));
        EXPECT_FALSE(desk().request(meter).has_value());
        EXPECT_EQ(file("journal.json"), before);
    };
    refused("not known yet");
    tell(RunningTransaction{});
    refused("no transaction is running");
    tell(RunningTransaction{""});
    refused("without an id");
    EXPECT_THAT(result_of(write("Start", stop_of_any)), HasSubstr("invalid"));
    EXPECT_THAT(result_of(write("Stop", R"({"value":{}})")), HasSubstr("transaction_id is missing"));
}

TEST_F(TransactionsTest, AStopWithoutAnIdIsOfTheStartBeforeIt) {
    tell(RunningTransaction{});
    write("Start", start_payload);
    write("Stop", stop_of_any);
    desk().done(meter);
    ASSERT_TRUE(desk().request(meter).has_value());
    EXPECT_EQ(std::get<StopTransaction>(*desk().request(meter)).transaction_id, id);
}

TEST_F(TransactionsTest, ReadingsEndsAndSignedValuesAreShown) {
    TransactionResult stopped{id, TransactionReason::None, false, {}, true};
    stopped.begin = {"2026-11-30T04:00:00,000+0000 S", "12.345", "kWh", "1-b:1.8.0"};
    stopped.end = {"", "x", "", ""};
    EXPECT_THAT(
        result_of(tell(stopped)),
        HasSubstr(
            R"("begin":{"time":"2026-11-30T04:00:00,000+0000 S","value":12.345,"unit":"kWh","obis":"1-b:1.8.0"},)"
            R"("end":{"time":null,"value":null,"unit":null,"obis":null})"));
    const std::string topic = "N/p/grid/30/Transaction/";
    const Message ended = topic_with(topic + "Ended", R"({"value":{"transaction_id":")" + id +
                                                          R"(","cause":"power_failure"}})");
    EXPECT_THAT(tell(EndedByMeter{id, "power_failure"}), Contains(ended));
    EXPECT_THAT(tell(EndedByMeter{id, "power_failure"}), Contains(ended)) << "it happened again";
    EXPECT_THAT(log_, HasSubstr("ended transaction " + id + " by itself"));
    EXPECT_THAT(tell(SignedValue{SignedValue::Occasion::Start, id, "00AA", "BB", "04"}),
                Contains(topic_with(topic + "SignedValue",
                                    R"({"value":{"occasion":"start","transaction_id":")" + id +
                                        R"(","data":"00AA","signature":"BB","public_key":"04"}})")));
    EXPECT_THAT(tell(SignedValue{}), Contains(topic_with(topic + "SignedValue", R"({"value":null})")));
    EXPECT_FALSE(desk().take_value_request(meter));
    write("SignedValue", R"({"value":1})");
    EXPECT_TRUE(desk().take_value_request(meter));
    EXPECT_FALSE(desk().take_value_request(meter));
}

TEST_F(TransactionsTest, StateKeysAndResultsAreShown) {
    EXPECT_THAT(tell(TransactionState::Starting),
                Contains(topic_with("N/p/grid/30/Transaction/State", R"({"value":"starting"})")));
    const Messages keys = tell(TransactionKey{"04AA", "30BB"});
    EXPECT_THAT(keys, Contains(topic_with("N/p/grid/30/Transaction/PublicKey", R"({"value":"04AA"})")));
    EXPECT_THAT(keys, Contains(topic_with("N/p/grid/30/Transaction/PublicKeyDer", R"({"value":"30BB"})")));
    TransactionResult result{id, TransactionReason::None, true, {}, false};
    const std::string shown =
        R"({"value":{"transaction_id":")" + id + R"(","ok":true,"reason":null,"tariff_shortened":true}})";
    EXPECT_EQ(result_of(tell(result)), shown);
    EXPECT_EQ(result_of(tell(result)), shown) << "said again: it answers another request";
}

TEST_F(TransactionsTest, ClientsOfMqtt5AreAnsweredWhereTheyWish) {
    write("Start", start_payload, "answers/7", "abc");
    Messages out = tell(TransactionResult{id, TransactionReason::None, false, {}, false});
    const auto sent =
        std::find_if(out.begin(), out.end(), [](const Message& m) { return m.topic == "answers/7"; });
    ASSERT_NE(sent, out.end());
    EXPECT_EQ(sent->correlation, "abc");
    EXPECT_EQ(sent->payload, result_of(out));
    out = write("Start", "{}", "answers/#", "abc");
    EXPECT_THAT(out, Not(Contains(Field(&Message::correlation, "abc")))) << "no topic to publish on";
    out = write("Start", "{}", "N/p/grid/30/Ac/Power", "abc");
    EXPECT_THAT(out, Not(Contains(Field(&Message::correlation, "abc")))) << "nobody speaks for a meter";
}

TEST_F(TransactionsTest, ARecordIsSafeBeforeTheMeterHears) {
    const Messages out = tell(record_of(id));
    EXPECT_EQ(desk().take_kept(meter), RecordKept{id});
    const std::string json = file("KZ1230010001S/" + id + ".json");
    EXPECT_EQ(
        json,
        R"({"ocmf":"OCMF|{}|{\"SD\":\"00\"}","public_key":"04AA","public_key_der":"30BB","serial":"KZ1230010001S","transaction_id":")" +
            id + "\"}");
    const auto sent =
        std::find_if(out.begin(), out.end(), [](const Message& m) { return m.topic == record_topic; });
    ASSERT_NE(sent, out.end());
    EXPECT_EQ(sent->payload, json);
    EXPECT_EQ(sent->qos, 1);
    EXPECT_TRUE(sent->retain);
    EXPECT_TRUE(desk().has_record(id) || store_->has_record(id));
    EXPECT_THAT(result_of(write("Start", start_payload)), HasSubstr("already_closed"));
    EXPECT_THAT(result_of(write("Stop", start_payload)), HasSubstr("already_closed"));
    EXPECT_FALSE(desk().request(meter).has_value());
}

TEST_F(TransactionsTest, ARecordIsPublishedUntilTheBrokerHasIt) {
    tell(record_of(id));
    start();
    EXPECT_THAT(said_, Contains(Field(&Message::topic, record_topic))) << "published again after a restart";
    bridge_->delivered(record_topic, 0);
    Messages out;
    settle(out);
    start();
    EXPECT_THAT(said_, Not(Contains(Field(&Message::topic, record_topic)))) << "the broker keeps it";
    tell(record_of(id));
    EXPECT_EQ(desk().take_kept(meter), RecordKept{id}) << "told once more after a restart: the same record";
    EXPECT_FALSE(std::filesystem::exists(folder_ + "/ocmf/KZ1230010001S/" + id + ".conflict.json"));
}

TEST_F(TransactionsTest, AnotherRecordOfTheSameIdNeverReplacesTheFirst) {
    tell(record_of(id));
    const std::string first = file("KZ1230010001S/" + id + ".json");
    const Messages out = tell(record_of(id, "OCMF|{\"PG\":\"T2\"}|{\"SD\":\"00\"}"));
    EXPECT_THAT(out, Not(Contains(Field(&Message::topic, record_topic))));
    EXPECT_EQ(file("KZ1230010001S/" + id + ".json"), first);
    EXPECT_THAT(file("KZ1230010001S/" + id + ".conflict.json"), HasSubstr("T2"));
    EXPECT_THAT(log_, HasSubstr("another record"));
}

TEST_F(TransactionsTest, ACorruptedFileIsKeptAndIsNoRecord) {
    TransactionRecord record = record_of(id, "OCMF|{\"FV\"");
    record.corrupted = true;
    EXPECT_THAT(tell(record), Not(Contains(Field(&Message::topic, record_topic))));
    EXPECT_EQ(file("KZ1230010001S/" + id + ".corrupted"), "OCMF|{\"FV\"");
    EXPECT_EQ(desk().take_kept(meter), RecordKept{id});
    EXPECT_FALSE(store_->has_record(id));
    EXPECT_THAT(tell(record_of(id, "OCMF|\xFF|x")), Not(Contains(Field(&Message::topic, record_topic))))
        << "bytes that JSON cannot hold";
}

TEST_F(TransactionsTest, WithoutStateDirectoryTheBrokerKeepsTheRecord) {
    start(false);
    EXPECT_THAT(tell(record_of(id)), Contains(Field(&Message::topic, record_topic)));
    EXPECT_FALSE(desk().take_kept(meter).has_value()) << "not safe yet";
    Messages out;
    bridge_->connected(now_, out);
    EXPECT_THAT(out, Contains(Field(&Message::topic, record_topic))) << "the broker was away";
    bridge_->delivered(record_topic, 0);
    EXPECT_EQ(desk().take_kept(meter), RecordKept{id});
}

TEST_F(TransactionsTest, ADiskThatDoesNotTakeTheRecordIsTriedAgain) {
    std::filesystem::remove_all(folder_);
    tell(record_of(id));
    EXPECT_FALSE(desk().take_kept(meter).has_value());
    EXPECT_THAT(log_, HasSubstr("the record stays in the meter"));
    std::filesystem::create_directories(folder_);
    Messages out;
    settle(out);
    EXPECT_EQ(desk().take_kept(meter), RecordKept{id});
    EXPECT_THAT(out, Contains(Field(&Message::topic, record_topic)));
}

TEST_F(TransactionsTest, RequestsOutliveTheProgram) {
    write("Start", start_payload);
    unix_time_ += 30;
    start();
    ASSERT_TRUE(desk().request(meter).has_value()) << "asked again";
    EXPECT_EQ(std::get<StartTransaction>(*desk().request(meter)).transaction_id, id);
    tell(TransactionResult{id, TransactionReason::None, false, {}, false});
    start();
    EXPECT_FALSE(desk().request(meter).has_value()) << "answered";
    write("Stop", start_payload);
    unix_time_ += 86400;
    start();
    ASSERT_TRUE(desk().request(meter).has_value()) << "a stop is wanted for ever";
    EXPECT_EQ(std::get<StopTransaction>(*desk().request(meter)).transaction_id, id);
}

TEST_F(TransactionsTest, AStartNobodyWaitsForAnyMoreIsNotCarriedOut) {
    write("Start", start_payload);
    unix_time_ += 61;
    start();
    EXPECT_FALSE(desk().request(meter).has_value());
    Messages out;
    bridge_->tick(now_, out);
    EXPECT_THAT(result_of(out) + result_of(said_), HasSubstr(R"("reason":"timeout")"));
}

TEST_F(TransactionsTest, AStopWhoseRecordIsThereAlreadyWentWell) {
    write("Stop", start_payload);
    store_->keep("KZ1230010001S", id, "{}", [](const FileResult&) {});
    ASSERT_TRUE(files_->finish(30s));
    start();
    EXPECT_FALSE(desk().request(meter).has_value());
    Messages out;
    bridge_->tick(now_, out);
    EXPECT_THAT(result_of(out) + result_of(said_), HasSubstr(R"("ok":true)"));
}

TEST_F(TransactionsTest, ABrokenJournalIsNoReasonToStop) {
    std::filesystem::create_directories(folder_ + "/ocmf");
    std::ofstream(folder_ + "/ocmf/journal.json") << "{\"requests\":[{]";
    start();
    EXPECT_THAT(log_, HasSubstr("journal cannot be read"));
    write("Start", start_payload);
    EXPECT_TRUE(desk().request(meter).has_value());
}

TEST(TransactionId, IsPrintableAndShortEnough) {
    for (const std::string text :
         {id.c_str(), "8D1F6C1E-1B5E-4C29-9D0B-11111111111A", "4711", "T", "T7a", "a b", "../../etc/passwd",
          "a+b=c:d@e.f*g#h%", "gd1f6c1e-1b5e-4c29-9d0b-111111111111"}) {
        EXPECT_TRUE(is_transaction_id(text)) << text;
        EXPECT_EQ(is_uuid(text), text == id || text.ends_with("A")) << text;
    }
    for (const char* text : {"", " ", " a", "a ", "T23", "a<=>b", "a|b", "a\"b", "a\\b", "a\nb", "\u00E4",
                             "a\x7F", "8d1f6c1e-1b5e-4c29-9d0b-1111111111111"}) {
        EXPECT_FALSE(is_transaction_id(text)) << text;
    }
}

TEST(TransactionId, IsANameThatIsNoPathAndNoFilter) {
    EXPECT_EQ(as_name(id), id);
    EXPECT_EQ(as_name("../a+b_%"), "%2E%2E%2Fa%2Bb_%25");
    EXPECT_EQ(as_name("a.b/#", "."), "a.b%2F%23");
}

TEST_F(TransactionsTest, RecordsOfAnyIdAreKeptApart) {
    const std::vector<std::pair<std::string, std::string>> names{
        {"a/b", "a%2Fb"}, {"a_b", "a_b"}, {"a+b", "a%2Bb"}, {"ABC", "ABC"}, {"abc", "abc"}};
    for (const auto& [any, name] : names) {
        EXPECT_THAT(tell(record_of(any)),
                    Contains(Field(&Message::topic, "gridbridge/p/ocmf/KZ1230010001S/" + name)));
        EXPECT_THAT(file("KZ1230010001S/" + name + ".json"), HasSubstr("\"transaction_id\":\"" + any + "\""))
            << any;
        EXPECT_TRUE(store_->has_record(any));
    }
    EXPECT_FALSE(store_->has_record("a b"));
    start();
    EXPECT_THAT(said_, Contains(Field(&Message::topic, "gridbridge/p/ocmf/KZ1230010001S/a%2Fb")));
    EXPECT_TRUE(store_->has_record("a/b"));
}

TEST_F(TransactionsTest, TextsBeyondTheMeterAreRefusedOrCutOnRequest) {
    const std::string longest(39, 'x');
    for (const std::string key : {"evse_id", "identification_data"}) {
        const auto with = [&](const std::string& text, const std::string& more) {
            return R"({"value":{"transaction_id":"4711",")" + key + "\":\"" + text + "\"" + more + "}}";
        };
        EXPECT_THAT(result_of(write("Start", with(longest + "y", ""))),
                    HasSubstr(key + " must have at most 39 bytes; with \\\"shorten\\\": true it is cut"));
        EXPECT_FALSE(desk().request(meter).has_value());
        write("Start", with(longest, ""));
        EXPECT_TRUE(desk().request(meter).has_value());
        desk().done(meter);
        write("Start", with(longest + "y", R"(,"shorten":true)"));
        start(); // read from the journal
        ASSERT_TRUE(desk().request(meter).has_value());
        desk().done(meter);
        EXPECT_TRUE(std::get<StartTransaction>(*desk().request(meter)).shorten);
        tell(TransactionResult{"4711", TransactionReason::None, false, {}, false});
        tell(TransactionResult{"4711", TransactionReason::None, false, {}, false});
        desk().done(meter);
    }
    TransactionResult cut{id, TransactionReason::None, false, {}, false, true, true};
    EXPECT_THAT(result_of(tell(cut)),
                HasSubstr(R"("evse_id_shortened":true,"identification_shortened":true)"));
}

Message start_of(int number) {
    std::string another = id;
    const std::string digits = std::to_string(100000 + number);
    another.replace(another.size() - digits.size(), digits.size(), digits);
    return {"W/p/grid/30/Transaction/Start", R"({"value":{"transaction_id":")" + another + R"("}})"};
}

TEST_F(TransactionsTest, AFloodOfRequestsIsOneJournal) {
    Messages out;
    const std::string before = file("journal.json");
    for (int i = 0; i < 2000; ++i) {
        bridge_->request(start_of(i), now_, out);
    }
    files_->finish(30s);
    EXPECT_EQ(file("journal.json"), before) << "not one for each";
    bridge_->tick(now_, out);
    files_->finish(30s);
    const auto journal = TransactionJournal::from_json(file("journal.json"));
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->requests.size(), 64U) << "the rest was refused";
    EXPECT_FALSE(desk().request(meter).has_value()) << "the meter does not know yet";
    files_->deliver();
    settle(out);
    EXPECT_TRUE(desk().request(meter).has_value());
}

// A desk that is full takes no answers: what was refused then is not kept for ever.
TEST_F(TransactionsTest, WhatNobodyCanBeToldIsNotKept) {
    Messages out;
    for (int i = 0; i < 40; ++i) {
        bridge_->request(start_of(i), now_, out);
    }
    bridge_->tick(now_, out);
    while (desk().tell(meter, TransactionState::Idle)) {
    }
    files_->finish(30s);
    files_->deliver(); // the meter takes 16, the rest would be refused
    for (int i = 0; i < 40; ++i) {
        bridge_->request({"W/p/grid/30/Transaction/Stop", "{}", false, 0, 0, "lost", "1"}, now_, out);
    }
    settle(out);
    out = write("Stop", "{}", "answers", "2");
    EXPECT_THAT(out, Contains(Field(&Message::topic, "answers"))) << "nobody waits in its place";
    const auto journal = TransactionJournal::from_json(file("journal.json"));
    ASSERT_TRUE(journal);
    EXPECT_EQ(journal->requests.size(), TransactionDesk::max_waiting);
}

} // namespace
} // namespace gridbridge
