// One whole transaction, disturbed once at each of its requests: it always ends in exactly one record, told
// and confirmed.
#include "tests/drivers/modbus/signing/transaction_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Kind = RegisterAnswer::Kind;

enum class Fault {
    NoAnswer,
    AnswerLost,
    NoAnswers,     // until all attempts are used up
    Refused,       // exception 3
    PowerCut,      // before the request arrives
    PowerCutAfter, // before its answer
    Killed,        // the process, before the request leaves
    KilledAfter,   // before the answer comes
};

const char* name_of_fault(Fault fault) {
    switch (fault) {
    case Fault::NoAnswer:
        return "NoAnswer";
    case Fault::AnswerLost:
        return "AnswerLost";
    case Fault::NoAnswers:
        return "NoAnswers";
    case Fault::Refused:
        return "Refused";
    case Fault::PowerCut:
        return "PowerCut";
    case Fault::PowerCutAfter:
        return "PowerCutAfter";
    case Fault::Killed:
        return "Killed";
    case Fault::KilledAfter:
        return "KilledAfter";
    }
    return "";
}

struct Variant {
    const char* name;
    OcmfMeter::Behaviour behaviour;
    bool clock = true;
};

const std::vector<Variant> variants{
    {"ClosedByPowerLoss", {}},
    {"RunsThroughPowerLoss", {.busy_state = 0, .power_loss_closes = false}},
    {"AtOnce384Bit", {.busy = 0ms, .signature_type = 1}, false},
};

class Disturbed : public testing::TestWithParam<std::tuple<Fault, std::size_t>> {};

// Disturbs a world at one request.
class Disturbance {
  public:
    Disturbance(TransactionWorld& world, Fault fault, std::size_t at)
        : world_(world), fault_(fault), at_(at) {
        world_.line = [this](std::size_t number, const RegisterRequest& request) {
            return answer_to(number, request);
        };
    }
    bool has_happened() const { return happened_; }
    // Between two steps: what cannot be done inside one.
    void follow_up() {
        if (kill_ && !world_.is_plugged) {
            return;
        }
        if (kill_) {
            kill_ = false;
            world_.start_process();
        }
        if (cut_) {
            cut_ = false;
            world_.unplug();
            plug_at_ = world_.now + 5s;
        }
        if (plug_at_ && world_.now >= *plug_at_) {
            plug_at_.reset();
            world_.plug();
        }
    }

  private:
    RegisterAnswer answer_to(std::size_t number, const RegisterRequest& request) {
        if (fault_ == Fault::NoAnswers && happened_ && number < at_ + 12) {
            return {};
        }
        if (number != at_) {
            return world_.carry_out(request);
        }
        happened_ = true;
        if (fault_ == Fault::AnswerLost || fault_ == Fault::PowerCutAfter || fault_ == Fault::KilledAfter) {
            world_.carry_out(request);
        }
        if (fault_ == Fault::Refused) {
            return {Kind::Refused, 3, {}};
        }
        if (fault_ == Fault::PowerCut || fault_ == Fault::PowerCutAfter) {
            world_.meter.power_cut();
            cut_ = true;
        }
        kill_ = fault_ == Fault::Killed || fault_ == Fault::KilledAfter;
        return {};
    }

    TransactionWorld& world_;
    Fault fault_;
    std::size_t at_;
    bool happened_ = false, kill_ = false, cut_ = false;
    std::optional<Clock::time_point> plug_at_;
};

// A client that asks until it has its record. Returns whether it got there.
class Client {
  public:
    Client(TransactionWorld& world, Disturbance& disturbance) : world_(world), disturbance_(disturbance) {}

