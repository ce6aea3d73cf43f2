// Brings the record that a meter holds home: fetched, told, kept by somebody else, confirmed to the meter.
#pragma once

#include "drivers/modbus/signing/desk_outbox.hpp"
#include "drivers/modbus/signing/key_fetch.hpp"
#include "drivers/modbus/signing/meter_look.hpp"
#include "drivers/modbus/signing/next_action.hpp"
#include "drivers/modbus/signing/record_fetch.hpp"
#include "drivers/modbus/signing/record_receipt.hpp"
#include "drivers/modbus/signing/request_inbox.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace gridbridge {

// Pure: time is an argument.
class RecordCourse {
  public:
    // The references must outlive this. `retries`: of a fetch.
    RecordCourse(RequestInbox& inbox, DeskOutbox& outbox, RecordReceipt& receipt, const KeyFetch& keys,
                 int retries);

    void meter_found(std::string serial) { serial_ = std::move(serial); }
    void interrupted();

    // What is known of the end of the transaction: commanded by us, or not and seen running before.
    enum class Ending : std::uint8_t { Unknown, Commanded, SeenRunning };
    // The meter was looked at and holds a record.
    NextAction begin(MeterLook& look, Ending ending, Clock::time_point now);
    // To Step::FileSize, File, Number or Confirm. `look` learns the id.
    NextAction answered(Step step, std::span<const std::uint16_t> words, MeterLook& look,
                        Clock::time_point now);
    NextAction refused(Step step, const std::string& reason, MeterLook& look, Clock::time_point now);

    // A record waits to be kept; a Start and the Stop of this transaction wait with it.
    void refuse_other_stop();
    // The meter holds it no more.
    void confirmed();

  private:
    void tell_ended(const TransactionRecord& record);
    NextAction action_of(const RecordFetch::Next& next, MeterLook& look, Clock::time_point now);

    RequestInbox& inbox_;
    DeskOutbox& outbox_;
    RecordReceipt& receipt_;
    const KeyFetch& keys_;
    std::string serial_; // of the meter
    RecordFetch fetch_;
    Ending ending_ = Ending::Unknown;
};

} // namespace gridbridge
