#include "mqtt/doctor/known_faults.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace gridbridge {
namespace {

using Version = std::array<int, 3>;

// "1.8.3"; nothing for another form.
std::optional<Version> version_in(std::string_view text) {
    Version version{};
    for (std::size_t i = 0; i < version.size(); ++i) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version.at(i));
        if (error != std::errc()) {
            return std::nullopt;
        }
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        const bool is_last = i + 1 == version.size();
        if (is_last != text.empty() || (!is_last && text.front() != '.')) {
            return std::nullopt;
        }
        text.remove_prefix(is_last ? 0 : 1);
    }
    return version;
}

} // namespace

const FirmwareFault* known_fault(const MeterInfo& info) {
    const auto version = version_in(info.firmware);
    const auto found =
        std::find_if(firmware_faults.begin(), firmware_faults.end(), [&](const FirmwareFault& row) {
            return version && info.device_type >= row.first_type && info.device_type <= row.last_type &&
                   *version < *version_in(row.mended);
        });
    return found == firmware_faults.end() ? nullptr : &*found;
}

} // namespace gridbridge
