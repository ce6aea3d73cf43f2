// What becomes of a record that the meter has.
#include "tests/drivers/modbus/signing/transaction_world.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum TransactionReason;

TEST(Transaction, AClosedRecordIsFetchedBeforeTheNextStart) {
    TransactionWorld world;
    leave_record(world.meter, "t<=>" + std::string(first_id), "P");
    EXPECT_EQ(world.request(start_of(second_id)).reason, None);
    EXPECT_TRUE(world.store.contains(first_id));
    EXPECT_EQ(world.meter.confirmed, 1);
    EXPECT_EQ(world.state, TransactionState::Running);
    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, AlreadyClosed);
}

TEST(Transaction, ItsStopAndNoOtherWaitsForARecord) {
    TransactionWorld world;
    world.keeps = false;
    leave_record(world.meter, "t<=>" + std::string(first_id));
    ASSERT_TRUE(world.until([&] { return world.records.size() == 1; }));
    EXPECT_EQ(world.request(StopTransaction{second_id}).reason, UnknownTransaction);
    world.ask(StopTransaction{first_id});
    world.run_for(5s);
    EXPECT_EQ(world.results.size(), 1U);
    EXPECT_EQ(world.meter.confirmed, 0) << "the record is not kept yet";
    world.store[first_id] = world.meter.record;
    world.desk->kept({0, 0}, {first_id});
    ASSERT_TRUE(world.until([&] { return world.results.size() == 2; }));
    EXPECT_EQ(world.results[1].reason, None);
    EXPECT_EQ(world.meter.confirmed, 1);
    EXPECT_EQ(world.records.size(), 1U);
}

TEST(Transaction, ARecordThatWasNotKeptIsToldAgainAfterARestart) {
    TransactionWorld world;
    world.keeps = false;
    leave_record(world.meter, "t<=>" + std::string(first_id));
    ASSERT_TRUE(world.until([&] { return world.records.size() == 1; }));
    world.unplug();
    world.run_for(30s);
    world.plug();
    world.run_for(30s);
    EXPECT_EQ(world.records.size(), 1U) << "once in a run";
    world.keeps = true;
    world.start_process();
    ASSERT_TRUE(world.until([&] { return world.meter.confirmed == 1; }));
    EXPECT_EQ(world.records.size(), 1U);
}

TEST(Transaction, ARecordWithoutAnIdIsToldByItsNumber) {
    TransactionWorld world;
    leave_record(world.meter, "no id");
    ASSERT_TRUE(world.until([&] { return world.meter.confirmed == 1; }));
    ASSERT_EQ(world.records.size(), 1U);
    EXPECT_EQ(world.records[0].transaction_id, "T1");
    EXPECT_FALSE(world.records[0].corrupted);
}

TEST(Transaction, ACorruptedRecordIsKeptForPeopleAndConfirmed) {
    TransactionWorld world;
    world.request(start_of(first_id));
    world.meter.behaviour().spoils_records = true;
    const TransactionResult result = world.request(StopTransaction{first_id});
    EXPECT_EQ(result.reason, Corrupted);
    EXPECT_TRUE(result.is_stop);
    ASSERT_EQ(world.records.size(), 1U);
    EXPECT_TRUE(world.records[0].corrupted);
    EXPECT_EQ(world.records[0].transaction_id, first_id);
    EXPECT_EQ(world.records[0].ocmf, world.meter.record);
    EXPECT_EQ(world.meter.confirmed, 1);
    EXPECT_TRUE(world.until([&] { return world.state == TransactionState::Idle; }));
    EXPECT_TRUE(world.store.empty());
}

TEST(Transaction, OfACorruptedRecordWithoutAFileTheRestIsTold) {
    TransactionWorld world;
    leave_record(world.meter, "t<=>" + std::string(first_id));
    world.meter.behaviour().spoils_records = true;
    world.meter.close("E");
    world.meter.record.clear(); // size 0
    ASSERT_TRUE(world.until([&] { return world.meter.confirmed == 1; }));
    ASSERT_EQ(world.records.size(), 1U);
    EXPECT_EQ(world.records[0].transaction_id, first_id);
    EXPECT_TRUE(world.records[0].corrupted);
    EXPECT_EQ(world.records[0].ocmf, "");
}

TEST(Transaction, ARecordIsReadAgainWhenItLooksBroken) {
    TransactionWorld world;
    world.request(start_of(first_id));
    int spoilt = 0;
    world.line = [&](std::size_t, const RegisterRequest& request) {
        auto answer = world.carry_out(request);
        if (request.address == ocmf::file && spoilt == 0) {
            ++spoilt;
            answer.words[0] = 0x5858;
        }
        return answer;
    };
    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, None);
    EXPECT_EQ(spoilt, 1);
    ASSERT_EQ(world.records.size(), 1U);
    EXPECT_EQ(world.records[0].ocmf, world.meter.record);
    EXPECT_FALSE(world.records[0].corrupted);
}

TEST(Transaction, ARecordThatIsNoneIsToldAsCorrupted) {
    TransactionWorld world;
    leave_record(world.meter, "t<=>" + std::string(first_id));
    world.meter.record = "XXXX|{}|";
    ASSERT_TRUE(world.until([&] { return world.meter.confirmed == 1; }));
    ASSERT_EQ(world.records.size(), 1U);
    EXPECT_TRUE(world.records[0].corrupted);
    EXPECT_EQ(world.records[0].ocmf, "XXXX|{}|");
}

} // namespace
} // namespace gridbridge
