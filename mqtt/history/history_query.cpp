#include "mqtt/history/history_query.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

constexpr std::size_t longest_query = 1024;
constexpr std::size_t longest_serial = 128;
constexpr std::int64_t day = 86400;
constexpr std::int64_t latest_time = 253'402'300'800; // 1 January 10000
constexpr std::int64_t recent_seconds = 600;

struct Given {
    HistoryQuery query;
    std::optional<std::int64_t> from, to;
};

std::string take_serial(std::string_view text, Given& given) {
    const bool is_printable = std::all_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != '\x7f'; });
    if (text.empty() || text.size() > longest_serial || !is_printable) {
        return "must be the serial number of a meter";
    }
    given.query.serial = text;
    return {};
}

std::string take_moment(std::string_view text, std::int64_t now, std::optional<std::int64_t>& moment) {
    const auto number = parse_integer(text);
    const auto before = parse_time_before(text, now);
    if (!before && (!number || *number < 0 || *number > latest_time)) {
        return "must be Unix time in s, or as -24h or -7d";
    }
    moment = before ? *before : static_cast<std::int64_t>(*number);
    return {};
}

std::string take_points(std::string_view text, Given& given) {
    const auto number = parse_integer(text);
    if (!number || *number < 1 || *number > static_cast<long long>(most_points)) {
        return "must be a whole number from 1 to " + std::to_string(most_points);
    }
    given.query.points = static_cast<std::size_t>(*number);
    return {};
}

std::string take_parameter(std::string_view name, std::string_view text, std::int64_t now, Given& given) {
    if (name == "meter") {
        return take_serial(text, given);
    }
    if (name == "resolution") {
        return take_name(resolution_names, text, given.query.resolution);
    }
    if (name == "from") {
        return take_moment(text, now, given.from);
    }
    if (name == "to") {
        return take_moment(text, now, given.to);
    }
    if (name == "points") {
        return take_points(text, given);
    }
    constexpr std::array<std::string_view, 5> names{"meter", "resolution", "from", "to", "points"};
    return "is unknown" + did_you_mean(name, names);
}

} // namespace

std::optional<std::int64_t> parse_time_before(std::string_view text, std::int64_t now) {
    if (text.size() < 3 || text.front() != '-') {
        return std::nullopt;
    }
    constexpr std::array<std::pair<char, std::int64_t>, 4> units{
        {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', day}}};
    const auto* const unit =
        std::find_if(units.begin(), units.end(), [&](const auto& row) { return row.first == text.back(); });
    const auto number = parse_integer(text.substr(1, text.size() - 2));
    constexpr std::int64_t most = 100'000;
    if (unit == units.end() || !number || *number < 0 || *number > most) {
        return std::nullopt;
    }
    return std::max<std::int64_t>(now - *number * unit->second, 0);
}

ParsedHistoryQuery parse_history_query(std::string_view query_string, std::int64_t now) {
    if (query_string.size() > longest_query) {
        return {{}, "the question is longer than " + std::to_string(longest_query) + " bytes"};
    }
    Given given;
    for (const std::string_view part : split(query_string, '&')) {
        if (part.empty()) {
            continue;
        }
        const std::size_t equals = std::min(part.find('='), part.size());
        const std::string name = percent_decoded(part.substr(0, equals));
        const std::string text = percent_decoded(part.substr(std::min(equals + 1, part.size())));
        if (const std::string problem = take_parameter(name, text, now, given); !problem.empty()) {
            return {{}, in_quotes(name) + " " + problem};
        }
    }
    if (given.query.serial.empty()) {
        return {{}, "\"meter\" is missing: the serial number of a meter"};
    }
    const bool is_recent = given.query.resolution == Resolution::Recent;
    given.query.to = given.to.value_or(now + 1);
    given.query.from =
        given.from.value_or(std::max<std::int64_t>(given.query.to - (is_recent ? recent_seconds : day), 0));
    if (given.query.from >= given.query.to) {
        return {{}, "\"from\" must be before \"to\""};
    }
    return {std::move(given.query), {}};
}

} // namespace gridbridge
