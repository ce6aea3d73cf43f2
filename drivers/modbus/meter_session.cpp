#include "drivers/modbus/meter_session.hpp"

#include "drivers/modbus/identify/meter_texts.hpp"
#include "drivers/modbus/line/line_transport.hpp"
#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/meter_search.hpp"
#include "drivers/values/contradictions.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr int proof_tries = 3; // where a reading hangs on it, or all that was asked before

std::optional<Clock::duration> phase_of(std::chrono::milliseconds interval, std::optional<double> share) {
    return share ? std::optional(std::chrono::duration_cast<Clock::duration>(interval * *share))
                 : std::nullopt;
}

// What could not be read for that long is stale, and what was read before it with it.
std::chrono::milliseconds longest_silence(const MeterConfig& meter) {
    return std::max(bus_stale_after(meter), 2 * meter.interval);
}

} // namespace

MeterSession::MeterSession(SourceId source, MeterConfig meter, Neighbours neighbours, Handoff& handoff,
                           Orders& orders, const Log& log)
    : source_(source), meter_(std::move(meter)), neighbours_(neighbours),
      connection_(connection_text(meter_)), orders_(orders), log_(log), delivery_(source, handoff),
      transactions_(source, meter_, orders), presence_(bus_stale_after(meter_), meter_.interval),
      settings_(meter_, [this](std::string_view text) { log_line(LogLevel::Warn, text); }),
      pause_(meter_.retries, meter_.retry_pause), unit_(static_cast<std::uint8_t>(meter_.unit.value_or(1))) {}

Clock::time_point MeterSession::due(bool all_lost) const {
    if (presence_.is_present()) {
        const auto now = Clock::now();
        return transactions_.due(std::max(poll_.next(now).not_before, pause_.until()), now);
    }
    return presence_.retry_at(all_lost || transactions_.is_wanted());
}

bool MeterSession::turn(ModbusTransport& transport, const std::stop_token& stop) {
    const ModelRow* model = model_ != nullptr ? model_ : find_model(meter_.model);
    auto timeout = response_timeout(meter_);
    if (model_ != nullptr) {
        timeout = std::max(timeout, model_->min_timeout);
    }
    UnitLine line(transport, unit_, timeout, counters_, stop);
    line.read_with(model != nullptr && model->reads_input ? Function::ReadInput : Function::ReadHolding);
    const bool good = is_present() ? try_turn(line) : try_identify(line);
    take_remarks(transport.health());
    delivery_.count(counters_);
    return good;
}

void MeterSession::take_remarks(const LineHealth& health) {
    counters_.foreign_frames = health.foreign_frames;
    for (const std::string& remark : remarks_.take(health)) {
        log_line(LogLevel::Warn, remark);
    }
    counters_.reconnects += remarks_.take_reopened();
    if (std::string advice = remarks_.advice_after(own_advice_); is_present() && info_.advice != advice) {
        info_.advice = std::move(advice);
        announce();
    }
}

