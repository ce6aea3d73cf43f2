#include "drivers/modbus/signing/transaction_course.hpp"

#include "tests/drivers/modbus/signing/signing_parts.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum TransactionReason;
using ocmf::State;

struct Course : SigningParts {
    TransactionCourse course{inbox, outbox, receipt, ClockWriter({}, std::nullopt), 10s};

    NextAction looked(State state, const std::string& id = {}) {
        shows(state, id);
        inbox.set_looked_at(true);
        return course.looked(look, now);
    }
    Step step_after(State state, const std::string& id = {}) { return step_of(looked(state, id)); }
    static Step step_of(const NextAction& next) {
        const auto* const job = std::get_if<StepJob>(&next);
        return job == nullptr ? Step::Rest : job->step;
    }
};

TEST(StartWriter, WritesTheCommandLast) {
    StartWriter writer;
    writer.begin(start_of(first_id));
    int writes = 0;
    StepJob next = writer.next();
    for (; next.step == Step::StartWrite; next = writer.next()) {
        ++writes;
    }
    EXPECT_EQ(writes, 9);
    EXPECT_EQ(next.step, Step::Begin);
    EXPECT_EQ(next.job.request(), (RegisterRequest{ocmf::command, 0, {ocmf::begin}}));
    writer.begin(start_of(first_id));
    writer.stop();
    EXPECT_EQ(writer.next().step, Step::Begin) << "nothing of it is left";
}

TEST(MeterLook, AnIdleMeterHasNoTransaction) {
    MeterLook look(10s);
    look.meter_found(Clock::time_point(1h));
    look.meter_found(Clock::time_point(2h));
    EXPECT_FALSE(look.is_fresh(Clock::time_point(1h + 10s))) << "the first time counts";
    EXPECT_TRUE(look.state_read(1));
    look.text_read(ocmf::encode_text("t<=>" + std::string(first_id)));
    EXPECT_EQ(look.running_text(), "transaction " + std::string(first_id) + " is running");
    EXPECT_TRUE(look.state_read(0));
    EXPECT_EQ(look.id(), "");
    EXPECT_FALSE(look.state_read(4));
    EXPECT_TRUE(look.is_idle()) << "unchanged";
    look.begin(true);
    EXPECT_TRUE(look.is_for_request());
}

TEST(ClockWriter, WritesTimeAndOffsetWhenDue) {
    const Clock::time_point now(1h);
    std::int64_t seconds = 1790000000;
    ClockWriter clock([&] { return WallTime{seconds, 60}; }, std::nullopt);
    clock.meter_found(now);
    EXPECT_TRUE(clock.must_come_first());
    EXPECT_FALSE(clock.time_write(now + 1999ms));
    ASSERT_TRUE(clock.time_write(now + 2s));
    EXPECT_EQ(clock.time_write(now + 2s)->step, Step::ClockTime);
    EXPECT_EQ(clock.offset_write(now + 2s)->job.request().write, (std::vector<std::uint16_t>{60}));
    clock.written(now + 2s);
    EXPECT_FALSE(clock.must_come_first());
    EXPECT_EQ(clock.due(), now + 2s + 1h);
    EXPECT_FALSE(clock.refused(now)) << "not the first time";
    EXPECT_EQ(clock.due(), now + 1min);
    clock.meter_found(now);
    EXPECT_TRUE(clock.refused(now));
    seconds = 0; // 1970
    EXPECT_FALSE(clock.time_write(now + 1h));
    EXPECT_FALSE(ClockWriter({}, 0).must_come_first());
}

