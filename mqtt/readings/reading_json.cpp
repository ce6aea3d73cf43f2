#include "mqtt/readings/reading_json.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/venus_table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::array<std::string_view, 8> fixed_members{"time",       "monotonic_ms", "age_ms",   "seq",
                                                        "meter_time", "role",         "instance", "state"};
static_assert(std::none_of(quantity_table.begin(), quantity_table.end(),
                           [](const QuantityRow& row) {
                               return std::find(fixed_members.begin(), fixed_members.end(), row.name) !=
                                      fixed_members.end();
                           }),
              "no quantity has the name of another member");

std::string milliseconds(Clock::duration time) {
    return std::to_string(std::chrono::floor<std::chrono::milliseconds>(time).count());
}

template <typename Number>
std::string number_or_null(const std::optional<Number>& number) {
    return number ? std::to_string(*number) : "null";
}

} // namespace

std::string reading_members(const ToldReading& told, Clock::time_point now, WithStamp stamp) {
    const Reading& reading = told.reading;
    const Clock::duration age = std::max(now - reading.received, Clock::duration::zero());
    const std::array<std::string, fixed_members.size()> fixed{
        number_or_null(told.unix_ms),
        milliseconds(reading.received.time_since_epoch()),
        milliseconds(age),
        std::to_string(told.seq),
        number_or_null(reading.meter_second),
        json_text(told.role),
        std::to_string(told.instance),
        told.live ? R"("live")" : R"("lost")"};
    std::string json;
    const auto add = [&json](std::string_view member, const std::string& value) {
        json.append(json.empty() ? "\"" : ",\"").append(member).append("\":").append(value);
    };
    for (std::size_t i = 0; i < fixed.size(); ++i) {
        const bool is_stamp = fixed_members.at(i) == "time" || fixed_members.at(i) == "seq";
        if (stamp == WithStamp::Yes || !is_stamp) {
            add(fixed_members.at(i), fixed.at(i));
        }
    }
    for (const VenusRow& row : venus_table) {
        if (told.given[index_of(row.quantity)]) {
            add(quantity_table.at(index_of(row.quantity)).name, row_text(row, reading.get(row.quantity)));
        }
    }
    return json;
}

std::string reading_json(const ToldReading& told, Clock::time_point now) {
    return "{" + reading_members(told, now, WithStamp::Yes) + "}";
}

} // namespace gridbridge
