// The charging transactions of one meter that signs them: what requests, answers and time lead to. Pure; says
// which register request comes next. It keeps nothing beyond its life: what there is to know is read back
// from the meter. Source: EVerest `CarloGavazzi_EM580`.
#pragma once

#include "drivers/modbus/map/register_job.hpp"
#include "drivers/modbus/signing/key_fetch.hpp"
#include "drivers/modbus/signing/record_course.hpp"
#include "drivers/modbus/signing/request_runner.hpp"
#include "drivers/modbus/signing/side_reads.hpp"
#include "drivers/modbus/signing/transaction_course.hpp"
#include "drivers/modbus/signing/transaction_warnings.hpp"
#include "drivers/waist/orders.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

struct TransactionOptions {
    std::chrono::milliseconds timeout{30000}; // of a request, from when it is first seen
    int retries = 3;                          // attempts per request
    std::chrono::milliseconds retry_delay{500};
    std::chrono::milliseconds ready_timeout{10000};
    std::optional<int> utc_offset; // minutes; none: that of the wall clock
    bool supported = true;         // false: nothing is read, every request is answered NotSupported
};

// What comes in which order: start-up (key, state), the record that the meter holds until it is confirmed,
// then what clients ask. Whatever fails leads back to the start-up.
class TransactionMachine {
  public:
    // The desk must outlive this.
    TransactionMachine(SourceId source, TransactionOptions options, TransactionDesk& desk,
                       WallClock wall_clock);
    TransactionMachine(const TransactionMachine&) = delete; // its parts know each other
    TransactionMachine& operator=(const TransactionMachine&) = delete;

    // `may_sign`: its model has registers for that. Else every request is answered NotSupported.
    void meter_found(std::string serial, Clock::time_point now, bool may_sign = true);
    void meter_lost(Clock::time_point now);

    // Carry it out, then call answered(). Nothing: not before due(). Also what answers requests that have
    // waited too long, so call it while the meter is lost as well.
    std::optional<RegisterRequest> next(Clock::time_point now);
    void answered(const RegisterAnswer& answer, Clock::time_point now);
    Clock::time_point due(Clock::time_point now) const;

    std::vector<std::string> take_messages() { return warnings_.take(); } // for the log

  private:
    bool is_ready() const;
    bool is_supported() const { return options_.supported && keys_.signs(); }
    void exchange_with_desk(Clock::time_point now);
    void choose(Clock::time_point now);
    void look();
    void rest(Clock::time_point look_due);
    void follow(const NextAction& next, Clock::time_point now);
    void fail(const std::string& reason, Clock::time_point now);
    void interrupt();

    void lost_answer(Clock::time_point now);
    void refused(std::uint8_t exception, Clock::time_point now);
    void finished(const std::vector<std::uint16_t>& words, Clock::time_point now);

    void state_read(std::uint16_t word, Clock::time_point now);
    void text_read(const std::vector<std::uint16_t>& words, Clock::time_point now);
    void settle(Clock::time_point now);
    void look_at_running(Clock::time_point now);
    RecordCourse::Ending ending() const;

    const TransactionOptions options_;
    std::string serial_; // of the meter
    bool present_ = false;
    bool settled_ = false; // the start-up is over
    Clock::time_point look_due_{};

    TransactionWarnings warnings_;
    RequestRunner runner_;
    DeskOutbox outbox_;
    RecordReceipt receipt_;
    RequestInbox inbox_;
    KeyFetch keys_;
    SideReads side_;
    MeterLook look_;
    RecordCourse record_;
    TransactionCourse course_;
};

} // namespace gridbridge
