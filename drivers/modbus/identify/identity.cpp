#include "drivers/modbus/identify/identity.hpp"

#include "drivers/modbus/map/decode.hpp"
#include "drivers/text/fnv.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr int attempts = 3;
// Of what decides signs or phases: a gateway may be busy for a second.
constexpr int patient_attempts = 5;

std::string version_text(UnitLine& line, const std::optional<VersionRegister>& version) {
    if (!version) {
        return {};
    }
    const auto word = line.read_shown_word(version->address, attempts);
    return word ? decode_version(*word, version->format) : std::string();
}

void read_serial(UnitLine& line, const MeterConfig& meter, Identity& identity) {
    const ModelRow& model = *identity.model;
    try {
        identity.serial = {model.serial, line.read(model.serial, model.serial_words, attempts)};
        const auto serial = decode_serial(identity.serial.words);
        if (!serial) {
            throw BadReply("serial number unreadable");
        }
        identity.info.serial = *serial;
    } catch (const ExceptionReply& reply) {
        if (is_like_timeout(reply)) {
            throw;
        }
        identity.info.serial = serial_from_uri_and_unit(meter);
        identity.info.serial_is_stable = false;
    }
}

void read_variant(UnitLine& line, const MeterConfig& meter, Identity& identity) {
    const ModelRow& model = *identity.model;
    identity.info.phases = model.phases;
    if (model.phase_config) {
        const auto config = line.read_optional_word(*model.phase_config, patient_attempts);
        if (config && *config < model.phases_by_config.size()) {
            identity.info.phase_config = *config;
            identity.info.phases = model.phases_by_config[*config];
        }
    }
    if (model.selector && model.selector->published) {
        const auto position = line.read_shown_word(model.selector->address, attempts);
        identity.info.switch_position = position ? std::optional<int>(*position) : std::nullopt;
    }
    if (model.import_only) {
        const auto mark = line.read_optional_word(model.import_only->address, patient_attempts);
        if (mark && *mark < model.import_only->limit) {
            const std::string reason = "version code " + std::to_string(*mark) + " is a PFA variant";
            if (needs_export(meter)) {
                throw Refused(export_refusal(reason));
            }
            identity.warning = import_only_text(reason);
            identity.info.import_only = true;
        }
    }
}

bool is_locked(UnitLine& line, const ModelRow& model) {
    return model.selector && model.selector->locked &&
           line.read_optional_word(model.selector->address, patient_attempts) == model.selector->locked;
}

struct Written {
    bool stuck = false;
    bool taken = false; // the meter confirmed the write
    std::uint16_t value = 0;
};

Written write_word(UnitLine& line, RegisterAddress address, std::uint16_t value) {
    Written written;
    for (int attempt = 0; attempt < attempts && !written.stuck; ++attempt) {
        try {
            line.write(address, value);
            written.taken = true;
        } catch (const ExceptionReply&) { // the read back tells
        } catch (const Timeout&) {
        } catch (const BadReply&) {
        }
        line.pause(100ms);
        written.value = line.read_word(address, patient_attempts);
        written.stuck = written.value == value;
    }
    return written;
}

std::string mismatch(const SettingRow& setting, std::uint16_t value, std::uint16_t desired) {
    return std::string(setting.name) + " is " + std::to_string(value) + ", not " + std::to_string(desired);
}

// An EM580 has no published code, but registers that no other meter has.
bool looks_like_em580(UnitLine& line) {
    constexpr std::size_t shortest_serial = 12;
    try {
        const auto type = line.read_optional_word(signature_type_register, 1);
        const auto serial = decode_serial(line.read(em580.serial, em580.serial_words, 1));
        return type && *type < most_signature_types && serial && serial->size() >= shortest_serial;
    } catch (const Timeout&) { // then it is none
    } catch (const BadReply&) {
    } catch (const ExceptionReply&) {
    }
    return false;
}

void refuse_em580(UnitLine& line, const std::string& what) {
    if (looks_like_em580(line)) {
        throw Refused(what + ", but this is an EM580: write em580+ instead of cg+");
    }
}

// With low word first its voltage must be one.
bool sends_low_word_first(UnitLine& line) {
    const auto words = line.read(0x0000_reg, 2, attempts);
    const double volts = (words.at(0) | std::uint32_t{words.at(1)} << 16U) / 10.0;
    return volts > 40 && volts < 500;
}

// What the driver em580 reads another meter as; null: it is none of those.
const ModelRow* without_signing(UnitLine& line, const MeterConfig& meter, const IdentificationRow* row) {
    if (meter.driver != DriverKind::Em580 || row == nullptr || row->as_em580 == nullptr) {
        return nullptr;
    }
    if (row->model == nullptr && !sends_low_word_first(line)) {
        throw Refused(refusal_of(row->first));
    }
    return row->as_em580;
}

// With a model from the configuration the code only tells the type, and there may be none.
std::optional<std::uint16_t> read_code(UnitLine& line, const MeterConfig& meter) {
    // A meter whose absence ends the program is asked again before that.
    const int tries = meter.on_lost == OnLost::Exit ? attempts : 1;
    if (!meter.model.empty()) {
        return line.read_optional_word(identification_register, tries);
    }
    try {
        return line.read_word(identification_register, tries);
    } catch (const ExceptionReply& reply) {
        if (is_absent(reply)) {
            refuse_em580(line, "it has no identification code");
        }
        throw;
    }
}

