// What goes to the desk and what comes from it.
#include "tests/drivers/modbus/signing/signing_parts.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum TransactionReason;

TransactionRecord record_of(const std::string& id, bool corrupted = false) {
    return {"S", id, "OCMF|{}|{}", {}, corrupted};
}

TEST(DeskOutbox, TellsAStateOnlyWhenItHasChanged) {
    SigningParts parts;
    parts.outbox.tell_state(TransactionState::Idle);
    parts.outbox.tell_state(TransactionState::Idle);
    EXPECT_FALSE(parts.outbox.is_under_way());
    parts.outbox.tell_state(TransactionState::Running);
    EXPECT_TRUE(parts.outbox.is_under_way());
    parts.outbox.forget_state();
    EXPECT_FALSE(parts.outbox.is_under_way());
    parts.outbox.tell_state(TransactionState::Running);
    EXPECT_EQ(parts.told(), (std::vector<TransactionEvent>{TransactionState::Idle, TransactionState::Running,
                                                           TransactionState::Running}));
}

TEST(DeskOutbox, KeepsWhatAFullDeskDoesNotTake) {
    SigningParts parts;
    while (parts.desk.tell({1, 0}, TransactionState::Idle)) {
    }
    parts.outbox.tell_state(TransactionState::Idle);
    parts.outbox.tell(TransactionKey{"04", "30"});
    parts.outbox.flush();
    EXPECT_FALSE(parts.outbox.is_empty());
    parts.desk.take_events();
    EXPECT_EQ(parts.told(),
              (std::vector<TransactionEvent>{TransactionState::Idle, TransactionKey{"04", "30"}}));
    EXPECT_TRUE(parts.outbox.is_empty());
}

TEST(RecordReceipt, GoesFromToldToKeptToClosed) {
    RecordReceipt receipt(3);
    EXPECT_FALSE(receipt.is_open());
    EXPECT_TRUE(receipt.open(record_of(first_id)));
    EXPECT_FALSE(receipt.open(record_of(first_id))) << "told before";
    EXPECT_TRUE(receipt.is_of(first_id));
    EXPECT_EQ(receipt.closed(), nullptr);
    receipt.keep(second_id);
    EXPECT_FALSE(receipt.is_kept());
    receipt.keep(first_id);
    EXPECT_TRUE(receipt.is_kept());
    receipt.close();
    EXPECT_FALSE(receipt.is_open());
    ASSERT_NE(receipt.closed(), nullptr);
    EXPECT_EQ(receipt.closed()->transaction_id, first_id);
    EXPECT_FALSE(receipt.open(record_of(first_id)));
    EXPECT_TRUE(receipt.is_kept()) << "and the meter is told again";
    EXPECT_TRUE(receipt.open(record_of(second_id)));
    EXPECT_FALSE(receipt.is_kept());
}

TEST(RecordReceipt, ConfirmsNoMoreOftenThanAllowed) {
    RecordReceipt receipt(2);
    EXPECT_TRUE(receipt.count_confirmation());
    EXPECT_TRUE(receipt.count_confirmation());
    EXPECT_FALSE(receipt.count_confirmation());
    receipt.forget_confirmations();
    EXPECT_TRUE(receipt.count_confirmation());
}

TEST(RequestInbox, AnswersAtOnceWhatNeedsNoLook) {
    SigningParts parts;
    parts.store.insert(second_id);
    parts.desk.ask(SigningParts::source, start_of(std::string(37, 'x')));
    parts.desk.ask(SigningParts::source, StopTransaction{second_id});
    parts.desk.ask(SigningParts::source, StopTransaction{first_id});
    parts.inbox.collect(parts.now, true);
    const auto answers = parts.answers();
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0].reason, Invalid);
    EXPECT_EQ(answers[1], (TransactionResult{second_id, AlreadyClosed, false, "", true}));
    ASSERT_NE(parts.inbox.request(), nullptr);
    EXPECT_TRUE(parts.inbox.request()->is_stop_of(first_id));
    EXPECT_TRUE(parts.desk.request(SigningParts::source)) << "until it is answered";
    parts.inbox.answer(UnknownTransaction, "none");
    EXPECT_EQ(parts.inbox.request(), nullptr);
    EXPECT_FALSE(parts.desk.request(SigningParts::source));
}

TEST(RequestInbox, RefusesEverythingOfAMeterThatDoesNotSign) {
    SigningParts parts;
    parts.desk.ask(SigningParts::source, start_of(first_id));
    parts.inbox.collect(parts.now, false);
    EXPECT_EQ(parts.inbox.request(), nullptr);
    EXPECT_EQ(parts.answers().at(0).reason, NotSupported);
}

TEST(RequestInbox, ACorruptedRecordEndsItsStopButNoStart) {
    SigningParts parts;
    parts.receipt.open(record_of(first_id, true));
    parts.receipt.close();
    parts.ask(StopTransaction{first_id});
    EXPECT_EQ(parts.answers().at(0).reason, Corrupted);
    parts.ask(start_of(first_id));
    EXPECT_TRUE(parts.answers().empty());
    ASSERT_NE(parts.inbox.request(), nullptr);
    EXPECT_TRUE(parts.inbox.request()->is_looked_at());
}

TEST(RequestInbox, PassesOnWhichRecordsAreSafe) {
    SigningParts parts;
    parts.receipt.open(record_of(first_id));
    parts.desk.kept(SigningParts::source, {first_id});
    parts.inbox.collect(parts.now, true);
    EXPECT_TRUE(parts.receipt.is_kept());
}

} // namespace
} // namespace gridbridge
