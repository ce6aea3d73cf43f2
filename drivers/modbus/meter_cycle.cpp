// The part of MeterSession that polls: reads what is due, publishes it and counts what went wrong.
#include "drivers/modbus/decode.hpp"
#include "drivers/modbus/meter_session.hpp"

namespace gridbridge {

bool MeterSession::try_cycle(UnitLine& line) {
    bool started = false;
    while (true) {
        const auto task = poll_.next(Clock::now());
        if (task.not_before > Clock::now() || (started && task.starts_cycle)) {
            break;
        }
        started = started || task.starts_cycle;
        if (!read_block(line, task)) {
            return false;
        }
    }
    check_selector(line);
    return true;
}

// False: an exception that ends the turn, already counted. Throws the errors of the transport.
bool MeterSession::read_block(UnitLine& line, const MeterPoll::Task& task) {
    const Block block = poll_.blocks()[task.block];
    poll_.started(task, Clock::now());
    try {
        const auto words = line.read(block.address, block.words);
        if (!is_same_map(*model_, block, words)) {
            return forget_map(task);
        }
        decode_block(*model_, block, words, raw_);
    } catch (const ExceptionReply& reply) {
        return handle_exception(task, reply);
    } catch (...) {
        poll_.failed(task);
        throw;
    }
    timeouts_ = errors_ = 0;
    refusals_ = 0;
    if (poll_.succeeded(task, Clock::now())) {
        publish(line.last_byte());
    }
    return true;
}

// What is at these addresses now is found out in the next turn.
bool MeterSession::forget_map(const MeterPoll::Task& task) {
    say(LogLevel::Info, "its register map has changed and is read again");
    poll_.failed(task);
    delivery_.forget(counters_);
    identify_anew_ = true;
    return false;
}

bool MeterSession::handle_exception(const MeterPoll::Task& task, const ExceptionReply& reply) {
    const Block block = poll_.blocks()[task.block];
    if (block.optional && reply.code() == 2 && ++refusals_ >= refusals_that_prove) {
        refusals_ = 0;
        say(LogLevel::Info,
            "registers from " + std::to_string(number_of(block.address)) + " do not exist on this meter");
        if (reads_phase_export(*model_, block)) {
            estimate_phase_export("it has no export counter per phase");
        }
        if (poll_.remove(task)) {
            publish(Clock::now());
        }
        return true;
    }
    poll_.failed(task);
    if (!block.optional || reply.code() != 2) {
        count_error(is_like_timeout(reply), reply.what());
    }
    return false;
}

void MeterSession::estimate_phase_export(std::string_view reason) {
    has_phase_export_ = false;
    if (use_ == PhaseUse::Multi) {
        say(LogLevel::Info, std::string(reason) + ": export per phase is estimated");
    }
    announce();
}

void MeterSession::publish(Clock::time_point received) {
    if (has_phase_export_ && phase_export_is_unused(raw_)) {
        estimate_phase_export("its export counters per phase stay 0");
    }
    ++counters_.good;
    delivery_.put(readings_of(raw_, {*model_, use_, phases_, has_phase_export_}, meter_), received,
                  counters_);
    back_off_.reset();
    lost_reason_.clear();
}

void MeterSession::count_error(bool like_timeout, std::string_view reason) {
    (like_timeout ? timeouts_ : errors_) += 1;
    if (timeouts_ >= model_->max_timeouts || errors_ >= model_->max_errors) {
        lose(std::string("lost: ") + std::string(reason));
    }
}

} // namespace gridbridge
