// What one meter tells the desk: events in order, none lost while the desk is full, and a state only when it
// has changed.
#pragma once

#include "drivers/waist/transactions.hpp"

#include <list>
#include <optional>

namespace gridbridge {

class DeskOutbox {
  public:
    // The desk must outlive this.
    DeskOutbox(SourceId source, TransactionDesk& desk) : source_(source), desk_(desk) {}

    void tell(TransactionEvent event);
    void tell_state(TransactionState state);
    // The next state is told even if it is the last one again.
    void forget_state() { state_.reset(); }
    // By the state told last: a transaction begins, runs or ends.
    bool is_under_way() const;

    // Hands over as much as the desk takes.
    void flush();
    bool is_empty() const { return events_.empty(); }

  private:
    const SourceId source_;
    TransactionDesk& desk_;
    std::optional<TransactionState> state_;
    std::list<TransactionEvent> events_; // nothing is asked of the meter while there are any: few
};

} // namespace gridbridge
