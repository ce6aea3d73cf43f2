// One meter on a bus: from "nobody there" through identification and set-up to readings, and back.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/modbus/identify/identity.hpp"
#include "drivers/modbus/line_remarks.hpp"
#include "drivers/modbus/meter_delivery.hpp"
#include "drivers/modbus/meter_presence.hpp"
#include "drivers/modbus/meter_settings.hpp"
#include "drivers/modbus/meter_transactions.hpp"
#include "drivers/modbus/phase_choice.hpp"
#include "drivers/modbus/poll_cycle.hpp"
#include "drivers/modbus/repeat_pause.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"
#include "drivers/waist/orders.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// What else there is beside a meter.
struct Neighbours {
    bool is_alone = true;             // no other meter is configured on the connection
    std::optional<double> share = {}; // of the interval, 0..1: when the connection has its turn among many
};

// Lives on the thread of its bus driver.
class MeterSession {
  public:
    // The references must outlive this.
    MeterSession(SourceId source, MeterConfig meter, Neighbours neighbours, Handoff& handoff, Orders& orders,
                 const Log& log);

    // When turn() should be called next. `all_lost`: no meter of the connection is present, so asking more
    // often slows nobody.
    Clock::time_point due(bool all_lost) const;

    // Identifies the meter, or reads one cycle. Returns whether the meter answered well. LinkLost and
    // Stopped pass through.
    bool turn(ModbusTransport& transport, const std::stop_token& stop);

    // The connection is gone. A TCP connection that is back before values become unknown goes unnoticed; else
    // identification follows when there is a new one.
    void link_lost(std::string_view reason);

    bool is_present() const { return presence_.is_present(); }

  private:
    bool try_identify(UnitLine& line);
    MeterConfig as_known() const;
    void find_and_begin(UnitLine& line);
    void begin_polling(UnitLine& line, Identity identity);
    PhaseUse wanted_use() const;
    void use_phases(UnitLine& line, PhaseUse use);
    void carry_out_orders(UnitLine& line);
    void refuse_orders();
    void set_up_anew(UnitLine& line);
    void check_changes(UnitLine& line);
    bool try_turn(UnitLine& line);
    void prove_same(UnitLine& line, int tries);
    std::uint64_t failures() const;
    bool try_cycle(UnitLine& line);
    bool read_block(UnitLine& line, const MeterPoll::Task& task);
    void forget_map();
    void leave_out(UnitLine& line, const PollCycle::Result& missing);
    void count_error(bool like_timeout, std::string_view reason);
    void take_remarks(const LineHealth& health);
    void announce();
    void publish(UnitLine& line, Clock::time_point received);
    void estimate_phase_export(std::string_view reason);
    void lose(std::string_view reason);
    void log_line(LogLevel level, std::string_view text) const;

    const SourceId source_;
    const MeterConfig meter_;
    const Neighbours neighbours_;
    const std::string connection_;
    Orders& orders_;
    const Log& log_;
    MeterDelivery delivery_;
    MeterTransactions transactions_;
    MeterPresence presence_;
    PhaseChoice phases_;
    MeterSettings settings_;
    RepeatPause pause_;
    PollCycle poll_;
    LineRemarks remarks_;
    std::string own_advice_; // of the meter itself
    MeterCounters counters_;

    std::uint8_t unit_;
    std::unique_ptr<const OwnedModel> owned_;
    const ModelRow* model_ = nullptr; // static, or of owned_
    MeterInfo info_;
    KnownRegisters proof_; // that it is still the same
    std::string device_id_;
    bool identify_anew_ = false; // a setting that changes the identity was written, or the map has changed
};

} // namespace gridbridge
