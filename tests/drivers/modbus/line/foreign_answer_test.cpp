// A simulated line with a second master, lost, late and overtaking answers: what the dialogue takes for an
// answer tells by its words whose it is. Many answers in simulated time; ten million with
// GRIDBRIDGE_LONG_TESTS=1.
#include "drivers/modbus/line/untagged_dialogue.hpp"
#include "drivers/modbus/map/block_plan.hpp"
#include "drivers/modbus/meter_poll.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using Words = std::vector<std::uint16_t>;

struct Habits {
    const char* name;
    double late = 0;              // probability of an answer later than usual
    Clock::duration latest = 0ms; // how much at most
    double lost = 0;
    double damaged = 0;
    Clock::duration foreign_every = 0ms; // mean; 0: no second master
    bool shows_foreign_requests = true;  // else a gateway that passes answers on
    bool queues = false;                 // late answers hold up those behind them
};

// What it takes to be wrong: a frame of the right unit, function and length that begins after the request.
struct Frame {
    Bytes bytes;
    Clock::time_point begin;
    bool is_foreign = false;
};

Bytes answer_to(const Request& request) {
    Bytes frame{request.unit, static_cast<std::uint8_t>(request.function),
                static_cast<std::uint8_t>(2 * request.operand)};
    for (unsigned i = 0; i < request.operand; ++i) { // every word is its address
        const unsigned word = number_of(request.address) + i;
        frame.push_back(static_cast<std::uint8_t>(word >> 8U));
        frame.push_back(static_cast<std::uint8_t>(word & 0xFFU));
    }
    const std::uint16_t crc = modbus_crc(frame);
    frame.push_back(static_cast<std::uint8_t>(crc & 0xFFU));
    frame.push_back(static_cast<std::uint8_t>(crc >> 8U));
    return frame;
}

class SharedLine {
  public:
    SharedLine(const Habits& habits, const ModelRow& model, unsigned seed)
        : habits_(habits), random_(seed), poll_(plan_first_reading(model.rows, limits_of(model)),
                                                plan_blocks(model.rows, limits_of(model)), 0ms) {
        dialogue_.restart(now_);
        next_foreign_ = now_ + between(0ms, 2 * habits.foreign_every);
    }

    void run(std::size_t answers) {
        while (answers_ < answers) {
            turn();
        }
    }

    std::size_t answers_ = 0;       // taken
    std::size_t wrong_ = 0;         // of another register
    std::size_t unexcused_ = 0;     // and without an excuse
    std::size_t wrong_of_ours_ = 0; // late ones, not of the other master
    std::size_t requests_ = 0;
    Clock::time_point begin_{1h};
    Clock::time_point now_ = begin_;
    UntaggedDialogue dialogue_{Framing::Checksum, 3645us};

  private:
    Clock::duration between(Clock::duration least, Clock::duration most) {
        std::uniform_int_distribution<std::int64_t> pick(least.count(), std::max(least, most).count());
        return Clock::duration(pick(random_));
    }
    bool happens(double probability) { return std::bernoulli_distribution(probability)(random_); }

    void send(const Frame& frame) {
        auto at = frame.begin;
        while (pending_.contains(at)) {
            at += 1us;
        }
        Frame placed = frame;
        placed.begin = at;
        if (happens(habits_.damaged)) {
            placed.bytes[placed.bytes.size() / 2] ^= 0x10;
        }
        pending_.emplace(at, placed);
    }

    // The second master asks up to `until`.
    void let_others_ask(Clock::time_point until) {
        while (habits_.foreign_every > 0ms && next_foreign_ <= until) {
            const auto words = static_cast<std::uint16_t>(between(1us, 11us) / 1us);
            const auto first = static_cast<std::uint16_t>(0x1000 + between(0us, 4000us) / 1us);
            const Request request{static_cast<std::uint8_t>(happens(0.7) ? 1 : 2),
                                  Function::ReadHolding,
                                  static_cast<RegisterAddress>(first),
                                  words,
                                  {}};
            if (habits_.shows_foreign_requests) {
                send({serial_frame(request), next_foreign_, true});
            }
            send({answer_to(request), next_foreign_ + between(20ms, 60ms), true});
            next_foreign_ += between(1ms, 2 * habits_.foreign_every);
        }
    }

    void let_meter_answer(const Request& request) {
        if (happens(habits_.lost)) {
            return;
        }
        auto at = now_ + between(20ms, 60ms);
        at += happens(habits_.late) ? between(0ms, habits_.latest) : Clock::duration(0);
        if (habits_.queues) {
            at = std::max(at, queue_ + 5ms);
            queue_ = at;
        }
        send({answer_to(request), at, false});
    }

