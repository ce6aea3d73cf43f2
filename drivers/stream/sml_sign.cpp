#include "drivers/stream/sml_sign.hpp"

#include "drivers/stream/decimal.hpp"

#include <charconv>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::uint64_t fnn_low_byte = 0x04;
constexpr std::uint64_t fnn_export = 1U << 11U;
constexpr std::uint64_t edl_export = 1U << 5U;

bool is_energy_register(Obis code) {
    return code.a == 1 && code.d == 8 && (code.c == 1 || code.c == 2);
}

bool is_net_power(Obis code) {
    return code.d == 7 && code.e == 0 && (code.c == 16 || code.c == 36 || code.c == 56 || code.c == 76);
}

// A negative value that would be positive if its bytes were read as unsigned. Wider values are genuine.
bool may_be_unsigned(const ObisObject& object) {
    return object.number && *object.number < 0 && object.encoded_bytes >= 1 && object.encoded_bytes <= 3;
}

double as_unsigned(const ObisObject& object) {
    const double step = scale_decimal(std::uint64_t{1}, object.scaler);
    const std::int64_t sent = std::llround(object.number.value_or(0.0) / step);
    return scale_decimal(sent + (std::int64_t{1} << (8 * object.encoded_bytes)), object.scaler);
}

} // namespace

std::optional<std::uint64_t> status_word(const Telegram& telegram) {
    std::optional<std::uint64_t> as_object;
    for (const ObisObject& object : telegram.objects) {
        if (object.status && is_energy_register(object.code)) {
            return object.status;
        }
        constexpr double whole_limit = 9007199254740992.0; // 2^53
        if (object.code == Obis{1, 0, 96, 5, 0} && object.number && *object.number >= 0 &&
            *object.number < whole_limit) {
            as_object = static_cast<std::uint64_t>(*object.number);
        }
    }
    return as_object;
}

bool is_fnn_status(std::uint64_t status) {
    return (status & 0xFFU) == fnn_low_byte;
}

bool says_export(std::uint64_t status) {
    return (status & (is_fnn_status(status) ? fnn_export : edl_export)) != 0;
}

std::optional<double> signed_power(double power, std::optional<std::uint64_t> status, Direction direction) {
    if (direction == Direction::Signed || power < 0) {
        return power;
    }
    if (!status) {
        return direction == Direction::Status ? std::nullopt : std::optional(power);
    }
    return says_export(*status) && power > 0 ? -power : power;
}

bool is_dzg(std::string_view server_id_hex) {
    return server_id_hex.size() == 20 && server_id_hex.starts_with("0a01445a47");
}

bool is_dzg_fault_range(std::string_view server_id_hex) {
    std::uint64_t number = 0;
    if (!is_dzg(server_id_hex)) {
        return false;
    }
    std::from_chars(server_id_hex.data() + 10, server_id_hex.data() + server_id_hex.size(), number, 16);
    return (number >= 42000000 && number <= 48999999) || (number >= 55000000 && number <= 58999999);
}

void repair_unsigned_power(Telegram& telegram) {
    if (!is_dzg(telegram.server_id)) {
        return;
    }
    const auto status = status_word(telegram);
    const bool has_direction = status && is_fnn_status(*status);
    const bool faulty = has_direction ? !says_export(*status) : is_dzg_fault_range(telegram.server_id);
    for (ObisObject& object : telegram.objects) {
        if (faulty && is_net_power(object.code) && may_be_unsigned(object)) {
            object.number = as_unsigned(object);
        }
    }
}

} // namespace gridbridge
