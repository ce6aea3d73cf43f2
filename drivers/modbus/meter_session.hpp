// One meter on a bus: from "nobody there" through identification and set-up to readings, and back.
#pragma once

#include "drivers/back_off.hpp"
#include "drivers/driver.hpp"
#include "drivers/modbus/identify.hpp"
#include "drivers/modbus/meter_delivery.hpp"
#include "drivers/modbus/meter_poll.hpp"
#include "drivers/modbus/transaction_machine.hpp"

#include <string>
#include <string_view>

namespace gridbridge {

// Lives on the thread of its bus driver.
class MeterSession {
  public:
    // The references must outlive this.
    MeterSession(SourceId source, MeterConfig meter, Handoff& handoff, Orders& orders, const Log& log);

    // When turn() should be called next. `all_lost`: no meter of the connection is present, so asking more
    // often slows nobody.
    Clock::time_point due(bool all_lost) const;

    // Identifies the meter, or reads one cycle. Returns whether the meter answered well. LinkLost and
    // Stopped pass through.
    bool turn(ModbusTransport& transport, const std::stop_token& stop);

    // The connection is gone; identification follows when there is a new one.
    void link_lost(std::string_view reason);

    bool is_present() const { return present_; }

  private:
    static constexpr std::size_t refusals_that_prove = 2; // of an optional block: the meter does not have it

    bool try_identify(UnitLine& line);
    MeterConfig as_known() const;
    void begin_polling(UnitLine& line, Identity identity);
    PhaseUse wanted_use() const;
    void use_phases(UnitLine& line, PhaseUse use);
    void take_orders(UnitLine& line);
    void refuse_orders();
    bool check_settings(UnitLine& line);
    void check_selector(UnitLine& line);
    void check_alarms(UnitLine& line);
    void read_once(UnitLine& line, const std::vector<Block>& plan);
    static TransactionOptions transaction_options(const MeterConfig& meter);
    void serve_transactions(UnitLine& line);
    bool try_turn(UnitLine& line);
    bool try_cycle(UnitLine& line);
    bool read_block(UnitLine& line, const MeterPoll::Task& task);
    bool forget_map(const MeterPoll::Task& task);
    bool handle_exception(const MeterPoll::Task& task, const ExceptionReply& reply);
    void count_error(bool like_timeout, std::string_view reason);
    void announce();
    void publish(Clock::time_point received);
    void estimate_phase_export(std::string_view reason);
    void lose(std::string_view reason);
    void say(LogLevel level, std::string_view text) const;

    const SourceId source_;
    const MeterConfig meter_;
    const std::string connection_;
    MeterDelivery delivery_;
    Orders& orders_;
    TransactionMachine transactions_;
    const Log& log_;

    bool present_ = false; // identified, and no more errors than allowed since
    bool refused_ = false;
    std::string lost_reason_; // as last reported
    Clock::time_point attempted_at_{};
    Clock::time_point retry_at_{};
    BackOff back_off_;

    std::uint8_t unit_;
    std::unique_ptr<const OwnedModel> owned_;
    const ModelRow* model_ = nullptr; // static, or of owned_
    MeterInfo info_;
    std::string device_id_;
    int phases_ = 3; // as identified
    PhaseUse use_{};
    bool is_set_up_ = false;     // for use_
    bool identify_anew_ = false; // a setting that changes the identity was written, or the map has changed
    bool has_phase_export_ = false;
    MeterPoll poll_;
    Reading raw_; // as decoded, before options and derived values
    bool locked_ = false;
    Clock::time_point settings_due_{};
    Clock::time_point selector_due_{};
    Clock::time_point alarms_due_{}; // far away: the meter has none
    std::size_t refusals_ = 0;       // exception replies to the same optional block in a row
    int timeouts_ = 0;               // since the last good answer
    int errors_ = 0;                 // the same, all other errors
    MeterCounters counters_;
};

} // namespace gridbridge
