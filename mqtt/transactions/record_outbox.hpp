// The way of a signed record from the meter to the broker: kept, published, acknowledged.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/transactions/record_store.hpp"
#include "mqtt/transactions/transaction_journal.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

struct MeterRecord {
    SourceId source;
    TransactionRecord record;
};

// Publisher thread only. `desk`, `store` and `journal` must outlive it.
class RecordOutbox {
  public:
    RecordOutbox(std::string portal_id, Log log, TransactionDesk& desk, RecordStore& store,
                 TransactionJournal& journal);

    // The meter is told only after the record is safe: in the state directory, or with the broker where
    // there is none.
    void take(const MeterRecord& record, Messages& out);
    // Of a broker: what it has not acknowledged is published again.
    void connected(Messages& out);
    // True when the journal has changed by it.
    bool delivered(const std::string& topic);
    bool has_saved() const { return !saved_.empty(); }
    // Publishes what has been saved since; true when the journal has changed by it.
    bool publish_saved(Messages& out);

  private:
    struct Saved {
        MeterRecord what;
        std::string path; // of one that is kept beside another, or is corrupted; else empty
    };

    FileDone when_saved(const MeterRecord& record);
    bool finish(const Saved& saved, Messages& out);
    void publish(const std::string& serial, const std::string& transaction_id, std::string json,
                 Messages& out);
    std::string topic_of(const std::string& serial, const std::string& transaction_id) const;

    std::string portal_id_;
    Log log_;
    TransactionDesk& desk_;
    RecordStore& store_;
    TransactionJournal& journal_;
    std::vector<Saved> saved_;                          // since they were published last
    std::shared_ptr<RecordOutbox*> self_;               // gone with this: what is saved later tells nobody
    std::map<std::string, MeterRecord> unacknowledged_; // by topic, without a state directory
    std::map<std::string, TransactionJournal::Record> published_; // by topic, not yet acknowledged
};

} // namespace gridbridge
