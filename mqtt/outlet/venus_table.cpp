#include "mqtt/outlet/venus_table.hpp"

#include "mqtt/outlet/payload.hpp"

#include <limits>

namespace gridbridge {

std::string row_payload(const VenusRow& row, std::optional<double> value) {
    if (row.decimals != whole_number) {
        return value_payload(value, row.decimals);
    }
    // A code that no integer holds means nothing.
    const bool fits =
        value && *value >= std::numeric_limits<int>::min() && *value <= std::numeric_limits<int>::max();
    return fits ? value_payload(static_cast<int>(*value)) : null_payload();
}

std::string row_text(const VenusRow& row, std::optional<double> value) {
    constexpr std::string_view before = R"({"value":)";
    const std::string payload = row_payload(row, value);
    return payload.substr(before.size(), payload.size() - before.size() - 1);
}

} // namespace gridbridge
