// The start-up of a meter: whether it signs, and its public key. Pure: time is an argument.
#pragma once

#include "drivers/modbus/signing/desk_outbox.hpp"
#include "drivers/modbus/signing/next_action.hpp"
#include "drivers/modbus/signing/ocmf_registers.hpp"
#include "drivers/modbus/signing/request_inbox.hpp"
#include "drivers/modbus/signing/transaction_warnings.hpp"

#include <cstdint>
#include <span>

namespace gridbridge {

class KeyFetch {
  public:
    // The references must outlive this.
    KeyFetch(RequestInbox& inbox, DeskOutbox& outbox, TransactionWarnings& warnings)
        : inbox_(inbox), outbox_(outbox), warnings_(warnings) {}

    // `may_sign`: its model has registers for that.
    void meter_found(bool may_sign = true) { signs_ = may_sign; }
    static StepJob begin();
    // To Step::SignatureType, RawKey or DerKey.
    NextAction answered(Step step, std::span<const std::uint16_t> words, Clock::time_point now);
    // There is no such register as the signature type.
    NextAction refused(Clock::time_point now) { return does_not_sign(now); }

    bool signs() const { return signs_; }
    const TransactionKey& key() const { return key_; }
    const ocmf::KeyLayout& layout() const { return layout_; }

  private:
    NextAction type_read(std::uint16_t type, Clock::time_point now);
    NextAction does_not_sign(Clock::time_point now);
    void tell_key();

    RequestInbox& inbox_;
    DeskOutbox& outbox_;
    TransactionWarnings& warnings_;
    bool signs_ = true;
    ocmf::KeyLayout layout_;
    TransactionKey key_;
    TransactionKey told_;
};

} // namespace gridbridge
