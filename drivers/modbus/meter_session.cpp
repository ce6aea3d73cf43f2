#include "drivers/modbus/meter_session.hpp"

#include "drivers/modbus/decode.hpp"
#include "drivers/modbus/libmodbus_transport.hpp"
#include "drivers/modbus/meter_texts.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto lost_retry = 2s;
constexpr auto locked_recheck = 5s;
constexpr auto selector_recheck = 4s;
constexpr auto alarms_recheck = 10s;

} // namespace

MeterSession::MeterSession(SourceId source, MeterConfig meter, Handoff& handoff, Orders& orders,
                           const Log& log)
    : source_(source), meter_(std::move(meter)), connection_(connection_text(meter_)),
      delivery_(source, handoff), orders_(orders),
      transactions_(source, transaction_options(meter_), orders.transactions(), orders.wall_clock()),
      log_(log), unit_(static_cast<std::uint8_t>(meter_.unit.value_or(1))) {}

Clock::time_point MeterSession::due(bool all_lost) const {
    const bool has_transactions = meter_.driver == DriverKind::Em580;
    if (present_) {
        const auto poll = poll_.next(Clock::now()).not_before;
        return has_transactions ? std::min(poll, transactions_.due(Clock::now())) : poll;
    }
    const bool is_wanted = has_transactions && orders_.transactions().wish(source_);
    return (all_lost || is_wanted) && !refused_ ? std::min(retry_at_, attempted_at_ + lost_retry) : retry_at_;
}

bool MeterSession::turn(ModbusTransport& transport, const std::stop_token& stop) {
    const ModelRow* model = model_ != nullptr ? model_ : find_model(meter_.model);
    auto timeout = response_timeout(meter_);
    if (model_ != nullptr) {
        timeout = std::max(timeout, model_->min_timeout);
    }
    UnitLine line(transport, unit_, timeout, counters_, stop);
    line.read_with(model != nullptr && model->reads_input ? Function::ReadInput : Function::ReadHolding);
    const bool good = present_ ? try_turn(line) : try_identify(line);
    delivery_.count(counters_);
    return good;
}

bool MeterSession::try_identify(UnitLine& line) {
    attempted_at_ = Clock::now();
    refused_ = false;
    refuse_orders();
    transactions_.next(attempted_at_); // wishes may have waited too long
    try {
        begin_polling(line, identify(line, as_known()));
        return true;
    } catch (const Refused& refused) {
        refused_ = true;
        lose(refused.what());
    } catch (const LinkLost&) {
        throw;
    } catch (const Stopped&) {
        throw;
    } catch (const std::runtime_error& error) {
        lose(std::string("not found: ") + error.what());
    }
    unit_ = line.unit();
    return false;
}

// Once found it is looked for at that unit only.
MeterConfig MeterSession::as_known() const {
    MeterConfig meter = meter_;
    if (model_ != nullptr) {
        meter.unit = unit_;
    }
    return meter;
}

void MeterSession::begin_polling(UnitLine& line, Identity identity) {
    unit_ = identity.unit;
    owned_ = std::move(identity.owned);
    model_ = identity.model;
    info_ = std::move(identity.info);
    info_.connection = connection_;
    info_.texts = read_texts(line, *model_);
    alarms_due_ = model_->alarms ? Clock::time_point{} : Clock::time_point::max();
    device_id_ = info_.kind + '_' + info_.serial;
    phases_ = info_.phases.value_or(model_->phases);
    has_phase_export_ = !model_->estimate_reverse_per_phase;
    say(LogLevel::Info,
        "found " + info_.model + ", serial number " + info_.serial + ", firmware " + info_.firmware);
    if (!identity.warning.empty()) {
        say(LogLevel::Warn, identity.warning);
    }
    use_phases(line, wanted_use());
    identify_anew_ = false;
    present_ = true;
    transactions_.meter_found(info_.serial, Clock::now());
    counters_.reconnects += lost_reason_.empty() ? 0U : 1U;
}

PhaseUse MeterSession::wanted_use() const {
    return phase_use_of(*model_, orders_.phase_mode(device_id_).value_or(default_phase_mode(meter_)));
}

// Sets the meter up, reads it once and announces it.
void MeterSession::use_phases(UnitLine& line, PhaseUse use) {
    is_set_up_ = false;
    use_ = use;
    if (check_settings(line)) {
        const std::string_view reason = "its measurement mode stays A as on a PFA variant";
        if (needs_export(meter_)) {
            throw Refused(export_refusal(reason));
        }
        say(LogLevel::Warn, import_only_text(reason));
        info_.import_only = true;
    }
    const PlanLimits limits = limits_of(*model_);
    const std::vector<RegisterRow> rows = rows_for(*model_, use_);
    std::vector<Block> cycle = plan_blocks(rows, limits);
    raw_ = Reading();
    read_once(line, cycle);
    poll_ = MeterPoll(plan_first_reading(rows, limits), std::move(cycle), meter_.interval);
    timeouts_ = errors_ = 0;
    refusals_ = 0;
    selector_due_ = Clock::now() + selector_recheck;
    is_set_up_ = true;
    if (alarms_due_ != Clock::time_point::max()) {
        alarms_due_ = Clock::now();
        check_alarms(line);
    }
    announce();
}