    // The next frame that arrives up to `until`.
    std::optional<Frame> next_frame(Clock::time_point until) {
        let_others_ask(until);
        if (pending_.empty() || pending_.begin()->first > until) {
            return std::nullopt;
        }
        Frame frame = pending_.begin()->second;
        pending_.erase(pending_.begin());
        now_ = std::max(now_, frame.begin);
        return frame;
    }

    void turn() {
        const auto task = poll_.next(now_);
        const Block block = poll_.blocks()[task.block];
        const Request request{1, Function::ReadHolding, block.address, block.words, {}};
        wait_for_silence(request);
        poll_.started(task, now_);
        dialogue_.asked(request, 250ms, now_);
        ++requests_;
        let_meter_answer(request);
        if (receive(request)) {
            poll_.succeeded(task, now_);
        } else {
            poll_.failed(task);
        }
    }

    void wait_for_silence(const Request& request) {
        const auto began = now_;
        while (const auto frame = next_frame(dialogue_.may_ask_at(request))) {
            dialogue_.overheard(frame->bytes, now_);
            if (now_ > dialogue_.asks_anyway_at(request, began)) {
                return;
            }
        }
        now_ = std::max(now_, dialogue_.may_ask_at(request));
    }

    bool receive(const Request& request) {
        const auto asked = now_;
        try {
            while (const auto frame = next_frame(asked + 250ms)) {
                // In two pieces, as drivers hand them over.
                const std::size_t half = frame->bytes.size() / 2;
                auto words = dialogue_.received(ByteView(frame->bytes).first(half), now_);
                words = words ? words : dialogue_.received(ByteView(frame->bytes).subspan(half), now_);
                if (words) {
                    judge(request, *words, *frame, asked);
                    return true;
                }
            }
            now_ = asked + 250ms;
            dialogue_.give_up(now_);
        } catch (const Timeout&) {
        } catch (const BadReply&) {
        } catch (const ExceptionReply&) {
        }
        return false;
    }

    void judge(const Request& request, const Words& words, const Frame& frame, Clock::time_point asked) {
        ++answers_;
        const bool is_right = words.front() == number_of(request.address) && words.size() == request.operand;
        if (is_right) {
            return;
        }
        ++wrong_;
        wrong_of_ours_ += frame.is_foreign ? 0U : 1U;
        unexcused_ += frame.begin >= asked && is_answer_to(frame.bytes, request) ? 0U : 1U;
    }

    const Habits habits_;
    std::mt19937 random_;
    MeterPoll poll_;
    std::map<Clock::time_point, Frame> pending_;
    Clock::time_point next_foreign_{};
    Clock::time_point queue_{};
};

std::size_t answers_per_case() {
    return std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr ? 10'000'000 / 7 : 5'000;
}

class ForeignAnswers : public testing::TestWithParam<Habits> {};

TEST_P(ForeignAnswers, AreNeverValuesOfAnotherRegister) {
    const Habits& habits = GetParam();
    SharedLine line(habits, em24_rtu, 7);
    line.run(answers_per_case());
    const std::chrono::duration<double> taken = line.now_ - line.begin_;
    const LineHealth health = line.dialogue_.health();
    std::cout << "[ MEASURE  ] " << habits.name << ": " << line.answers_ << " answers to " << line.requests_
              << " requests in " << taken.count() << " s, " << line.wrong_ << " of another register, "
              << health.foreign_frames << " foreign and " << health.late_answers << " late ones seen\n";
    EXPECT_EQ(line.unexcused_, 0U);
    if (habits.foreign_every == 0ms) { // else somebody else's may have been taken for the late one
        EXPECT_EQ(line.wrong_of_ours_, 0U) << "late ones are at most as late as they are doubted";
    }
    EXPECT_EQ(health.is_shared, habits.foreign_every > 0ms);
    EXPECT_GT(static_cast<double>(line.answers_) / taken.count(), 1) << "it goes on";
}

INSTANTIATE_TEST_SUITE_P(
    Lines, ForeignAnswers,
    testing::Values(Habits{"Quiet"}, Habits{.name = "LateNowAndThen", .late = 0.01, .latest = 1s},
                    Habits{.name = "OneInTenLateOrLost", .late = 0.1, .latest = 1300ms, .lost = 0.05},
                    Habits{.name = "LateInAQueue", .late = 0.1, .latest = 900ms, .queues = true},
                    Habits{.name = "SecondMaster", .foreign_every = 400ms},
                    Habits{.name = "SecondClientOfAGateway",
                           .late = 0.02,
                           .latest = 900ms,
                           .lost = 0.01,
                           .foreign_every = 300ms,
                           .shows_foreign_requests = false},
                    Habits{.name = "Everything",
                           .late = 0.05,
                           .latest = 1300ms,
                           .lost = 0.02,
                           .damaged = 0.05,
                           .foreign_every = 150ms}),
    [](const auto& tested) { return std::string(tested.param.name); });

} // namespace
} // namespace gridbridge
