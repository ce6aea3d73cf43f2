// What is read of a signing meter beside its transactions: live values that it signs, and what it says of
// itself. Nothing waits for them, and a meter that refuses them is none the worse. Pure: time is an argument.
#pragma once

#include "drivers/modbus/signing/desk_outbox.hpp"
#include "drivers/modbus/signing/key_fetch.hpp"
#include "drivers/modbus/signing/request_runner.hpp"

#include <cstdint>
#include <list>
#include <optional>
#include <span>
#include <string>

namespace gridbridge {

class SideReads {
  public:
    // The references must outlive this.
    SideReads(DeskOutbox& outbox, const KeyFetch& keys) : outbox_(outbox), keys_(keys) {}

    // A look at the meter has shown what runs in it; nothing: no transaction. A start and an end want a
    // value.
    void looked(const std::optional<std::string>& running, Clock::time_point now);
    // Another meter, or nobody knows.
    void forget_running() { running_.reset(); }
    bool was_running(const std::string& transaction_id) const;
    void want_value(SignedValue::Occasion occasion, std::string transaction_id);
    // Answers requests for values: there are none.
    void refuse_values();

    bool is_due(Clock::time_point now) const { return !wanted_.empty() || now >= status_due_; }
    std::optional<StepJob> next(Clock::time_point now);
    static bool is_mine(Step step) { return step >= Step::SignedValue; }
    // To such a step. Empty: the meter refused it, or did not answer often enough.
    void answered(Step step, std::span<const std::uint16_t> words, Clock::time_point now);

    const std::optional<RunningTransaction>& running() const { return running_; } // nothing: not known

  private:
    struct Wanted {
        SignedValue::Occasion occasion;
        std::string transaction_id;
    };
    void value_read(std::span<const std::uint16_t> words);
    void status_read(Step step, std::span<const std::uint16_t> words, Clock::time_point now);

    DeskOutbox& outbox_;
    const KeyFetch& keys_;
    std::optional<RunningTransaction> running_;
    std::list<Wanted> wanted_;
    Step next_status_ = Step::ChargingStatus;
    SigningStatus status_;
    std::optional<SigningStatus> told_;
    Clock::time_point status_due_{};
};

} // namespace gridbridge
