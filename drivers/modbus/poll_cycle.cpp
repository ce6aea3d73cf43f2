#include "drivers/modbus/poll_cycle.hpp"

#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/map/phase_use.hpp"
#include "drivers/values/gauge_steps.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Of a block that was never answered: so it is not by chance.
constexpr std::size_t refusals_that_prove = 2;
constexpr std::size_t silences_that_prove = 2;
constexpr auto pause_after_refusal = 100ms;
constexpr auto longest_turn = 15s; // that what changes slowly may be old

std::string hex_of(RegisterAddress address) {
    std::array<char, 8> text{};
    static_cast<void>(std::snprintf(text.data(), text.size(), "0x%04X", unsigned{number_of(address)}));
    return text.data();
}

} // namespace

void PollCycle::begin(UnitLine& line, const ModelRow& model, PhaseUse use, const Timing& timing,
                      std::optional<int> fuse) {
    use_ = use;
    timing_ = timing;
    answered_at_.reset();
    map_.begin(model);
    raw_ = Reading();
    connection_ = ConnectionBound({fuse, 1});
    read_once(line, plan_blocks(rows_for(map_.model(), use_), map_.limits()));
    plan();
}

void PollCycle::plan() {
    const PlanLimits limits = map_.limits();
    const std::vector<RegisterRow> rows = rows_for(map_.model(), use_);
    poll_ = MeterPoll(plan_first_reading(rows, limits), plan_blocks(rows, limits), timing_.interval,
                      timing_.phase);
    refusals_ = 0;
    silences_ = 0;
    lost_ = lateness_ = {};
    began_.reset();
    doubted_.reset();
}

void PollCycle::read_once(UnitLine& line, const std::vector<Block>& plan) {
    constexpr int attempts = 5;
    for (const Block& block : plan) {
        std::size_t refusals = block.pace == Pace::Once ? 0 : refusals_that_prove;
        while (refusals < refusals_that_prove) {
            try {
                decode_block(map_.model(), block, line.read(block.address, block.words, attempts), raw_);
                break;
            } catch (const ExceptionReply& reply) {
                if (is_like_timeout(reply)) {
                    throw;
                }
                ++refusals;
                line.pause(pause_after_refusal);
            }
        }
    }
}

PollCycle::Result PollCycle::read(UnitLine& line, const MeterPoll::Task& task) {
    const Block block = poll_.blocks()[task.block];
    poll_.started(task, Clock::now());
    const Asked asked{Clock::now(), std::exchange(has_failed_, true)}; // until it has succeeded
    try {
        const auto words = line.read(block.address, block.words);
        if (!is_same_map(map_.model(), block, words)) {
            poll_.failed(task);
            return {Result::Kind::MapChanged, false, block};
        }
        Reading decoded = raw_;
        decode_block(map_.model(), block, words, decoded);
        if (map_.model().says_nothing != nullptr && map_.model().says_nothing(decoded)) {
            has_failed_ = asked.had_failed;
            return without_reading(task, block);
        }
        if (!follows(decoded)) {
            has_failed_ = asked.had_failed;
            return doubt(task, block, decoded);
        }
        doubted_.reset();
        raw_ = decoded;
    } catch (const ExceptionReply& reply) {
        return refused(task, block, reply);
    } catch (const LinkLost&) {
        poll_.failed(task);
        throw;
    } catch (const Stopped&) {
        poll_.failed(task);
        throw;
    } catch (...) {
        failed(task, block);
        throw;
    }
    map_.answered(block);
    refusals_ = 0;
    silences_ = 0;
    has_failed_ = false;
    if (is_too_old(task, asked, line.possible_lateness())) {
        plan();
        return {Result::Kind::Read, false, block};
    }
    return {Result::Kind::Read, succeeded(task), block};
}

// A line may be so slow, or one block so often refused, that a turn takes minutes.
bool PollCycle::succeeded(const MeterPoll::Task& task) {
    const auto now = Clock::now();
    const bool is_complete = poll_.succeeded(task, now);
    if (is_complete) {
        connection_.take(raw_);
        const auto longest = std::max<Clock::duration>(longest_turn, timing_.longest_silence);
        for (const Block& block : poll_.slow_before(now - longest)) {
            forget_block(map_.model(), block, raw_);
        }
    }
    return is_complete;
}