bool MeterSession::try_identify(UnitLine& line) {
    const auto now = Clock::now();
    presence_.attempt(now);
    refuse_orders();
    transactions_.pass_time(now);
    try {
        find_and_begin(line);
        return true;
    } catch (const Refused& refused) {
        presence_.refuse();
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

void MeterSession::find_and_begin(UnitLine& line) {
    const auto asked = Clock::now();
    Identity identity = find_meter(line, as_known(), neighbours_.is_alone);
    // Of another model everything has another meaning: before its settings are written, and who it is is
    // told.
    if (presence_.is_long(Clock::now() - asked) && !is_same_meter(line, identity.code, proof_tries)) {
        throw BadReply("another meter answers than the one that was asked first");
    }
    begin_polling(line, std::move(identity));
    counters_.reconnects += presence_.found(asked, Clock::now()) ? 1U : 0U;
}

void MeterSession::begin_polling(UnitLine& line, Identity identity) {
    unit_ = identity.unit;
    owned_ = std::move(identity.owned);
    model_ = identity.model;
    info_ = std::move(identity.info);
    proof_ = std::move(identity.serial.words.empty() ? identity.code : identity.serial);
    info_.connection = connection_;
    own_advice_ = info_.advice;
    info_.advice = remarks_.advice_after(own_advice_);
    info_.texts = read_texts(line, *model_);
    settings_.meter_found(*model_);
    device_id_ = info_.kind + '_' + info_.serial;
    phases_.meter_found(*model_, info_.phases.value_or(model_->phases));
    log_line(LogLevel::Info,
             "found " + info_.model + ", serial number " + info_.serial + ", firmware " + info_.firmware);
    if (!identity.warning.empty()) {
        log_line(LogLevel::Warn, identity.warning);
    }
    use_phases(line, wanted_use());
    identify_anew_ = false;
    transactions_.meter_found(info_.serial, Clock::now(), model_->may_sign);
}

PhaseUse MeterSession::wanted_use() const {
    return phase_use_of(*model_, orders_.phase_mode(device_id_).value_or(default_phase_mode(meter_)));
}

// Sets the meter up, reads it once and announces it.
void MeterSession::use_phases(UnitLine& line, PhaseUse use) {
    const auto began = Clock::now();
    phases_.begin_set_up(use);
    settings_.set_up(line, use, info_);
    poll_.begin(line, *model_, use,
                {meter_.interval, longest_silence(meter_), phase_of(meter_.interval, neighbours_.share)},
                meter_.fuse);
    presence_.answered_well(Clock::now(), failures(), line.possible_lateness());
    pause_.answered();
    phases_.set_up();
    settings_.begin_watch(line, info_);
    announce();
    if (presence_.is_present()) { // else who it is was asked before this
        presence_.set_up(began, Clock::now());
    }
}

void MeterSession::carry_out_orders(UnitLine& line) {
    while (const auto order = orders_.take(source_)) {
        delivery_.forget(counters_);
        identify_anew_ = true;
        log_line(LogLevel::Warn, write_phase_config(line, *model_, std::get<SetPhaseConfig>(*order).value));
    }
}

// What a client asks of a meter now must not happen whenever the meter returns.
void MeterSession::refuse_orders() {
    while (orders_.take(source_)) {
        log_line(LogLevel::Warn,
                 "a request to change its settings is not carried out: the meter does not answer");
    }
}

// What may change at the meter while it is polled.
void MeterSession::check_changes(UnitLine& line) {
    const MeterInfo known = info_;
    if (settings_.check(line, phases_.use(), info_, poll_.next(Clock::now()).not_before)) {
        set_up_anew(line);
    } else if (info_ != known) {
        announce();
    }
}

void MeterSession::set_up_anew(UnitLine& line) {
    delivery_.forget(counters_);
    use_phases(line, phases_.use());
}

bool MeterSession::try_turn(UnitLine& line) {
    try {
        carry_out_orders(line);
        if (!identify_anew_ && presence_.may_be_another(Clock::now())) {
            prove_same(line, 1);
        }
        if (identify_anew_) {
            find_and_begin(line);
        } else if (!phases_.is_set_up_for(wanted_use())) {
            delivery_.forget(counters_);
            use_phases(line, wanted_use());
        }
        const bool good = try_cycle(line);
        for (const std::string& message : transactions_.serve(line)) {
            log_line(LogLevel::Warn, message);
        }
        return good;
    } catch (const Refused& refused) {
        presence_.refuse();
        lose(refused.what());
    } catch (const Timeout& error) {
        pause_.unanswered(Clock::now());
        count_error(true, error.what());
    } catch (const BadReply& error) {
        pause_.unanswered(Clock::now());
        count_error(false, error.what());
    } catch (const ExceptionReply& error) {
        pause_.refused(Clock::now());
        count_error(is_like_timeout(error), error.what());
    }
    return false;
}

// The registers of another meter at the same unit id have other values, or other meanings.
void MeterSession::prove_same(UnitLine& line, int tries) {
    const auto asked = Clock::now();
    if (is_same_meter(line, proof_, tries)) {
        presence_.proven(asked, Clock::now());
        pause_.answered();
        return;
    }
    log_line(LogLevel::Warn,
             "another meter answers in place of " + info_.model + ", serial number " + info_.serial);
    delivery_.forget(counters_);
    identify_anew_ = true;
}

std::uint64_t MeterSession::failures() const {
    return counters_.timeouts + counters_.rejected + counters_.exceptions;
}

bool MeterSession::try_cycle(UnitLine& line) {
    bool started = false;
    while (Clock::now() >= pause_.until()) {
        const auto task = poll_.next(Clock::now());
        if (task.not_before > Clock::now() || (started && task.starts_cycle)) {
            break;
        }
        started = started || task.starts_cycle;
        if (!read_block(line, task)) {
            return false;
        }
    }
    check_changes(line);
    return true;
}

// False: what was answered ends the turn, and is counted. Throws the errors of the transport.
bool MeterSession::read_block(UnitLine& line, const MeterPoll::Task& task) {
    const PollCycle::Result result = poll_.read(line, task);
    switch (result.kind) {
    case PollCycle::Result::Kind::Read:
        presence_.answered_well(Clock::now(), failures(), line.possible_lateness());
        pause_.answered();
        if (result.is_complete) {
            publish(line, line.last_byte() - poll_.lateness());
        }
        return true;
    case PollCycle::Result::Kind::Missing:
        leave_out(line, result);
        return true;
    case PollCycle::Result::Kind::Replanned:
        log_line(LogLevel::Info, result.remark);
        return true;
    case PollCycle::Result::Kind::MapChanged:
        forget_map();
        break;
    case PollCycle::Result::Kind::Refused:
        pause_.refused(Clock::now());
        if (result.error) {
            count_error(is_like_timeout(*result.error), result.error->what());
        }
        break;
    }
    return false;
}

// What is at these addresses now is found out in the next turn.
void MeterSession::forget_map() {
    log_line(LogLevel::Info, "its register map has changed and is read again");
    delivery_.forget(counters_);
    identify_anew_ = true;
}

void MeterSession::leave_out(UnitLine& line, const PollCycle::Result& missing) {
    log_line(LogLevel::Info, missing.remark);
    if (reads_phase_export(*model_, missing.block)) {
        estimate_phase_export("it has no export counter per phase");
    }
    if (missing.is_complete) {
        publish(line, Clock::now());
    }
}

void MeterSession::estimate_phase_export(std::string_view reason) {
    if (phases_.lose_phase_export()) {
        log_line(LogLevel::Info, std::string(reason) + ": export per phase is estimated");
    }
    announce();
}

void MeterSession::publish(UnitLine& line, Clock::time_point received) {
    if (presence_.may_be_another(Clock::now())) {
        prove_same(line, proof_tries);
        if (identify_anew_) {
            return;
        }
    }
    if (!settings_.vouch_for(line, poll_.reading())) {
        set_up_anew(line);
        return;
    }
    if (phases_.has_phase_export() && phase_export_is_unused(poll_.reading())) {
        estimate_phase_export("its export counters per phase stay 0");
    }
    ++counters_.good;
    counters_.implausible += poll_.take_implausible();
    Reading reading = poll_.reading();
    if (remarks_.is_shared()) { // a value may be the answer to somebody else
        counters_.implausible += drop_contradictions(reading);
    }
    delivery_.put(readings_of(reading, phases_.snapshot(*model_), meter_), received, counters_);
    presence_.delivered(Clock::now());
}

void MeterSession::announce() {
    phases_.describe(*model_, info_);
    delivery_.announce(info_, phases_.has_second_device());
}

void MeterSession::count_error(bool like_timeout, std::string_view reason) {
    if (pause_.gives_up()) {
        poll_.give_up(Clock::now());
    }
    if (presence_.count_error(like_timeout, model_->max_timeouts, model_->max_errors, Clock::now())) {
        lose(std::string("lost: ") + std::string(reason));
    }
}

void MeterSession::lose(std::string_view reason) {
    const auto now = Clock::now();
    const bool is_news = presence_.lose(reason, now);
    transactions_.meter_lost(now);
    if (is_news) {
        log_line(LogLevel::Warn, reason);
        delivery_.lose(presence_.lost_reason(), counters_);
    }
}

void MeterSession::link_lost(std::string_view reason) {
    const bool is_tcp = meter_.transport != Transport::Rtu;
    presence_.link_cut();
    if (is_tcp && is_present() && !presence_.is_stale(Clock::now())) {
        return;
    }
    lose(reason);
    presence_.link_lost();
}

void MeterSession::log_line(LogLevel level, std::string_view text) const {
    log_(level, connection_ + " unit " + std::to_string(unit_), text);
}

} // namespace gridbridge
