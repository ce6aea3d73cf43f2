// The part of MeterSession that carries out what its charging transactions ask for, between the polls.
#include "drivers/modbus/meter_session.hpp"

namespace gridbridge {
namespace {

constexpr int requests_per_turn = 3; // live values go on meanwhile

RegisterAnswer carry_out(UnitLine& line, const RegisterRequest& request) {
    using Kind = RegisterAnswer::Kind;
    try {
        if (request.words > 0) {
            return {Kind::Good, 0, line.read(request.address, request.words)};
        }
        line.write_words(request.address, request.write);
        return {Kind::Good, 0, {}};
    } catch (const Timeout&) { // counted
    } catch (const BadReply&) {
    } catch (const ExceptionReply& reply) {
        if (!is_like_timeout(reply)) {
            return {Kind::Refused, reply.code(), {}};
        }
    }
    return {Kind::Lost, 0, {}};
}

} // namespace

TransactionOptions MeterSession::transaction_options(const MeterConfig& meter) {
    TransactionOptions options;
    options.timeout = meter.transaction_timeout;
    options.retries = meter.transaction_retries;
    options.retry_delay = meter.transaction_retry_delay;
    options.ready_timeout = meter.ready_timeout;
    options.utc_offset = meter.utc_offset;
    options.supported = meter.driver == DriverKind::Em580;
    return options;
}

void MeterSession::serve_transactions(UnitLine& line) {
    for (int i = 0; i < requests_per_turn; ++i) {
        const auto request = transactions_.next(Clock::now());
        if (!request) {
            break;
        }
        transactions_.answered(carry_out(line, *request), Clock::now());
    }
    for (const std::string& message : transactions_.take_messages()) {
        say(LogLevel::Warn, message);
    }
}

} // namespace gridbridge
