// From the start-up to a record that is confirmed.
#include "drivers/modbus/signing/record_course.hpp"

#include "tests/drivers/modbus/signing/signing_parts.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using enum TransactionReason;
using Words = std::vector<std::uint16_t>;

struct Parts : SigningParts {
    TransactionWarnings warnings;
    KeyFetch keys{inbox, outbox, warnings};
    RecordCourse record{inbox, outbox, receipt, keys, 1};

    // The meter holds this record; it is read.
    NextAction fetch(const std::string& id) {
        record.meter_found("S");
        shows(ocmf::State::Ready, id);
        record.begin(look, RecordCourse::Ending::Unknown, now);
        record.answered(Step::FileSize, Words{20}, look, now);
        const std::string text = R"(OCMF|{"TT":"t<=>)" + id + R"("}|{"SD":"30"})";
        return record.answered(Step::File, ocmf::encode_text(text), look, now);
    }
};

TEST(KeyFetch, ReadsTheKeyInTwoPartsAndTellsItOnce) {
    Parts parts;
    for (int i = 0; i < 2; ++i) {
        EXPECT_EQ(KeyFetch::begin().step, Step::SignatureType);
        const auto raw = parts.keys.answered(Step::SignatureType, Words{0}, parts.now);
        ASSERT_TRUE(std::holds_alternative<StepJob>(raw));
        EXPECT_EQ(std::get<StepJob>(raw).step, Step::RawKey);
        Words words(33, 0);
        words[0] = 0x0411;
        const auto der = parts.keys.answered(Step::RawKey, words, parts.now);
        EXPECT_EQ(std::get<StepJob>(der).step, Step::DerKey);
        words.assign(46, 0);
        words[0] = 0x305A;
        EXPECT_TRUE(std::holds_alternative<LookNow>(parts.keys.answered(Step::DerKey, words, parts.now)));
    }
    EXPECT_EQ(parts.told(), (std::vector<TransactionEvent>{parts.keys.key()}));
    EXPECT_EQ(parts.keys.key().raw.substr(0, 4), "0411");
    EXPECT_TRUE(parts.warnings.take().empty());
}

TEST(KeyFetch, AMeterThatDoesNotSignAnswersWhoWaits) {
    Parts parts;
    parts.ask(start_of(first_id));
    EXPECT_TRUE(
        std::holds_alternative<RestUntil>(parts.keys.answered(Step::SignatureType, Words{2}, parts.now)));
    EXPECT_FALSE(parts.keys.signs());
    EXPECT_EQ(parts.answers().at(0).reason, NotSupported);
    EXPECT_EQ(parts.warnings.take().size(), 1U);
    parts.keys.meter_found();
    EXPECT_TRUE(parts.keys.signs());
    parts.keys.refused(parts.now);
    EXPECT_FALSE(parts.keys.signs());
}

TEST(TransactionWarnings, AFailureIsSaidOnceUntilItWentWell) {
    TransactionWarnings warnings;
    warnings.add_failure("a");
    warnings.add_failure("a");
    EXPECT_EQ(warnings.take(), (std::vector<std::string>{"transactions: a; starting over in 10 s"}));
    warnings.went_well();
    warnings.add_failure("a");
    warnings.add_failure("b");
    EXPECT_EQ(warnings.take().size(), 2U);
    EXPECT_TRUE(warnings.take().empty());
}

TEST(RecordCourse, TellsARecordOnce) {
    Parts parts;
    EXPECT_TRUE(std::holds_alternative<RestUntil>(parts.fetch(first_id)));
    EXPECT_TRUE(parts.receipt.is_open());
    EXPECT_EQ(parts.told().size(), 1U);
    EXPECT_TRUE(std::holds_alternative<RestUntil>(parts.fetch(first_id)));
    EXPECT_TRUE(parts.told().empty());
}

TEST(RecordCourse, OnlyItsOwnStopWaitsForARecord) {
    Parts parts;
    parts.fetch(first_id);
    parts.told();
    parts.ask(StopTransaction{second_id});
    parts.record.refuse_other_stop();
    EXPECT_EQ(parts.answers().at(0).reason, UnknownTransaction);
    parts.ask(StopTransaction{first_id});
    parts.record.refuse_other_stop();
    EXPECT_TRUE(parts.answers().empty());
    parts.record.confirmed();
    EXPECT_EQ(parts.told(), (std::vector<TransactionEvent>{TransactionResult{first_id, None, false, "", true},
                                                           TransactionState::Idle}));
}

TEST(RecordCourse, GivesUpWhenTheMeterDoesNotTakeIt) {
    RecordReceipt once(1);
    Parts parts;
    RecordCourse record(parts.inbox, parts.outbox, once, parts.keys, 1);
    EXPECT_TRUE(std::holds_alternative<LookNow>(record.answered(Step::Confirm, {}, parts.look, parts.now)));
    EXPECT_TRUE(std::holds_alternative<BeginAnew>(record.answered(Step::Confirm, {}, parts.look, parts.now)));
    record.interrupted();
    EXPECT_TRUE(std::holds_alternative<LookNow>(record.answered(Step::Confirm, {}, parts.look, parts.now)));
}

} // namespace
} // namespace gridbridge
