#include "drivers/modbus/sunspec/sunspec_identify.hpp"

#include "drivers/modbus/sunspec/sunspec_map.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

using sunspec::ChainDevice;
using sunspec::ChainModel;
using sunspec::ModelKind;

constexpr int attempts = 3;

// An answer of a gateway, or of a device that has no time: it says nothing about the register. Exception 4 is
// what some devices give for an address they do not have.
bool is_passing(const ExceptionReply& reply) {
    constexpr std::uint8_t device_failure = 4;
    return is_like_timeout(reply) && reply.code() != device_failure;
}

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

// Model 1 from its id on; empty when it cannot be read.
std::vector<std::uint16_t> read_common(UnitLine& line, const std::optional<ChainModel>& common) {
    constexpr std::uint16_t needed = sunspec::serial_number.offset + sunspec::serial_number.words;
    if (!common) {
        return {};
    }
    try {
        const auto words = static_cast<std::uint16_t>(std::min(2U + common->length, 0U + needed));
        return line.read(common->address, words, attempts);
    } catch (const ExceptionReply& reply) {
        if (is_passing(reply)) {
            throw;
        }
        return {};
    }
}

std::string joined(const std::string& left, const std::string& right) {
    return left.empty() || right.empty() ? left + right : left + " " + right;
}

constexpr std::size_t shortest_serial = 2; // a shorter one is no number but a default

bool is_serial(const std::string& text) {
    return text.size() >= shortest_serial && text.find_first_not_of("0 ") != std::string::npos;
}

std::string serial_at(UnitLine& line, const std::optional<ChainModel>& common) {
    const std::string text = sunspec::common_text(read_common(line, common), sunspec::serial_number);
    return is_serial(text) ? text : std::string();
}

void name_device(UnitLine& line, const ChainDevice& device, MeterInfo& info) {
    const auto common = read_common(line, device.common);
    const std::string maker = sunspec::common_text(common, sunspec::manufacturer);
    const std::string product = sunspec::common_text(common, sunspec::product);
    const bool is_inverter = device.type->kind == ModelKind::Inverter;
    info.manufacturer = maker;
    info.product_name = joined(maker, product);
    if (info.product_name.empty()) {
        info.product_name = is_inverter ? "SunSpec inverter" : "SunSpec meter";
    }
    info.model = product.empty() ? "SunSpec model " + std::to_string(device.type->id) : product;
    info.firmware = sunspec::common_text(common, sunspec::version);
    const std::string serial = sunspec::common_text(common, sunspec::serial_number);
    info.serial = is_serial(serial) ? serial : std::string();
}

std::unique_ptr<const OwnedModel> own_model(const ChainDevice& device) {
    auto owned = std::make_unique<OwnedModel>();
    owned->rows = sunspec::rows_of(device);
    owned->row = sunspec::model_of(device);
    owned->row.rows = owned->rows;
    return owned;
}

// Empty when the device is the only one of its kind.
std::string warning_of_more(std::span<const ChainModel> chain, ModelKind kind) {
    const std::size_t count = sunspec::device_count(chain, kind);
    if (count < 2) {
        return {};
    }
    const bool is_meter = kind == ModelKind::Meter;
    return "its SunSpec models have " + std::to_string(count) + (is_meter ? " meters" : " inverters") +
           ": only the " + (is_meter ? "first" : "last") + " is served";
}

Identity identity_of(UnitLine& line, const MeterConfig& meter, const ChainDevice& device,
                     std::span<const ChainModel> chain) {
    Identity identity;
    identity.unit = line.unit();
    identity.owned = own_model(device);
    identity.model = &identity.owned->row;
    MeterInfo& info = identity.info;
    info.kind = driver_rows::sunspec.device_kind;
    info.phases = device.type->phases;
    info.refresh_time = identity.model->refresh_time;
    name_device(line, device, info);
    const bool is_meter = device.type->kind == ModelKind::Meter;
    info.default_role = is_meter ? "grid" : "pvinverter";
    info.role_is_fixed = !is_meter;
    // The inverter keeps its number when the meter behind it has no other.
    const auto inverter = is_meter ? sunspec::choose_device(chain, ModelKind::Inverter) : std::nullopt;
    const bool is_shared = inverter && serial_at(line, inverter->common) == info.serial;
    if (info.serial.empty()) {
        MeterConfig found = meter;
        found.unit = line.unit();
        info.serial = serial_from_uri_and_unit(found);
        info.serial_is_stable = false;
    }
    info.serial += is_shared ? "_meter" : "";
    identity.warning = warning_of_more(chain, device.type->kind);
    return identity;
}

std::string refusal(std::span<const ChainModel> chain, bool wants_inverter) {
    const auto other = sunspec::choose_device(chain, wants_inverter ? ModelKind::Meter : ModelKind::Inverter);
    if (wants_inverter && other) {
        return "its SunSpec models have a meter but no inverter: set role, as in role=grid";
    }
    if (other) {
        return "its SunSpec models have an inverter but no meter: set role=pvinverter";
    }
    return "its SunSpec models have neither inverter (101-103, 111-113) nor meter (201-204, 211-214)";
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

// Of one unit. Throws Refused when its device is another than the one that is meant.
Identity identify_unit(UnitLine& line, const MeterConfig& meter) {
    // With a connection of its own and a known unit the device may be silent where it has no registers.
    const bool is_patient = meter.unit && meter.transport == Transport::Tcp;
    const auto base = find_sunspec_marker(line, meter.on_lost == OnLost::Exit ? attempts : 1, is_patient);
    if (!base) {
        throw BadReply("no SunSpec marker at 40000, 50000 or 0");
    }
    const auto chain = read_chain(line, *base);
    const bool wants_inverter = means_inverter(meter);
    const auto device =
        sunspec::choose_device(chain, wants_inverter ? ModelKind::Inverter : ModelKind::Meter);
    if (!device) {
        throw Refused(refusal(chain, wants_inverter));
    }
    if (!can_measure_power(*device)) {
        throw Refused("its SunSpec model " + std::to_string(device->type->id) + " is too short");
    }
    return identity_of(line, meter, *device, chain);
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
    for (std::size_t tried = 0; tried < sunspec::usual_units.size(); ++tried) {
        const std::uint8_t unit = line.unit();
        try {
            return identify_unit(line, meter);
        } catch (const Timeout&) {
            if (meter.on_lost == OnLost::Retry) {
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
    }
    std::rethrow_exception(refused ? refused : answered);
}

} // namespace gridbridge
