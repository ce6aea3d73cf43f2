#include "drivers/stream/obis/obis_texts.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/obis/time_stamp.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/label.hpp"
#include "drivers/text/number.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace gridbridge {
namespace {

struct TextRow {
    Obis code;
    std::string_view path;
    bool is_label = false; // digits may be the number itself
};
constexpr std::array text_rows{
    TextRow{{0, 0, 96, 13, 0}, "Message"},  TextRow{{0, 0, 96, 13, 1}, "MessageCode"},
    TextRow{{0, 0, 96, 13, 2}, "Message2"}, TextRow{{0, 0, 96, 13, 3}, "Message3"},
    TextRow{{0, 0, 96, 13, 4}, "Message4"}, TextRow{{0, 0, 96, 13, 5}, "Message5"},
    TextRow{{0, 0, 96, 1, 2}, "Ean", true}, TextRow{{0, 0, 42, 0, 0}, "LogicalDeviceName"},
};

// Hungarian meters fill an empty message with 0xFF.
std::string readable(const std::string& text) {
    if (const auto decoded = text_from_hex(text)) {
        return *decoded;
    }
    const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return printable ? text : std::string();
}

std::string history_text(const std::vector<MonthPeak>& peaks) {
    std::string text;
    for (const MonthPeak& peak : peaks) {
        text += (text.empty() ? "" : ", ") + peak.month + " " + number_text(peak.watts) + " W" +
                (peak.at ? " at " + *peak.at : "");
    }
    return text;
}

std::optional<double> watts_of(std::string_view group) {
    const auto star = group.find('*');
    const auto number = star == std::string_view::npos ? std::nullopt : parse_decimal(group.substr(0, star));
    return number ? convert_unit(*number, group.substr(star + 1), Quantity::Power) : std::nullopt;
}

} // namespace

std::vector<MonthPeak> month_peaks(const ObisObject& object) {
    constexpr std::size_t head = 3; // count, code, code
    constexpr std::size_t most = 13;
    std::vector<MonthPeak> peaks;
    const auto& groups = object.groups;
    if (groups.size() < head || groups[1] != "1-0:1.6.0" || groups[2] != "1-0:1.6.0") {
        return peaks;
    }
    for (std::size_t i = head; i + 2 < groups.size() && peaks.size() < most; i += 3) {
        const auto start = parse_time_stamp(groups[i]);
        const auto at = parse_time_stamp(groups[i + 1]);
        const auto watts = watts_of(groups[i + 2]);
        if (!start || !watts) {
            continue;
        }
        // The stamp is the end of the month: midnight of the first day of the next one.
        const auto inside = MeterTime{start->local - std::chrono::days(1), start->season};
        peaks.push_back(
            {iso_time(inside).substr(0, 7), at ? std::optional(iso_time(*at)) : std::nullopt, *watts});
    }
    return peaks;
}

std::vector<std::pair<std::string, std::string>> p1_texts(const Telegram& telegram) {
    std::vector<std::pair<std::string, std::string>> texts;
    for (const ObisObject& object : telegram.objects) {
        const auto* const row = std::find_if(text_rows.begin(), text_rows.end(),
                                             [&](const TextRow& known) { return known.code == object.code; });
        if (row != text_rows.end() && !object.number) {
            texts.emplace_back(row->path,
                               row->is_label ? label_of_text(object.text).text : readable(object.text));
        } else if (object.code == Obis{1, 0, 1, 6, 0}) {
            const auto time = parse_time_stamp(object.time);
            texts.emplace_back("Ac/Demand/MaxPowerTime", time ? iso_time(*time) : "");
        } else if (object.code == Obis{0, 0, 98, 1, 0}) {
            texts.emplace_back("Ac/Demand/History", history_text(month_peaks(object)));
        }
    }
    return texts;
}

} // namespace gridbridge
