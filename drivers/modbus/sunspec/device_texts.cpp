#include "drivers/modbus/sunspec/device_texts.hpp"

#include <algorithm>

namespace gridbridge::sunspec {
namespace {

std::string joined(const std::string& left, const std::string& right) {
    return left.empty() || right.empty() ? left + right : left + " " + right;
}

constexpr std::size_t shortest_serial = 2; // a shorter one is no number but a default

bool is_serial(const std::string& text) {
    return text.size() >= shortest_serial && text.find_first_not_of("0 ") != std::string::npos;
}

} // namespace

// Exception 4 is what some devices give for an address they do not have.
bool is_passing(const ExceptionReply& reply) {
    constexpr std::uint8_t device_failure = 4;
    return is_like_timeout(reply) && reply.code() != device_failure;
}

std::vector<std::uint16_t> read_model(UnitLine& line, const ChainModel& model, unsigned most) {
    try {
        const auto words = static_cast<std::uint16_t>(std::min(2U + model.length, most));
        return line.read(model.address, words, attempts);
    } catch (const ExceptionReply& reply) {
        if (is_passing(reply)) {
            throw;
        }
        return {};
    }
}

DeviceTexts read_texts(UnitLine& line, const ChainDevice& device) {
    constexpr unsigned needed = serial_number.offset + serial_number.words;
    if (!device.common) {
        return {};
    }
    const auto common = read_model(line, *device.common, needed);
    const std::string serial = common_text(common, serial_number);
    DeviceTexts texts{common_text(common, manufacturer),
                      common_text(common, product),
                      common_text(common, options),
                      common_text(common, version),
                      {}};
    if (is_serial(serial) && common.size() >= needed) {
        texts.serial = serial;
        texts.serial_registers = {
            static_cast<RegisterAddress>(number_of(device.common->address) + serial_number.offset),
            {common.begin() + serial_number.offset, common.begin() + needed}};
    }
    return texts;
}

void name_device(const DeviceTexts& texts, const ChainDevice& device, MeterInfo& info) {
    const bool is_inverter = device.type->kind == ModelKind::Inverter;
    info.manufacturer = texts.manufacturer;
    info.product_name = joined(texts.manufacturer, texts.product);
    if (info.product_name.empty()) {
        info.product_name = is_inverter ? "SunSpec inverter" : "SunSpec meter";
    }
    info.model = texts.product.empty() ? "SunSpec model " + std::to_string(device.type->id) : texts.product;
    info.firmware = texts.version;
    info.serial = texts.serial;
}

} // namespace gridbridge::sunspec
