#include "drivers/modbus/signing/record_fetch.hpp"

#include "drivers/modbus/signing/ocmf_registers.hpp"
#include "tests/drivers/modbus/signing/transaction_world.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

std::string record_text(const std::string& id) {
    return R"(OCMF|{"TT":"t<=>)" + id + R"("}|{"SD":"30"})";
}

Step step_of(const RecordFetch::Next& next) {
    const auto* const job = std::get_if<StepJob>(&next);
    return job == nullptr ? Step::Rest : job->step;
}

bool is_complete(const RecordFetch::Next& next) {
    return std::holds_alternative<RecordFetch::Complete>(next);
}

RecordFetch::Next read_file(RecordFetch& fetch, const std::string& text) {
    EXPECT_EQ(step_of(fetch.size_read(10)), Step::File);
    return fetch.file_read(ocmf::encode_text(text));
}

TEST(RecordFetch, OneGoodReadIsEnough) {
    RecordFetch fetch(3);
    EXPECT_EQ(step_of(fetch.begin(first_id, false)), Step::FileSize);
    EXPECT_TRUE(is_complete(read_file(fetch, record_text(first_id))));
    const TransactionRecord record = fetch.record("S", {"04", "30"});
    EXPECT_EQ(record, (TransactionRecord{"S", first_id, record_text(first_id), {"04", "30"}, false}));
}

TEST(RecordFetch, ARecordOfSomethingElseMustReadTheSameTwice) {
    RecordFetch fetch(3);
    fetch.begin(first_id, false);
    EXPECT_EQ(step_of(read_file(fetch, record_text(second_id))), Step::FileSize);
    EXPECT_TRUE(is_complete(read_file(fetch, record_text(second_id))));
    EXPECT_EQ(fetch.transaction_id(), second_id) << "the record counts more than the text";
    EXPECT_FALSE(fetch.record("S", {}).corrupted);
}

TEST(RecordFetch, WhatReadsDifferentlyEachTimeFails) {
    RecordFetch fetch(2);
    fetch.begin(first_id, false);
    EXPECT_EQ(step_of(read_file(fetch, "a")), Step::FileSize);
    EXPECT_EQ(step_of(read_file(fetch, "b")), Step::FileSize);
    const auto next = read_file(fetch, "c");
    ASSERT_TRUE(std::holds_alternative<RecordFetch::Failed>(next));
    EXPECT_EQ(std::get<RecordFetch::Failed>(next).reason, "its record reads differently each time");
    fetch.interrupted();
    fetch.begin(first_id, false);
    EXPECT_EQ(step_of(read_file(fetch, "d")), Step::FileSize) << "counted anew";
    EXPECT_TRUE(is_complete(read_file(fetch, "d")));
    EXPECT_TRUE(fetch.record("S", {}).corrupted);
    EXPECT_EQ(fetch.transaction_id(), first_id);
}

TEST(RecordFetch, OfACorruptedRecordTheRestIsTaken) {
    RecordFetch fetch(3);
    fetch.begin(first_id, true);
    EXPECT_TRUE(is_complete(fetch.size_read(0)));
    EXPECT_EQ(fetch.record("S", {}), (TransactionRecord{"S", first_id, "", {}, true}));
    fetch.begin(first_id, true);
    EXPECT_TRUE(is_complete(read_file(fetch, "OCMF|{")));
    EXPECT_EQ(fetch.record("S", {}), (TransactionRecord{"S", first_id, "OCMF|{", {}, true}));
    fetch.begin(first_id, false);
    EXPECT_TRUE(std::holds_alternative<RecordFetch::Failed>(fetch.size_read(2032))) << "of a good one, all";
    EXPECT_TRUE(std::holds_alternative<RecordFetch::Failed>(fetch.file_refused("why")));
}

TEST(RecordFetch, WithoutAnIdTheNumberIsTaken) {
    RecordFetch fetch(3);
    fetch.begin("", false);
    EXPECT_EQ(step_of(read_file(fetch, record_text(std::string(37, 'x')))), Step::Number);
    EXPECT_TRUE(is_complete(fetch.number_read(std::vector<std::uint16_t>{5, 1})));
    EXPECT_EQ(fetch.transaction_id(), "T65541");
    fetch.begin("", true);
    EXPECT_EQ(step_of(fetch.size_read(0)), Step::Number);
    EXPECT_TRUE(is_complete(fetch.number_refused()));
    EXPECT_EQ(fetch.record("S", {}).transaction_id, "T0");
}

} // namespace
} // namespace gridbridge
