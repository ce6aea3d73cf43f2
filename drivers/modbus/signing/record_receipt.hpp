// The newest record of a meter on its way to safety: told, kept, confirmed. Pure.
#pragma once

#include "drivers/waist/transactions.hpp"

#include <optional>
#include <string>

namespace gridbridge {

class RecordReceipt {
  public:
    explicit RecordReceipt(int retries) : retries_(retries) {}

    // The meter holds this record. True: it is another one than before and must be told.
    bool open(const TransactionRecord& record);
    void keep(const std::string& transaction_id); // it is safe
    void close();                                 // it is not in the meter any more
    // The meter was told that its record was read. False: too often in vain.
    bool count_confirmation() { return ++confirmations_ <= retries_; }
    void forget_confirmations() { confirmations_ = 0; }

    bool is_open() const { return told_ && is_open_; }
    bool is_kept() const { return is_kept_; }
    bool is_of(const std::string& transaction_id) const {
        return told_ && told_->transaction_id == transaction_id;
    }
    // The record once it is closed; null: there is none, or it is still open.
    const TransactionRecord* closed() const { return told_ && !is_open_ ? &*told_ : nullptr; }
    const TransactionRecord& record() const { return *told_; } // is_open() only

  private:
    const int retries_;
    std::optional<TransactionRecord> told_;
    bool is_open_ = false;
    bool is_kept_ = false;
    int confirmations_ = 0;
};

} // namespace gridbridge
