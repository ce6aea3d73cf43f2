// Signed charging transactions over MQTT: takes Start and Stop, answers them, keeps and publishes the
// records. State, result and keys are shown by the Venus outlet.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/transactions/record_outbox.hpp"
#include "mqtt/transactions/record_store.hpp"
#include "mqtt/transactions/transaction_journal.hpp"
#include "mqtt/transactions/waiting_clients.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace gridbridge {

struct TransactionOutletOptions {
    std::string portal_id;
    std::function<long long()> unix_time; // wall clock; decides only whether an old Start is still wanted
    Log log;
};

// Publisher thread only. `desk` and `store` must outlive it.
class TransactionOutlet final : public Outlet,
                                public Timed,
                                public ClientListener,
                                public TransactionListener,
                                public DeliveryListener {
  public:
    TransactionOutlet(TransactionOutletOptions options, TransactionDesk& desk, RecordStore& store);

    void added(const Meter& meter) override { meters_.emplace(meter.source, &meter); }
    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    // What it hears arrives by the filters of the Venus outlet.
    std::vector<std::string> filters() const override { return {}; }
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void transaction(const Meter& meter, const TransactionEvent& event, Clock::time_point now,
                     Messages& out) override;
    void delivered(const std::string& topic) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    void leave(Messages& /*out*/) override { save_journal(); }

  private:
    // A request that the driver gets when the journal with it is on disk.
    struct Journaled {
        SourceId source;
        TransactionRequest request;
        std::uint64_t journal = 0; // number of the save that has it
    };

    const Meter* meter_of(std::string_view type, int instance) const;
    void take_request(const Meter& meter, const Message& message, bool stops);
    void ask(const Meter& meter, const TransactionRequest& request);
    // The id of the transaction that a Stop without an id means; else why there is none.
    std::variant<std::string, TransactionResult> bound_id(const Meter& meter) const;
    void refuse(const Meter& meter, const TransactionRequest& request, TransactionReason reason,
                std::string detail);
    void resume(const Meter& meter);
    void tell(const Meter& meter, const TransactionResult& result);
    void strike_out(const Meter& meter, const TransactionResult& answered);
    void answer(const Meter& meter, const TransactionResult& result, Messages& out);
    void hand_on(std::uint64_t journal);
    void save_journal();

    TransactionOutletOptions options_;
    TransactionDesk& desk_;
    RecordStore& store_;
    TransactionJournal journal_;
    std::map<SourceId, const Meter*> meters_;
    std::map<SourceId, RunningTransaction> running_; // as the meters have told
    std::set<SourceId> resumed_;                     // requests of an earlier run were asked again
    WaitingClients clients_;
    RecordOutbox records_;
    std::vector<Journaled> journaled_;
    std::uint64_t journal_saves_ = 0;
    bool journal_changed_ = false;             // since it was saved
    std::shared_ptr<TransactionOutlet*> self_; // gone with this: what is saved later tells nobody
};

} // namespace gridbridge
