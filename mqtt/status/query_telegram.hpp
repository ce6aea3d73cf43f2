// Answers of the query service about the latest telegram. Pure.
#pragma once

#include "drivers/waist/telegram_copy.hpp"

#include <string>
#include <string_view>

namespace gridbridge {

// Text from outside in a line of ours: control characters are replaced.
std::string line_text(std::string_view text);

// Without a telegram both answer null. As sent when it is text, else as hexadecimal digits.
std::string telegram_answer(const TelegramCopy* telegram);
// One object as sent, with its unit. A code without A-B: is that of the first object with the same rest.
std::string obis_answer(const TelegramCopy* telegram, std::string_view code);

// The form of an OBIS code: digits with at least two points, before them perhaps A-B:.
bool looks_like_obis(std::string_view text);

} // namespace gridbridge