    bool run() {
        using enum TransactionReason;
        const auto deadline = world_.now + 1h;
        TransactionReason reason = Timeout;
        while (reason != None && reason != AlreadyClosed && world_.now < deadline) {
            reason = request(start_of(first_id));
            EXPECT_NE(reason, AlreadyRunning);
        }
        reason = reason == AlreadyClosed ? None : Timeout; // power loss may have closed it
        while (reason != None && reason != AlreadyClosed && world_.now < deadline) {
            reason = request(StopTransaction{first_id});
            EXPECT_NE(reason, UnknownTransaction);
        }
        return until([&] {
            return world_.store.contains(first_id) && world_.meter.state() == 0 &&
                   world_.state == TransactionState::Idle;
        });
    }

  private:
    bool until(const std::function<bool()>& done) {
        const auto deadline = world_.now + 10min;
        while (!done() && world_.now < deadline) {
            world_.step();
            disturbance_.follow_up();
        }
        return done();
    }

    // Asks again when the process dies.
    TransactionReason request(const TransactionRequest& what) {
        std::size_t asked_in = 0; // run of the process
        const bool answered = until([&] {
            if (asked_in != world_.runs) {
                EXPECT_TRUE(world_.ask(what));
                asked_in = world_.runs;
            }
            return world_.results.size() == world_.asked;
        });
        EXPECT_TRUE(answered);
        if (!answered) {
            return TransactionReason::Corrupted;
        }
        if (world_.results.back().reason == TransactionReason::NotSupported) { // the type was not told
            world_.unplug();
            world_.plug();
        }
        return world_.results.back().reason;
    }

    TransactionWorld& world_;
    Disturbance& disturbance_;
};

void expect_one_record(const TransactionWorld& world) {
    EXPECT_EQ(world.meter.records_made, 1);
    EXPECT_EQ(world.meter.begun, 1);
    EXPECT_EQ(world.meter.confirmed, 1);
    EXPECT_LE(world.meter.ended, 1);
    ASSERT_EQ(world.store.size(), 1U);
    EXPECT_EQ(world.store.at(first_id), world.meter.record);
    EXPECT_NE(world.meter.record.find(R"("ID":"04A1B2C3D4E5F6")"), std::string::npos) << world.meter.record;
    EXPECT_NE(world.meter.record.find("0,49 EUR/kWh<=>" + std::string(first_id)), std::string::npos);
    EXPECT_LE(world.records.size(), 1U) << "told twice in one run";
    EXPECT_EQ(world.results.size(), world.asked);
    EXPECT_FALSE(world.meter.clock_was_set_while_running);
}

TEST_P(Disturbed, EndsInExactlyOneRecord) {
    const auto [fault, variant_number] = GetParam();
    const Variant& variant = variants.at(variant_number);
    std::size_t at = 0;
    for (bool happened = true; happened; ++at) {
        SCOPED_TRACE("at request " + std::to_string(at));
        TransactionWorld world(variant.behaviour);
        world.wall_seconds = variant.clock ? world.wall_seconds : 0;
        world.meter.on_confirm = [&] { EXPECT_TRUE(world.store.contains(first_id)) << "not kept yet"; };
        Disturbance disturbance(world, fault, at);
        EXPECT_TRUE(Client(world, disturbance).run());
        expect_one_record(world);
        happened = disturbance.has_happened();
        if (testing::Test::HasFailure()) {
            break;
        }
    }
    EXPECT_GT(at, 25U) << "too few requests for a whole transaction";
}

INSTANTIATE_TEST_SUITE_P(Everywhere, Disturbed,
                         testing::Combine(testing::Values(Fault::NoAnswer, Fault::AnswerLost,
                                                          Fault::NoAnswers, Fault::Refused, Fault::PowerCut,
                                                          Fault::PowerCutAfter, Fault::Killed,
                                                          Fault::KilledAfter),
                                          testing::Range(std::size_t{0}, variants.size())),
                         [](const auto& tested) {
                             return std::string(name_of_fault(std::get<0>(tested.param))) + "_" +
                                    variants.at(std::get<1>(tested.param)).name;
                         });

} // namespace
} // namespace gridbridge