const ModelRow* chosen_model(const MeterConfig& meter, std::uint16_t code) {
    if (!meter.model.empty()) {
        const ModelRow* model = find_model(meter.model);
        return model != nullptr ? model : throw Refused("model " + meter.model + " is not known");
    }
    const IdentificationRow* row = find_code(code);
    return row != nullptr && row->model != nullptr ? row->model : throw Refused(refusal_of(code));
}

// Younger ones of some models have more registers; a model from the configuration stays what it is.
const ModelRow* younger_model(UnitLine& line, const MeterConfig& meter, const IdentificationRow* row) {
    if (!meter.model.empty() || row == nullptr || row->with_year == nullptr) {
        return nullptr;
    }
    return line.read_shown_word(year_register, attempts).value_or(0) != 0 ? row->with_year : nullptr;
}

} // namespace

Identity identify_by_code(UnitLine& line, const MeterConfig& meter) {
    const auto found = read_code(line, meter);
    const std::uint16_t code = found.value_or(0);
    const IdentificationRow* row = find_code(code);
    if (row == nullptr && meter.model.empty()) {
        refuse_em580(line, refusal_of(code));
    }
    Identity identity;
    if (found) {
        identity.code = {identification_register, {*found}};
    }
    identity.unit = line.unit();
    const ModelRow* const without = without_signing(line, meter, row);
    identity.model = without != nullptr ? without : chosen_model(meter, code);
    if (const ModelRow* younger = younger_model(line, meter, row)) {
        identity.model = younger;
    }
    const ModelRow& model = *identity.model;
    if (row != nullptr && row->import_only && needs_export(meter)) {
        throw Refused(export_refusal("identification code " + std::to_string(code) + " (" +
                                     std::string(row->name) + ") is a PFA variant"));
    }
    line.set_timeout(std::max(line.timeout(), model.min_timeout));
    identity.warning = row != nullptr && row->model != nullptr ? row->note : std::string_view();
    if (without != nullptr) {
        identity.warning = "it signs no charging transactions: live values only";
    }
    identity.info.kind = driver_row(meter.driver).device_kind;
    identity.info.manufacturer = driver_row(meter.driver).manufacturer;
    identity.info.device_type = code;
    identity.info.import_only = row != nullptr && row->import_only;
    identity.info.product_name = model.product_name;
    identity.info.model = row != nullptr ? row->name : model.name;
    identity.info.product_id = model.product_id;
    identity.info.refresh_time = model.refresh_time;
    identity.info.estimate_reverse_per_phase = model.estimate_reverse_per_phase;
    read_serial(line, meter, identity);
    identity.info.firmware = version_text(line, model.firmware);
    identity.info.hardware = version_text(line, model.hardware);
    read_variant(line, meter, identity);
    return identity;
}

bool is_same_meter(UnitLine& line, const KnownRegisters& known, int tries) {
    if (known.words.empty()) {
        return true;
    }
    try {
        return line.read(known.address, static_cast<std::uint16_t>(known.words.size()), tries) == known.words;
    } catch (const ExceptionReply& reply) {
        if (is_like_timeout(reply)) {
            throw;
        }
        return false;
    }
}

bool needs_export(const MeterConfig& meter) {
    return meter.role.empty() || meter.role == "grid";
}

std::string import_only_text(std::string_view reason) {
    return std::string(reason) + ": it measures power as always positive, export reads as import";
}

std::string export_refusal(std::string_view reason) {
    return "role grid is not possible, " + import_only_text(reason) +
           "; give it another role, such as pvinverter or acload";
}

SetUpReport set_up(UnitLine& line, const ModelRow& model, PhaseUse use, bool may_write) {
    SetUpReport report;
    for (const SettingRow& setting : model.settings) {
        const std::uint16_t desired = desired_for(setting, use);
        const auto value = line.read_optional_word(setting.address, patient_attempts);
        report.values.push_back(value);
        if (!value) {
            report.messages.push_back(std::string(setting.name) + " cannot be read");
            continue;
        }
        if (*value == desired) {
            continue;
        }
        const std::string wrong = mismatch(setting, *value, desired);
        if (!may_write) {
            report.messages.push_back(wrong + "; setup is off, nothing written");
            continue;
        }
        if (is_locked(line, model)) {
            report.locked = true;
            report.messages.push_back(wrong +
                                      "; the front selector is locked, turn it to change the setting");
            return report;
        }
        // Asked twice: a late answer to another one-word read must not lead to a write.
        if (line.read_word(setting.address, patient_attempts) == desired) {
            report.values.back() = desired;
            continue;
        }
        const Written written = write_word(line, setting.address, desired);
        report.values.back() = written.value;
        report.failed = report.failed || !written.stuck;
        report.import_only =
            report.import_only || (written.taken && written.value == setting.import_only_value);
        report.messages.push_back(wrong + (written.stuck ? "; written" : "; the meter refuses it"));
    }
    return report;
}

std::string write_phase_config(UnitLine& line, const ModelRow& model, int value) {
    if (!model.phase_config) {
        return "phase configuration: this meter has none";
    }
    if (value < 0 || static_cast<std::size_t>(value) >= model.phases_by_config.size()) {
        return "phase configuration " + std::to_string(value) + ": there is none of that number";
    }
    const bool stuck = write_word(line, *model.phase_config, static_cast<std::uint16_t>(value)).stuck;
    return "phase configuration " + std::to_string(value) + (stuck ? " written" : ": the meter refuses it");
}

std::string serial_from_uri_and_unit(const MeterConfig& meter) {
    return fnv1a_hex(meter.uri + '#' + std::to_string(meter.unit.value_or(1)));
}

} // namespace gridbridge
