#include "drivers/stream/obis/power_sign.hpp"

namespace gridbridge {
namespace {

constexpr std::uint64_t fnn_low_byte = 0x04;
constexpr std::uint64_t fnn_export = 1U << 11U;
constexpr std::uint64_t edl_export = 1U << 5U;

bool is_energy_register(Obis code) {
    return code.a == 1 && code.d == 8 && (code.c == 1 || code.c == 2);
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

} // namespace gridbridge