TEST(ClosingTransaction, IsCommandedAgainOnlyWhenItDidNotArrive) {
    const Clock::time_point now(1h);
    ClosingTransaction closing(first_id, now, 10s);
    EXPECT_FALSE(closing.must_command_again(now + 1999ms));
    EXPECT_TRUE(closing.must_command_again(now + 2s));
    closing.command_answered();
    EXPECT_FALSE(closing.must_command_again(now + 9s));
    EXPECT_EQ(closing.next_look(now), now + 100ms);
    EXPECT_TRUE(closing.is_late(now + 10s));
    closing.give_up();
    EXPECT_EQ(closing.next_look(now), now + 1s);
    EXPECT_TRUE(closing.must_command_again(now + 10s));
    closing.asked_again(now + 20s);
    EXPECT_FALSE(closing.is_late(now + 29s)) << "counts from there";
    EXPECT_FALSE(closing.is_hopeless(now + 79s));
    EXPECT_TRUE(closing.is_hopeless(now + 80s));
}

TEST(TransactionCourse, BeginsWhatIsAskedAtAnIdleMeter) {
    Course course;
    EXPECT_EQ(course.step_after(State::NotReady), Step::Rest);
    course.ask(start_of(first_id));
    NextAction next = course.looked(State::NotReady);
    int writes = 0;
    while (Course::step_of(next) == Step::StartWrite) {
        next = course.course.answered(Step::StartWrite, course.look, course.now);
        ++writes;
    }
    EXPECT_EQ(writes, 9);
    EXPECT_EQ(Course::step_of(next), Step::Begin);
    course.inbox.request()->begin_sent(course.now);
    EXPECT_TRUE(
        std::holds_alternative<LookNow>(course.course.answered(Step::Begin, course.look, course.now)));
    EXPECT_EQ(course.step_after(State::Running, first_id), Step::Rest);
    EXPECT_EQ(course.told(),
              (std::vector<TransactionEvent>{TransactionState::Idle, TransactionState::Starting,
                                             TransactionState::Running,
                                             TransactionResult{first_id, None, false, "", false}}));
}

TEST(TransactionCourse, ACommandThatFailedIsRepeatedAndARefusedOneIsNot) {
    Course course;
    course.ask(start_of(first_id));
    course.looked(State::NotReady);
    course.inbox.request()->begin_sent(course.now);
    EXPECT_EQ(course.step_after(State::NotReady), Step::Rest) << "it may still begin";
    course.now += 2s;
    EXPECT_EQ(course.step_after(State::NotReady), Step::StartWrite);
    course.inbox.answer(Timeout);
    course.answers();
    course.ask(start_of(second_id));
    course.looked(State::NotReady);
    course.inbox.request()->begin_sent(course.now);
    course.course.refused(Step::Begin, 3, "text", course.now);
    course.looked(State::NotReady);
    EXPECT_EQ(course.answers().at(0).detail, "the meter refuses to begin (exception 3)");
}

TEST(TransactionCourse, EndsOnlyTheTransactionThatRuns) {
    Course course;
    course.ask(StopTransaction{second_id});
    EXPECT_EQ(course.step_after(State::Running, first_id), Step::Rest);
    EXPECT_EQ(course.answers().at(0).reason, UnknownTransaction);
    course.ask(StopTransaction{first_id});
    EXPECT_EQ(course.step_after(State::Running, first_id), Step::End);
    EXPECT_TRUE(course.course.is_closing());
    course.course.answered(Step::End, course.look, course.now);
    EXPECT_EQ(course.step_after(State::Running, first_id), Step::Rest);
    course.now += 10s;
    course.looked(State::NotReady);
    EXPECT_EQ(course.answers().at(0).reason, Timeout);
    course.ask(start_of(second_id));
    course.looked(State::NotReady);
    EXPECT_EQ(course.answers().at(0).reason, AlreadyRunning);
    course.now += 50s;
    course.looked(State::NotReady);
    EXPECT_FALSE(course.course.is_closing()) << "the state of the meter counts again";
}

TEST(TransactionCourse, AFreshMeterMayStillBeAtTheRecordOfAnEarlierRun) {
    Course course;
    course.ask(start_of(second_id));
    EXPECT_EQ(course.step_after(State::NotReady, first_id), Step::Rest);
    course.store.insert(first_id);
    EXPECT_EQ(course.step_after(State::NotReady, first_id), Step::StartWrite) << "its record is known";
}

} // namespace
} // namespace gridbridge
