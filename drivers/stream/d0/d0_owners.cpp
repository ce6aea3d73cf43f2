#include "drivers/stream/d0/d0_owners.hpp"

#include <algorithm>

namespace gridbridge {

std::optional<std::size_t> D0Owners::other_owner(std::size_t device, const Telegram& telegram) const {
    const Known& own = devices_.at(device);
    const bool has_serial = !telegram.serial.empty();
    const bool is_own = has_serial ? own.serial == telegram.serial : own.ident == telegram.ident;
    if (is_own) {
        return std::nullopt;
    }
    const auto other = std::find_if(devices_.begin(), devices_.end(), [&](const Known& known) {
        return has_serial ? known.serial == telegram.serial
                          : !own.ident.empty() && known.ident == telegram.ident;
    });
    return other == devices_.end() ? std::nullopt
                                   : std::optional(static_cast<std::size_t>(other - devices_.begin()));
}

void D0Owners::accepted(std::size_t device, const Telegram& telegram) {
    Known& known = devices_.at(device);
    known.ident = telegram.ident;
    if (!telegram.serial.empty()) {
        known.serial = telegram.serial;
    }
}

} // namespace gridbridge