void MeterSession::take_orders(UnitLine& line) {
    while (const auto order = orders_.take(source_)) {
        delivery_.forget(counters_);
        identify_anew_ = true;
        say(LogLevel::Warn, write_phase_config(line, *model_, std::get<SetPhaseConfig>(*order).value));
    }
}

// What a client asks of a meter now must not happen whenever the meter returns.
void MeterSession::refuse_orders() {
    while (orders_.take(source_)) {
        say(LogLevel::Warn, "a request to change its settings is not carried out: the meter does not answer");
    }
}

void MeterSession::read_once(UnitLine& line, const std::vector<Block>& plan) {
    constexpr int attempts = 3;
    for (const Block& block : plan) {
        std::size_t refusals = block.pace == Pace::Once ? 0 : refusals_that_prove;
        while (refusals < refusals_that_prove) {
            try {
                decode_block(*model_, block, line.read(block.address, block.words, attempts), raw_);
                break;
            } catch (const ExceptionReply& reply) {
                if (is_like_timeout(reply)) {
                    throw;
                }
                ++refusals;
            }
        }
    }
}

// Whether the meter turned out to measure import only.
bool MeterSession::check_settings(UnitLine& line) {
    const SetUpReport report = set_up(line, *model_, use_, meter_.setup);
    if (!report.locked || !locked_) {
        for (const std::string& message : report.messages) {
            say(LogLevel::Warn, message);
        }
    }
    locked_ = report.locked;
    settings_due_ = Clock::now() + locked_recheck;
    info_.error_code = report.locked || report.failed ? 1 : 0;
    return report.import_only;
}

void MeterSession::check_alarms(UnitLine& line) {
    if (Clock::now() < alarms_due_) {
        return;
    }
    alarms_due_ = Clock::now() + alarms_recheck;
    const auto word = line.read_optional_word(model_->alarms->address, 1);
    if (!word) {
        alarms_due_ = Clock::time_point::max();
        return;
    }
    const Alarms alarms = alarms_of(*model_->alarms, *word);
    std::string& text = info_.texts.back().second;
    if (text != alarms.text) {
        say(LogLevel::Warn, alarms.text.empty() ? "its alarms have ended" : "it reports: " + alarms.text);
    }
    text = alarms.text;
    info_.error_code = alarms.code;
}

// What may change at the meter while it is polled.
void MeterSession::check_selector(UnitLine& line) {
    const MeterInfo known = info_;
    if (locked_ && Clock::now() >= settings_due_) {
        check_settings(line);
    }
    if (model_->selector && model_->selector->published && Clock::now() >= selector_due_) {
        selector_due_ = Clock::now() + selector_recheck;
        if (const auto position = line.read_optional_word(model_->selector->address, 1)) {
            info_.switch_position = *position;
        }
    }
    check_alarms(line);
    if (info_ != known) {
        announce();
    }
}

bool MeterSession::try_turn(UnitLine& line) {
    try {
        take_orders(line);
        if (identify_anew_) {
            begin_polling(line, identify(line, as_known()));
        } else if (!is_set_up_ || use_ != wanted_use()) {
            delivery_.forget(counters_);
            use_phases(line, wanted_use());
        }
        const bool good = try_cycle(line);
        serve_transactions(line);
        return good;
    } catch (const Refused& refused) {
        refused_ = true;
        lose(refused.what());
    } catch (const Timeout& error) {
        count_error(true, error.what());
    } catch (const BadReply& error) {
        count_error(false, error.what());
    } catch (const ExceptionReply& error) {
        count_error(is_like_timeout(error), error.what());
    }
    return false;
}

void MeterSession::announce() {
    const bool multi = use_ == PhaseUse::Multi;
    info_.phases = multi ? phases_ : 1;
    info_.multiphase = multi;
    info_.supports_multiphase = model_->supports_single_phase;
    info_.estimate_reverse_per_phase = multi && !has_phase_export_;
    info_.totals_are_phase_sums = model_->totals_are_phase_sums;
    delivery_.announce(info_, use_ == PhaseUse::PvOnL2);
}

void MeterSession::lose(std::string_view reason) {
    retry_at_ = Clock::now() + back_off_.next();
    transactions_.meter_lost(Clock::now());
    if (std::exchange(present_, false) || lost_reason_ != reason) {
        lost_reason_ = reason;
        say(LogLevel::Warn, reason);
        delivery_.lose(lost_reason_, counters_);
    }
}

void MeterSession::link_lost(std::string_view reason) {
    lose(reason);
    back_off_.reset();
    retry_at_ = Clock::time_point{};
}

void MeterSession::say(LogLevel level, std::string_view text) const {
    log_(level, connection_ + " unit " + std::to_string(unit_), text);
}

} // namespace gridbridge
