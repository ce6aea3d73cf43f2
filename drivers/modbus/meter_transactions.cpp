#include "drivers/modbus/meter_transactions.hpp"

#include "drivers/meter/driver_table.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr int requests_per_turn = 3;

TransactionOptions options_of(const MeterConfig& meter) {
    TransactionOptions options;
    options.timeout = meter.transaction_timeout;
    options.retries = meter.transaction_retries;
    options.retry_delay = meter.transaction_retry_delay;
    options.ready_timeout = meter.ready_timeout;
    options.utc_offset = meter.utc_offset;
    options.supported = driver_row(meter.driver).signs_transactions;
    return options;
}

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

MeterTransactions::MeterTransactions(SourceId source, const MeterConfig& meter, Orders& orders)
    : source_(source), signs_(driver_row(meter.driver).signs_transactions), options_(options_of(meter)),
      orders_(orders), machine_(signs_ ? make_machine() : nullptr) {}

std::unique_ptr<TransactionMachine> MeterTransactions::make_machine() const {
    return std::make_unique<TransactionMachine>(source_, options_, orders_.transactions(),
                                                orders_.wall_clock());
}

TransactionMachine* MeterTransactions::machine() {
    if (!machine_ && orders_.transactions().has_any(source_)) {
        machine_ = make_machine(); // answers that the meter does not sign
    }
    return machine_.get();
}

void MeterTransactions::meter_found(const std::string& serial, Clock::time_point now, bool may_sign) {
    if (auto* const found = machine()) {
        found->meter_found(serial, now, may_sign);
    }
}

void MeterTransactions::meter_lost(Clock::time_point now) {
    if (auto* const lost = machine()) {
        lost->meter_lost(now);
    }
}

void MeterTransactions::pass_time(Clock::time_point now) {
    if (auto* const waiting = machine()) {
        waiting->next(now);
    }
}

bool MeterTransactions::is_wanted() const {
    return signs_ && orders_.transactions().request(source_);
}

Clock::time_point MeterTransactions::due(Clock::time_point poll, Clock::time_point now) const {
    return signs_ ? std::min(poll, machine_->due(now)) : poll;
}

std::vector<std::string> MeterTransactions::serve(UnitLine& line) {
    auto* const machine = this->machine();
    if (machine == nullptr) {
        return {};
    }
    for (int i = 0; i < requests_per_turn; ++i) {
        const auto request = machine->next(Clock::now());
        if (!request) {
            break;
        }
        machine->answered(carry_out(line, *request), Clock::now());
    }
    return machine->take_messages();
}

} // namespace gridbridge
