// Texts of a P1 telegram that have a place below the Venus service of the meter.
#pragma once

#include "drivers/stream/obis/telegram.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// Path and text: message of the grid operator, EAN, logical device name, month peaks (Belgium). Only of
// objects the telegram has; an empty text is one that was sent empty. Nothing that changes with every
// telegram.
std::vector<std::pair<std::string, std::string>> p1_texts(const Telegram& telegram);

// One line of the Belgian history of month peaks (0-0:98.1.0).
struct MonthPeak {
    std::string month;             // "2023-10"
    std::optional<std::string> at; // ISO 8601, local time of the meter
    double watts = 0;
};
// The Hungarian object of the same code has another form and gives nothing. At most 13.
std::vector<MonthPeak> month_peaks(const ObisObject& object);

} // namespace gridbridge
