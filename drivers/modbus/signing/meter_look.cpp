#include "drivers/modbus/signing/meter_look.hpp"

#include <utility>

namespace gridbridge {

void MeterLook::meter_found(Clock::time_point now) {
    first_found_ = first_found_.value_or(now);
}

bool MeterLook::state_read(std::uint16_t word) {
    if (word > static_cast<std::uint16_t>(ocmf::State::Corrupted)) {
        return false;
    }
    state_ = static_cast<ocmf::State>(word);
    if (is_idle()) {
        id_.clear();
    }
    return true;
}

void MeterLook::text_read(std::span<const std::uint16_t> words) {
    id_ = ocmf::id_behind_marker(ocmf::decode_text(words));
}

void MeterLook::set_id(std::string id) {
    id_ = std::move(id);
}

std::string MeterLook::running_text() const {
    return "transaction " + (id_.empty() ? "without an id" : id_) + " is running";
}

} // namespace gridbridge
