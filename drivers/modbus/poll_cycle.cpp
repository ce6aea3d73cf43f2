#include "drivers/modbus/poll_cycle.hpp"

#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/map/phase_use.hpp"

#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t refusals_that_prove = 2; // of an optional block: the meter does not have it

} // namespace

void PollCycle::begin(UnitLine& line, const ModelRow& model, PhaseUse use,
                      std::chrono::milliseconds interval) {
    model_ = &model;
    const PlanLimits limits = limits_of(model);
    const std::vector<RegisterRow> rows = rows_for(model, use);
    std::vector<Block> cycle = plan_blocks(rows, limits);
    raw_ = Reading();
    read_once(line, cycle);
    poll_ = MeterPoll(plan_first_reading(rows, limits), std::move(cycle), interval);
    refusals_ = 0;
}

void PollCycle::read_once(UnitLine& line, const std::vector<Block>& plan) {
    constexpr int attempts = 3;
    for (const Block& block : plan) {
        std::size_t refusals = block.pace == Pace::Once ? 0 : refusals_that_prove;
        while (refusals < refusals_that_prove) {
            try {
                decode_block(*model_, block, line.read(block.address, block.words, attempts), raw_);
                break;
            } catch (const ExceptionReply& reply) {
                if (is_like_timeout(reply)) {
                    throw;
                }
                ++refusals;
            }
        }
    }
}

PollCycle::Result PollCycle::read(UnitLine& line, const MeterPoll::Task& task) {
    const Block block = poll_.blocks()[task.block];
    poll_.started(task, Clock::now());
    try {
        const auto words = line.read(block.address, block.words);
        if (!is_same_map(*model_, block, words)) {
            poll_.failed(task);
            return {Result::Kind::MapChanged, false, block};
        }
        Reading decoded = raw_;
        decode_block(*model_, block, words, decoded);
        if (model_->says_nothing != nullptr && model_->says_nothing(decoded)) {
            return without_reading(task, block);
        }
        raw_ = decoded;
    } catch (const ExceptionReply& reply) {
        return refused(task, block, reply);
    } catch (...) {
        poll_.failed(task);
        throw;
    }
    refusals_ = 0;
    return {Result::Kind::Read, poll_.succeeded(task, Clock::now()), block};
}

// The device answers, and is asked again at its next beat.
PollCycle::Result PollCycle::without_reading(const MeterPoll::Task& task, const Block& block) {
    ++without_reading_;
    refusals_ = 0;
    poll_.succeeded(task, Clock::now());
    return {Result::Kind::Read, false, block};
}

std::uint32_t PollCycle::take_implausible() {
    return raw_.take_implausible() + std::exchange(without_reading_, 0);
}

PollCycle::Result PollCycle::refused(const MeterPoll::Task& task, const Block& block,
                                     const ExceptionReply& reply) {
    const bool may_be_missing = block.optional && reply.code() == 2;
    if (may_be_missing && ++refusals_ >= refusals_that_prove) {
        refusals_ = 0;
        return {Result::Kind::Missing, poll_.remove(task), block};
    }
    poll_.failed(task);
    return {Result::Kind::Refused, false, block,
            may_be_missing ? std::nullopt : std::optional<ExceptionReply>(reply)};
}

} // namespace gridbridge
