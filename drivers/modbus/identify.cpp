#include "drivers/modbus/identify.hpp"

#include "drivers/modbus/decode.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr int attempts = 3;

std::string version_text(UnitLine& line, const std::optional<VersionRegister>& version) {
    if (!version) {
        return {};
    }
    const auto word = line.read_optional_word(version->address, attempts);
    return word ? decode_version(*word, version->format) : std::string();
}

void read_serial(UnitLine& line, const MeterConfig& meter, Identity& identity) {
    const ModelRow& model = *identity.model;
    try {
        const auto serial = decode_serial(line.read(model.serial, model.serial_words, attempts));
        if (!serial) {
            throw BadReply("serial number unreadable");
        }
        identity.info.serial = *serial;
    } catch (const ExceptionReply& reply) {
        if (is_like_timeout(reply)) {
            throw;
        }
        identity.info.serial = serial_from_uri(meter);
        identity.info.serial_is_stable = false;
    }
}

void read_variant(UnitLine& line, Identity& identity) {
    const ModelRow& model = *identity.model;
    identity.info.phases = model.phases;
    if (model.phase_config) {
        const auto config = line.read_optional_word(*model.phase_config, attempts);
        if (config && *config < model.phases_by_config.size()) {
            identity.info.phase_config = *config;
            identity.info.phases = model.phases_by_config[*config];
        }
    }
    if (model.selector && model.selector->published) {
        const auto position = line.read_optional_word(model.selector->address, attempts);
        identity.info.switch_position = position ? std::optional<int>(*position) : std::nullopt;
    }
    if (model.import_only) {
        const auto mark = line.read_optional_word(model.import_only->address, attempts);
        if (mark && *mark < model.import_only->limit) {
            identity.warning = "PFA variant: it measures power as always positive, export cannot be seen";
        }
    }
}

bool is_locked(UnitLine& line, const ModelRow& model) {
    return model.selector && model.selector->locked &&
           line.read_optional_word(model.selector->address, attempts) == model.selector->locked;
}

// Whether the register holds the value in the end.
bool write_setting(UnitLine& line, const SettingRow& setting) {
    for (int attempt = 0; attempt < attempts; ++attempt) {
        try {
            line.write(setting.address, setting.desired);
        } catch (const ExceptionReply&) { // the read back tells
        } catch (const Timeout&) {
        } catch (const BadReply&) {
        }
        line.pause(100ms);
        if (line.read_word(setting.address, attempts) == setting.desired) {
            return true;
        }
    }
    return false;
}

std::string mismatch(const SettingRow& setting, std::uint16_t value) {
    return std::string(setting.name) + " is " + std::to_string(value) + ", not " +
           std::to_string(setting.desired);
}

} // namespace

Identity identify(UnitLine& line, const MeterConfig& meter) {
    const std::uint16_t code = line.read_word(identification_register, 1);
    const IdentificationRow* row = find_code(code);
    Identity identity;
    identity.model = row != nullptr ? row->model : nullptr;
    if (!meter.model.empty()) {
        identity.model = find_model(meter.model);
        if (identity.model == nullptr) {
            throw Refused("model " + meter.model + " is not known");
        }
    }
    if (identity.model == nullptr) {
        throw Refused(refusal_of(code));
    }
    const ModelRow& model = *identity.model;
    line.set_timeout(std::max(line.timeout(), model.min_timeout));
    identity.warning = row != nullptr && row->model != nullptr ? row->note : std::string_view();
    identity.info.kind = "cgwacs";
    identity.info.device_type = code;
    identity.info.product_name = model.product_name;
    identity.info.model = row != nullptr ? row->name : model.key;
    identity.info.product_id = model.product_id;
    identity.info.refresh_time = model.refresh_time;
    identity.info.estimate_reverse_per_phase = model.estimate_reverse_per_phase;
    read_serial(line, meter, identity);
    identity.info.firmware = version_text(line, model.firmware);
    identity.info.hardware = version_text(line, model.hardware);
    read_variant(line, identity);
    return identity;
}

SetUpReport set_up(UnitLine& line, const ModelRow& model, bool may_write) {
    SetUpReport report;
    for (const SettingRow& setting : model.settings) {
        const auto value = line.read_optional_word(setting.address, attempts);
        if (!value) {
            report.messages.push_back(std::string(setting.name) + " cannot be read");
            continue;
        }
        if (*value == setting.desired) {
            continue;
        }
        if (!may_write) {
            report.messages.push_back(mismatch(setting, *value) + "; setup is off, nothing written");
            continue;
        }
        if (is_locked(line, model)) {
            report.locked = true;
            report.messages.push_back(mismatch(setting, *value) +
                                      "; the front selector is locked, turn it to change the setting");
            return report;
        }
        // Asked twice: a late answer to another one-word read must not lead to a write.
        if (line.read_word(setting.address, attempts) == setting.desired) {
            continue;
        }
        const bool stuck = write_setting(line, setting);
        report.failed = report.failed || !stuck;
        report.messages.push_back(mismatch(setting, *value) +
                                  (stuck ? "; written" : "; the meter refuses it"));
    }
    return report;
}

std::string serial_from_uri(const MeterConfig& meter) {
    std::uint64_t hash = 0xCBF29CE484222325;
    for (const char c : meter.uri + '#' + std::to_string(meter.unit.value_or(1))) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
    }
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) {
        text += "0123456789abcdef"[hash >> shift & 0xF];
    }
    return text;
}

} // namespace gridbridge
