#include "drivers/modbus/sunspec/sunspec_identify.hpp"

#include "drivers/modbus/sunspec/battery.hpp"
#include "drivers/modbus/sunspec/device_choice.hpp"
#include "drivers/modbus/sunspec/sunspec_map.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

using sunspec::attempts;
using sunspec::ChainDevice;
using sunspec::ChainModel;
using sunspec::is_passing;
using sunspec::ModelKind;

bool has_marker(UnitLine& line, RegisterAddress base, int tries) {
    try {
        const auto words = line.read(base, 2, tries);
        return std::equal(words.begin(), words.end(), sunspec::marker.begin(), sunspec::marker.end());
    } catch (const ExceptionReply& reply) {
        if (is_passing(reply)) {
            throw;
        }
        return false;
    }
}

std::vector<ChainModel> read_chain(UnitLine& line, RegisterAddress base) {
    sunspec::ChainWalk walk(base);
    while (const auto address = walk.next()) {
        try {
            const auto head = line.read(*address, 2, attempts);
            walk.take(head.at(0), head.at(1));
        } catch (const ExceptionReply& reply) {
            if (is_passing(reply)) {
                throw;
            }
            walk.refuse(); // SMA does so where the end model should be
        }
    }
    return walk.models();
}

std::unique_ptr<const OwnedModel> own_model(const ChainDevice& device) {
    auto owned = std::make_unique<OwnedModel>();
    owned->rows = sunspec::rows_of(device);
    owned->row = sunspec::model_of(device);
    owned->row.rows = owned->rows;
    return owned;
}

int phases_of(UnitLine& line, const ChainDevice& device) {
    const sunspec::MeasuringModel& type = *device.type;
    if (!type.wiring) {
        return type.phases;
    }
    const auto words = sunspec::read_model(line, device.measured, type.wiring->offset + 1U);
    const bool is_known = words.size() > type.wiring->offset && words.back() < type.wiring->phases.size();
    return is_known ? type.wiring->phases.at(words.back()) : type.phases;
}

Identity identity_of(UnitLine& line, const MeterConfig& meter, const sunspec::ChosenDevice& chosen,
                     std::span<const ChainModel> chain) {
    const ChainDevice& device = chosen.device;
    Identity identity;
    identity.unit = line.unit();
    identity.owned = own_model(device);
    identity.model = &identity.owned->row;
    MeterInfo& info = identity.info;
    info.kind = driver_rows::sunspec.device_kind;
    info.phases = phases_of(line, device);
    info.refresh_time = identity.model->refresh_time;
    sunspec::name_device(chosen.texts, device, info);
    identity.serial = chosen.texts.serial_registers; // its models are looked at in each round
    const bool is_meter = device.type->kind == ModelKind::Meter;
    info.default_role = is_meter ? "grid" : "pvinverter";
    info.role_is_fixed = !is_meter;
    if (info.serial.empty()) {
        MeterConfig found = meter;
        found.unit = line.unit();
        info.serial = serial_from_uri_and_unit(found);
        info.serial_is_stable = false;
    }
    info.serial += chosen.serial_suffix;
    identity.warning = chosen.warning;
    if (!is_meter) {
        info.advice = sunspec::battery_advice(line, sunspec::models_of(chain, device));
        identity.warning += (identity.warning.empty() || info.advice.empty() ? "" : "; ") + info.advice;
    }
    return identity;
}

bool can_measure_power(const ChainDevice& device) {
    const auto rows = sunspec::rows_of(device);
    return std::any_of(rows.begin(), rows.end(),
                       [](const RegisterRow& row) { return row.quantity == Quantity::Power; });
}

std::uint8_t unit_after(std::uint8_t unit) {
    const auto& units = sunspec::usual_units;
    const auto* const found = std::find(units.begin(), units.end(), unit);
    return found == units.end() || found + 1 == units.end() ? units.front() : *(found + 1);
}

// While others on the line wait. An inverter that takes longer for its answers needs its unit configured.
constexpr std::chrono::milliseconds search{2000};
constexpr std::chrono::milliseconds exit_search{1000}; // of all units in one go

bool is_common_unit(std::uint8_t unit) {
    constexpr std::size_t common_units = 4;
    const auto end = sunspec::usual_units.begin() + common_units;
    return std::find(sunspec::usual_units.begin(), end, unit) != end;
}

// Of one unit. Throws Refused when its device is another than the one that is meant.
Identity identify_unit(UnitLine& line, const MeterConfig& meter) {
    // With a connection of its own and a known unit the device may be silent where it has no registers.
    const bool is_patient = meter.unit && meter.transport == Transport::Tcp;
    const bool is_insistent = meter.on_lost == OnLost::Exit && (meter.unit || is_common_unit(line.unit()));
    const auto timeout = line.timeout();
    if (!meter.unit) {
        line.set_timeout(std::min(timeout, meter.on_lost == OnLost::Exit ? exit_search : search));
    }
    const auto base = find_sunspec_marker(line, is_insistent ? attempts : 1, is_patient);
    line.set_timeout(timeout);
    if (!base) {
        throw BadReply("no SunSpec marker at 40000, 50000 or 0");
    }
    const auto chain = read_chain(line, *base);
    const sunspec::ChosenDevice chosen = sunspec::choose_device(line, meter, chain);
    if (!can_measure_power(chosen.device)) {
        throw Refused("its SunSpec model " + std::to_string(chosen.device.type->id) + " is too short");
    }
    return identity_of(line, meter, chosen, chain);
}

} // namespace

std::optional<RegisterAddress> find_sunspec_marker(UnitLine& line, int tries, bool is_patient) {
    std::exception_ptr silent;
    for (const RegisterAddress base : sunspec::bases) {
        try {
            if (has_marker(line, base, tries)) {
                return base;
            }
        } catch (const Timeout&) {
            if (!is_patient) {
                throw;
            }
            silent = std::current_exception();
        }
    }
    if (silent) {
        std::rethrow_exception(silent);
    }
    return std::nullopt;
}

Identity identify_sunspec(UnitLine& line, const MeterConfig& meter) {
    if (meter.unit) {
        line.set_unit(static_cast<std::uint8_t>(*meter.unit));
        return identify_unit(line, meter);
    }
    // More telling than "no marker": a device that is not the one meant.
    std::exception_ptr refused;
    std::exception_ptr answered;
    std::chrono::milliseconds waited{0};
    for (std::size_t tried = 0; tried < sunspec::usual_units.size(); ++tried) {
        const std::uint8_t unit = line.unit();
        const auto timeout = line.timeout();
        try {
            return identify_unit(line, meter);
        } catch (const Timeout&) {
            waited += std::min(timeout, search);
            if (meter.on_lost == OnLost::Retry && waited >= search) {
                line.set_unit(unit_after(unit));
                throw;
            }
            answered = answered ? answered : std::current_exception(); // one whose absence ends the program
        } catch (const Refused&) {
            refused = refused ? refused : std::current_exception();
        } catch (const BadReply&) {
            answered = std::current_exception();
        } catch (const ExceptionReply&) { // of a gateway, for a unit that is not there
            answered = answered ? answered : std::current_exception();
        }
        line.set_unit(unit_after(unit));
        line.set_timeout(timeout);
    }
    std::rethrow_exception(refused ? refused : answered);
}

} // namespace gridbridge
