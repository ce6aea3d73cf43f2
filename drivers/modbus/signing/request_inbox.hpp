// What comes from the desk for one meter: the oldest request, until it is answered, and which records are
// safe.
#pragma once

#include "drivers/modbus/signing/client_request.hpp"
#include "drivers/modbus/signing/desk_outbox.hpp"
#include "drivers/modbus/signing/record_receipt.hpp"

#include <optional>
#include <string>

namespace gridbridge {

class RequestInbox {
  public:
    // The references must outlive this.
    RequestInbox(SourceId source, TransactionDesk& desk, DeskOutbox& outbox, RecordReceipt& receipt);

    // Takes what has come. What needs no look at the meter is answered at once; everything, when it does not
    // sign.
    void collect(Clock::time_point now, bool meter_signs);

    // Null: nobody waits for this meter. Gone with answer().
    ClientRequest* request() { return request_ ? &*request_ : nullptr; }
    const ClientRequest* request() const { return request_ ? &*request_ : nullptr; }
    // The request counts as looked at, if there is one; or no longer.
    void set_looked_at(bool looked_at);
    // There must be a request.
    void answer(TransactionReason reason, std::string detail = {});
    // A Stop has its record.
    void answer_closed(const std::string& ocmf);
    // True: it needed no look at the meter, and is answered.
    bool answer_at_once();

    // Somebody wants live values that are signed. Once for each request.
    bool wants_value() const { return desk_.take_value_request(source_); }
    bool has_record(const std::string& transaction_id) const { return desk_.has_record(transaction_id); }

  private:
    void answer(TransactionResult result);

    const SourceId source_;
    TransactionDesk& desk_;
    DeskOutbox& outbox_;
    RecordReceipt& receipt_;
    std::optional<ClientRequest> request_;
};

} // namespace gridbridge
