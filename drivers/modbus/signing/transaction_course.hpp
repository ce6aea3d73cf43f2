// Begins and ends transactions at a meter that holds no record, as its client asks, and sets its clock
// between them. Pure: time is an argument. Source of the order of writing: EVerest `CarloGavazzi_EM580`.
#pragma once

#include "drivers/modbus/signing/clock_writer.hpp"
#include "drivers/modbus/signing/closing_transaction.hpp"
#include "drivers/modbus/signing/desk_outbox.hpp"
#include "drivers/modbus/signing/meter_look.hpp"
#include "drivers/modbus/signing/next_action.hpp"
#include "drivers/modbus/signing/record_receipt.hpp"
#include "drivers/modbus/signing/request_inbox.hpp"
#include "drivers/modbus/signing/start_writer.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace gridbridge {

class TransactionCourse {
  public:
    // The references must outlive this. `ready_timeout`: how long a meter takes for what it was commanded.
    TransactionCourse(RequestInbox& inbox, DeskOutbox& outbox, const RecordReceipt& receipt,
                      ClockWriter clock, std::chrono::milliseconds ready_timeout);

    void meter_found(Clock::time_point now) { clock_.meter_found(now); }
    void stop_writing() { writer_.stop(); }

    // The meter was looked at: 0 or 1, and no record waits in it.
    NextAction looked(const MeterLook& look, Clock::time_point now);

    // To Step::StartWrite, Begin, End, ClockTime or ClockOffset.
    NextAction answered(Step step, const MeterLook& look, Clock::time_point now);
    // Of Step::StartWrite, Begin or End. `text`: for the client.
    NextAction refused(Step step, std::uint8_t exception, const std::string& text, Clock::time_point now);
    // True: for the first time since the meter was found.
    bool clock_refused(Clock::time_point now) { return clock_.refused(now); }

    bool is_closing() const { return closing_.has_value(); }
    void give_up_closing();
    void closed() { closing_.reset(); }

  private:
    std::optional<NextAction> judge(const MeterLook& look, Clock::time_point now);
    std::optional<NextAction> judge_start(const MeterLook& look, Clock::time_point now);
    std::optional<NextAction> judge_begin(const MeterLook& look, Clock::time_point now);
    std::optional<NextAction> judge_stop(const MeterLook& look, Clock::time_point now);
    NextAction clock_written(Step written, const MeterLook& look, Clock::time_point now);
    NextAction look_again(Clock::time_point now);
    NextAction set_clock_first(Clock::time_point now);
    NextAction send_end(const std::string& id, Clock::time_point now);
    NextAction keep_closing(const MeterLook& look, Clock::time_point now);
    bool answer_while_closing(const MeterLook& look, Clock::time_point now);
    bool may_be_closing(const MeterLook& look, Clock::time_point now) const;
    bool may_set_clock(const MeterLook& look, Clock::time_point now) const;

    RequestInbox& inbox_;
    DeskOutbox& outbox_;
    const RecordReceipt& receipt_;
    const std::chrono::milliseconds ready_timeout_;
    StartWriter writer_;
    ClockWriter clock_;
    std::optional<ClosingTransaction> closing_; // the end was commanded
};

} // namespace gridbridge