// Time that passes without a failure makes nothing old: a slow line is slow.
bool PollCycle::is_too_old(const MeterPoll::Task& task, const Asked& asked, Clock::duration lateness) {
    const auto now = Clock::now();
    const auto since = now - answered_at_.value_or(now);
    const bool counts =
        asked.had_failed || asked.at - answered_at_.value_or(asked.at) > timing_.longest_silence;
    lost_ = (task.starts_cycle ? Clock::duration{} : lost_) + (counts ? since : Clock::duration{});
    lateness_ = task.starts_cycle ? lateness : std::max(lateness_, lateness);
    began_ =
        task.starts_cycle ? asked.at : began_.value_or(asked.at); // an answer may be as old as its request
    answered_at_ = now;
    return lost_ + lateness_ > timing_.longest_silence;
}

Clock::duration PollCycle::lateness() const {
    constexpr auto usual = 1s; // for a cycle
    const auto took = began_ && answered_at_ ? *answered_at_ - *began_ : Clock::duration{};
    return took > usual ? took + lateness_ : lateness_;
}

bool PollCycle::follows(const Reading& decoded) const {
    const double watts = connection_.watts();
    return gauges_follow(raw_, decoded, watts) || (doubted_ && gauges_follow(*doubted_, decoded, watts));
}

// The device answers, and is asked again at its next beat.
PollCycle::Result PollCycle::without_reading(const MeterPoll::Task& task, const Block& block) {
    ++without_reading_;
    refusals_ = 0;
    poll_.succeeded(task, Clock::now());
    return {Result::Kind::Read, false, block};
}

// Asked again at once, but a device of which no two answers agree must not keep the line.
PollCycle::Result PollCycle::doubt(const MeterPoll::Task& task, const Block& block, const Reading& decoded) {
    ++without_reading_;
    refusals_ = 0;
    poll_.failed(task);
    if (doubted_) {
        poll_.give_up(Clock::now());
    }
    doubted_ = std::make_unique<const Reading>(decoded);
    return {Result::Kind::Read, false, block};
}

std::uint32_t PollCycle::take_implausible() {
    return raw_.take_implausible() + std::exchange(without_reading_, 0);
}

// Some gateways drop what is too long for them, or cut it off.
void PollCycle::failed(const MeterPoll::Task& task, const Block& block) {
    poll_.failed(task);
    if (++silences_ >= silences_that_prove && map_.shorten(block, ActiveMap::Refusal::Silence)) {
        plan();
    }
}

PollCycle::Result PollCycle::refused(const MeterPoll::Task& task, const Block& block,
                                     const ExceptionReply& reply) {
    poll_.failed(task);
    if (is_like_timeout(reply) || map_.has_answered(block)) {
        return {Result::Kind::Refused, false, block, reply, {}};
    }
    if (++refusals_ < refusals_that_prove) {
        return {Result::Kind::Refused, false, block, std::nullopt, {}};
    }
    refusals_ = 0;
    const bool may_be_missing = block.optional && is_absent(reply);
    const auto refusal = is_absent(reply) ? ActiveMap::Refusal::Absence : ActiveMap::Refusal::Length;
    if (!may_be_missing && map_.shorten(block, refusal)) {
        plan();
        return {Result::Kind::Replanned, false, block, std::nullopt,
                "reads of " + std::to_string(block.words) + " registers are refused (" + reply.what() +
                    "): at most " + std::to_string(map_.limits().max_words) + " are read at once"};
    }
    return missing(task, block, reply);
}

PollCycle::Result PollCycle::missing(const MeterPoll::Task& task, const Block& block,
                                     const ExceptionReply& reply) {
    if (!map_.remove(block)) {
        return {Result::Kind::Refused, false, block, reply, {}};
    }
    std::string remark = "registers from " + hex_of(block.address) + " do not exist on this meter";
    if (map_.has_replaced()) {
        plan();
        return {Result::Kind::Missing, false, block, std::nullopt, remark + ": others are read instead"};
    }
    if (block.optional) {
        return {Result::Kind::Missing, poll_.remove(task), block, std::nullopt, std::move(remark)};
    }
    plan();
    return {Result::Kind::Missing, false, block, std::nullopt, std::move(remark)};
}

} // namespace gridbridge
