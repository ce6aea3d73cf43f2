// Signed records and the journal of transactions in the state directory:
// `ocmf/<serial>/<transaction_id>.json`, `ocmf/journal.json`.
#pragma once

#include "drivers/waist/guarded.hpp"
#include "drivers/waist/transactions.hpp"
#include "mqtt/files/file_writer.hpp"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace gridbridge {

// Read once, when it is made; from then on everything is known without looking at the disk, and written by
// the file writer. Publisher thread, but for has_record(). What is called back is called by
// FileWriter::deliver().
class RecordStore {
  public:
    // Empty: there is no state directory, nothing is kept. `files` must outlive it. Throws std::runtime_error
    // (path, reason, fix) when the journal cannot be read.
    RecordStore(const std::string& state_directory, FileWriter& files);

    bool keeps() const { return !directory_.empty(); }
    // Any thread. Whether the transaction has its record on disk, of whichever meter.
    bool has_record(const std::string& transaction_id) const;
    // Of the records that no broker has acknowledged.
    std::optional<std::string> record(const std::string& serial, const std::string& transaction_id) const;
    // The broker has it: it need not be at hand any more.
    void acknowledged(const std::string& serial, const std::string& transaction_id);

    // Synced when `done` is called without an error. A record that is there stays: another one of the same
    // name is kept beside it, and its path is the text of the result; else that is empty.
    void keep(const std::string& serial, const std::string& transaction_id, const std::string& json,
              FileDone done);
    // What a meter had instead of a record. The text of the result is the path.
    void keep_corrupted(const TransactionRecord& record, FileDone done);

    void save_journal(const std::string& json, FileDone done);
    // As it was when this was made; nothing: there was none.
    const std::optional<std::string>& journal() const { return journal_; }

  private:
    using Name = std::pair<std::string, std::string>; // serial number, transaction id
    void read_folders();

    std::string directory_;
    FileWriter& files_;
    std::optional<std::string> journal_;
    Guarded<std::set<std::string>> known_; // names of the files of all records
    std::map<Name, std::string> at_hand_;  // JSON of those not acknowledged
};

} // namespace gridbridge
