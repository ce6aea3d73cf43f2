// Modbus TCP: answers carry the transaction id of their request. Pure.
#pragma once

#include "drivers/modbus/line/dialogue.hpp"
#include "drivers/modbus/line/foreign_traffic.hpp"
#include "drivers/modbus/line/transaction_ids.hpp"

namespace gridbridge {

class TaggedDialogue final : public Dialogue {
  public:
    static constexpr std::chrono::milliseconds most_patience{5000};

    // `is_patient`: a device that answers later than the time-out is waited for, up to most_patience.
    explicit TaggedDialogue(bool is_patient) : is_patient_(is_patient) {}

    void restart(Clock::time_point now) override;
    Clock::time_point may_ask_at(const Request& request) const override;
    Clock::time_point asks_anyway_at(const Request& request, Clock::time_point began) const override;
    void overheard(ByteView bytes, Clock::time_point now) override;
    void asked(const Request& request, std::chrono::milliseconds timeout, Clock::time_point now) override;
    Bytes frame() const override;
    std::chrono::milliseconds patience() const override;
    std::optional<std::vector<std::uint16_t>> received(ByteView bytes, Clock::time_point now) override;
    [[noreturn]] void give_up(Clock::time_point now) override;
    LineHealth health() const override;
    std::uint64_t skipped_bytes() const override { return skipped_; }

  private:
    void skip(std::size_t bytes);
    void take_strange(Clock::time_point now, bool is_asked);
    void measure(Clock::duration taken);

    const bool is_patient_;
    Request request_{};
    std::chrono::milliseconds timeout_{};
    Clock::time_point asked_at_{};
    TransactionIds ids_;
    ForeignTraffic late_;
    Bytes received_;
    bool is_unanswered_ = false; // the last request
    Clock::duration longest_{};
    std::uint64_t skipped_ = 0;
};

} // namespace gridbridge
