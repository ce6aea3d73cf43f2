// The charging transactions of one meter that signs them: what wishes, answers and time lead to. Pure; says
// which register request comes next. It keeps nothing beyond its life: what there is to know is read back
// from the meter. Source: EVerest `CarloGavazzi_EM580`; its order of writing.
#pragma once

#include "drivers/modbus/ocmf_registers.hpp"
#include "drivers/modbus/register_job.hpp"
#include "drivers/orders.hpp"

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

struct TransactionOptions {
    std::chrono::milliseconds timeout{30000}; // of a wish, from when it is first seen
    int retries = 3;                          // attempts per request
    std::chrono::milliseconds retry_delay{500};
    std::chrono::milliseconds ready_timeout{10000};
    std::optional<int> utc_offset; // minutes; none: that of the wall clock
    bool supported = true;         // false: nothing is read, every wish is answered NotSupported
};

class TransactionMachine {
  public:
    // The desk must outlive this.
    TransactionMachine(SourceId source, TransactionOptions options, TransactionDesk& desk,
                       WallClock wall_clock);

    void meter_found(std::string serial, Clock::time_point now);
    void meter_lost(Clock::time_point now);

    // Carry it out, then call answered(). Nothing: not before due(). Also what answers wishes that have
    // waited too long, so call it while the meter is lost as well.
    std::optional<RegisterRequest> next(Clock::time_point now);
    void answered(const RegisterAnswer& answer, Clock::time_point now);
    Clock::time_point due(Clock::time_point now) const;
    // Somebody waits for this meter.
    bool is_wanted() const { return wish_.has_value(); }

    std::vector<std::string> take_messages(); // warnings for the log

  private:
    enum class Step : std::uint8_t {
        Rest,
        SignatureType,
        RawKey,
        DerKey,
        State,
        Text,
        FileSize,
        File,
        Number,
        Confirm,
        StartWrite,
        Begin,
        End,
        ClockTime,
        ClockOffset,
    };

    struct Wish {
        TransactionWish what;
        Clock::time_point since{};
        bool looked = false;          // the meter was looked at since
        int attempts = 0;             // of a Start, lost before it was begun
        int begins = 0;               // commands sent
        Clock::time_point begun_at{}; // the newest one; zero: the meter did not take it
        bool begin_answered = false;
        std::uint8_t refused = 0; // exception to the command
    };
    struct Closing { // the end was commanded
        std::string id;
        Clock::time_point since{};   // the limit for the record counts from here
        Clock::time_point sent_at{}; // the newest command
        bool answered = false;       // by the meter
        bool given_up = false;       // the Stop was answered "timeout"
    };
    struct Told {
        TransactionRecord record;
        bool kept = false;
        bool confirmed = false;
    };

    // transaction_wishes.cpp
    void keep_house(Clock::time_point now);
    void take_wish(Clock::time_point now);
    std::optional<TransactionResult> answer_at_once() const;
    void answer(TransactionReason reason, std::string detail = {});
    void tell(TransactionEvent event);
    void tell_state(TransactionState state);

    // transaction_machine.cpp
    void choose(Clock::time_point now);
    void go(Step step, RegisterJob job);
    void rest(Clock::time_point look_due);
    void look();
    void fail(const std::string& reason, Clock::time_point now);
    void interrupt();
    void lost_answer(Clock::time_point now);
    void refused(std::uint8_t exception, Clock::time_point now);
    void finished(const std::vector<std::uint16_t>& words, Clock::time_point now);
    bool has_unconfirmed() const { return told_ && !told_->confirmed; }

    // transaction_record.cpp: start-up, and from a closed transaction to its confirmation
    void signature_type_read(std::uint16_t type, Clock::time_point now);
    void key_read(const std::vector<std::uint16_t>& words);
    void state_read(std::uint16_t word, Clock::time_point now);
    void file_size_read(std::uint16_t words, Clock::time_point now);
    void file_read(Clock::time_point now);
    void take_record(Clock::time_point now);
    void confirm(Clock::time_point now);
    void confirmed(Clock::time_point now);
    void fetched_in_vain(Clock::time_point now, const std::string& reason);

    // transaction_start.cpp: wishes and the clock
    void settle(Clock::time_point now);
    bool judge(Clock::time_point now);
    bool judge_start(const StartTransaction& start, Clock::time_point now);
    bool wait_for_begin(Clock::time_point now);
    bool judge_stop(const StopTransaction& stop, Clock::time_point now);
    void judge_closed();
    void start_writing(const StartTransaction& start);
    void written();
    void send_end(const std::string& id, Clock::time_point now);
    void keep_closing(Clock::time_point now);
    bool may_be_closing(Clock::time_point now) const;
    void look_again(Clock::time_point now);
    bool write_clock(Clock::time_point now);
    std::optional<WallTime> wall_time() const;

    const SourceId source_;
    const TransactionOptions options_;
    TransactionDesk& desk_;
    const WallClock wall_clock_;

    bool present_ = false;
    bool supported_ = true;
    bool settled_ = false;   // the start-up is over
    bool contacted_ = false; // it was over once
    std::string serial_;
    std::optional<Clock::time_point> first_found_;
    ocmf::KeyLayout layout_;
    TransactionKey key_;
    TransactionKey key_told_;

    Step step_ = Step::Rest;
    std::optional<RegisterJob> job_;
    int attempts_ = 0;
    Clock::time_point not_before_{};
    Clock::time_point look_due_{};
    bool look_counts_ = false; // for the wish

    ocmf::State state_ = ocmf::State::NotReady;
    std::string id_; // behind the marker in the meter's text
    std::string file_, file_before_;
    bool has_file_before_ = false;
    bool file_is_corrupted_ = false;
    int fetches_ = 0, confirms_ = 0;
    std::optional<Closing> closing_;
    std::optional<Told> told_; // the newest one
    std::optional<Wish> wish_;
    std::deque<ocmf::Write> writes_;
    Clock::time_point clock_due_{};
    bool clock_was_tried_ = false;

    std::optional<TransactionState> told_state_;
    std::deque<TransactionEvent> outbox_;
    std::vector<std::string> messages_;
    std::string last_failure_;
};

} // namespace gridbridge
