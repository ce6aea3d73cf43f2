// Signed records and the journal of transactions in the state directory:
// `ocmf/<serial>/<transaction_id>.json`, `ocmf/journal.json`.
#pragma once

#include "drivers/transactions.hpp"

#include <optional>
#include <string>

namespace gridbridge {

// Publisher thread, but for has_record(). What writes throws std::runtime_error (path, reason, fix).
class RecordStore {
  public:
    // Empty: there is no state directory, nothing is kept.
    explicit RecordStore(const std::string& state_directory);

    bool keeps() const { return !directory_.empty(); }
    // Any thread. Whether the transaction has its record, of whichever meter.
    bool has_record(const std::string& transaction_id) const;
    std::optional<std::string> record(const std::string& serial, const std::string& transaction_id) const;
    // Synced when it returns. A record that is there stays: another one of the same name is kept beside it,
    // and its path returned; else empty.
    std::string keep(const std::string& serial, const std::string& transaction_id,
                     const std::string& json) const;
    // What a meter had instead of a record. Returns the path.
    std::string keep_corrupted(const TransactionRecord& record) const;

    void save_journal(const std::string& json) const;
    std::optional<std::string> load_journal() const;

  private:
    std::string folder_of(const std::string& serial) const;

    std::string directory_;
};

} // namespace gridbridge
