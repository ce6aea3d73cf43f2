#include "drivers/modbus/meter_settings.hpp"

#include "drivers/modbus/identify/meter_texts.hpp"

#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// A request of one word, with what a slow meter takes for it at 9600 Bd.
constexpr auto time_for_a_word = 70ms;

} // namespace

void MeterSettings::meter_found(const ModelRow& model) {
    model_ = &model;
    watch_.meter_found(model.alarms.has_value());
    said_.clear();
}

void MeterSettings::set_up(UnitLine& line, PhaseUse use, MeterInfo& info) {
    if (!compare(line, use, info)) {
        return;
    }
    const std::string_view reason = "its measurement mode stays A as on a PFA variant";
    if (needs_export(meter_)) {
        throw Refused(export_refusal(reason));
    }
    warn_(import_only_text(reason));
    info.import_only = true;
}

void MeterSettings::begin_watch(UnitLine& line, MeterInfo& info) {
    watch_.set_up(Clock::now());
    signs_.restart();
    check_alarms(line, info);
}

// Whether the meter turned out to measure import only.
bool MeterSettings::compare(UnitLine& line, PhaseUse use, MeterInfo& info) {
    const bool may_write = meter_.setup && uses(driver_row(meter_.driver), KeyGroup::Setup);
    const SetUpReport report = gridbridge::set_up(line, *model_, use, may_write);
    values_ = report.values;
    const bool is_news = watch_.settings_checked(report.locked, values_.size(), Clock::now());
    if (is_news && said_ != report.messages) {
        for (const std::string& message : report.messages) {
            warn_(message);
        }
    }
    said_ = report.messages;
    info.error_code = report.locked || report.failed ? 1 : 0;
    return report.import_only;
}

bool MeterSettings::has_changed(UnitLine& line, std::size_t setting) {
    constexpr int attempts = 3;
    if (setting >= values_.size() || !values_[setting]) {
        return false;
    }
    const SettingRow& row = model_->settings[setting];
    if (line.read_optional_word(row.address, attempts) == values_[setting]) {
        return false;
    }
    // Asked twice: a late answer to another one-word read must not lead to a set-up.
    const auto value = line.read_optional_word(row.address, attempts);
    if (value == values_[setting]) {
        return false;
    }
    warn_(std::string(row.name) + " was changed at the meter to " +
          (value ? std::to_string(*value) : std::string("an unknown value")));
    return true;
}

void MeterSettings::check_alarms(UnitLine& line, MeterInfo& info) {
    if (!watch_.take_alarms(Clock::now())) {
        return;
    }
    const auto word = line.read_optional_word(model_->alarms->address, 1);
    if (!word) {
        watch_.no_alarms();
        return;
    }
    const Alarms alarms = alarms_of(*model_->alarms, *word);
    std::string& text = info.texts.back().second;
    if (text != alarms.text) {
        warn_(alarms.text.empty() ? "its alarms have cleared" : "it reports: " + alarms.text);
    }
    text = alarms.text;
    info.error_code = alarms.code;
}

bool MeterSettings::check(UnitLine& line, PhaseUse use, MeterInfo& info, Clock::time_point idle_until) {
    if (watch_.locked_settings_are_due(Clock::now())) {
        compare(line, use, info);
    }
    if (model_->selector && model_->selector->published && watch_.take_selector(Clock::now())) {
        if (const auto position = line.read_shown_word(model_->selector->address, 1)) {
            info.switch_position = *position;
        }
    }
    check_alarms(line, info);
    const auto now = Clock::now();
    const auto setting = watch_.take_setting(now, idle_until >= now + time_for_a_word);
    return setting && has_changed(line, *setting);
}

bool MeterSettings::vouch_for(UnitLine& line, const Reading& reading) {
    const bool decides_signs = !model_->settings.empty();
    if (decides_signs && signs_.is_doubtful(reading, Clock::now())) {
        if (has_changed(line, 0)) {
            return false;
        }
        signs_.verified(Clock::now());
    }
    signs_.take(reading);
    return true;
}

} // namespace gridbridge
