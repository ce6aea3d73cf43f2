// Signed charging transactions over MQTT: takes Start and Stop, answers them, keeps and publishes the
// records. State, result and keys are shown by the Venus outlet.
#pragma once

#include "drivers/driver.hpp"
#include "mqtt/outlet.hpp"
#include "mqtt/record_store.hpp"
#include "mqtt/transaction_journal.hpp"

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gridbridge {

struct TransactionsOptions {
    std::string portal_id;
    std::function<long long()> unix_time; // wall clock; decides only whether an old Start is still wanted
    Log log;
};

// Publisher thread only. `desk` and `store` must outlive it.
class Transactions final : public Outlet {
  public:
    Transactions(TransactionsOptions options, TransactionDesk& desk, RecordStore& store);

    void added(const Meter& meter) override { meters_.emplace(meter.source, &meter); }
    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void transaction(const Meter& meter, const TransactionEvent& event, Clock::time_point now,
                     Messages& out) override;
    void delivered(const std::string& topic) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;

  private:
    // A client of MQTT 5 that wants its answer on a topic of its own.
    struct Waiting {
        std::string transaction_id;
        bool is_stop = false;
        std::string topic, correlation;
    };
    struct Unsaved {
        SourceId source;
        TransactionRecord record;
    };

    const Meter* meter_of(std::string_view type, int instance) const;
    void ask(const Meter& meter, const TransactionWish& wish);
    void refuse(const Meter& meter, const TransactionWish& wish, TransactionReason reason,
                std::string detail);
    void resume(const Meter& meter);
    void answer(const Meter& meter, const TransactionResult& result, Messages& out);
    void take_record(const Unsaved& unsaved, Clock::time_point now, Messages& out);
    void save_record(const Unsaved& unsaved, Messages& out);
    void publish(const std::string& serial, const std::string& transaction_id, std::string json,
                 Messages& out);
    std::string topic_of(const std::string& serial, const std::string& transaction_id) const;
    void save_journal();

    TransactionsOptions options_;
    TransactionDesk& desk_;
    RecordStore& store_;
    TransactionJournal journal_;
    std::map<SourceId, const Meter*> meters_;
    std::set<SourceId> resumed_; // requests of an earlier run were asked again
    std::map<SourceId, std::deque<Waiting>> waiting_;
    std::vector<Unsaved> unsaved_; // the state directory did not take them
    Clock::time_point save_again_{};
    std::map<std::string, Unsaved> unacknowledged_;               // by topic, without a state directory
    std::map<std::string, TransactionJournal::Record> published_; // by topic, not yet acknowledged
};

} // namespace gridbridge
