#include "drivers/stream/p1/p1_text.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/label.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t max_objects = 512;
constexpr std::size_t max_groups = 64; // a full failure log has 22, a Belgian demand history 42

bool ends_line(char c) {
    return c == '\r' || c == '\n';
}

std::size_t skip_line_ends(std::string_view text, std::size_t at) {
    while (at < text.size() && ends_line(text[at])) {
        ++at;
    }
    return at;
}

// Position of the first character that `stop` accepts, else the end. string_view::find_first_of is ten times
// slower.
template <typename Stop>
std::size_t find_first(std::string_view text, std::size_t at, Stop stop) {
    while (at < text.size() && !stop(text[at])) {
        ++at;
    }
    return at;
}

std::size_t end_of_line(std::string_view text, std::size_t at) {
    return find_first(text, at, ends_line);
}

// The value groups of one object: "(...)(...)". They may go on behind line ends: DSMR 2.2 prints the gas
// value on a line of its own, and relays wrap long lines.
struct GroupText {
    std::string_view text;
    bool wrapped = false;
};

std::optional<GroupText> find_groups(std::string_view text, std::size_t open) {
    GroupText found;
    std::size_t end = open;
    for (std::size_t next = open; next < text.size() && text[next] == '('; next = skip_line_ends(text, end)) {
        const std::size_t close = find_first(text, next + 1, [](char c) { return c == '(' || c == ')'; });
        if (close == text.size() || text[close] == '(') {
            return std::nullopt;
        }
        end = close + 1;
    }
    if (end == open || (end < text.size() && !ends_line(text[end]))) {
        return std::nullopt;
    }
    found.text = text.substr(open, end - open);
    found.wrapped = end_of_line(found.text, 0) < found.text.size();
    return found;
}

// TST: YYMMDDhhmmssX, X = S or W; without X up to DSMR 3.
bool is_time_stamp(std::string_view text) {
    const bool season = text.size() == 13 && (text.back() == 'S' || text.back() == 'W');
    return (season || text.size() == 12) && std::all_of(text.begin(), text.begin() + 12, is_digit);
}

void set_value(ObisObject& object, std::string_view group) {
    const std::size_t star = group.find('*');
    if (star != std::string_view::npos) {
        object.number = parse_decimal(group.substr(0, star));
        if (object.number) {
            object.unit = group.substr(star + 1);
            return;
        }
    }
    object.text = group;
}

// DSMR 2.2 and 3 gas: (time)(status)(period)(1)(code)(unit)(value).
bool set_old_gas_value(ObisObject& object, std::span<const std::string_view> groups) {
    if (groups.size() != 7 || !is_time_stamp(groups[0]) || !parse_obis(groups[4])) {
        return false;
    }
    object.number = parse_decimal(groups[6]);
    if (!object.number) {
        return false;
    }
    object.time = groups[0];
    object.unit = groups[5];
    return true;
}

bool set_groups(ObisObject& object, std::string_view text) {
    if (text.find(')') + 1 == text.size()) { // nearly all
        set_value(object, text.substr(1, text.size() - 2));
        return true;
    }
    std::array<std::string_view, max_groups> groups;
    std::size_t count = 0;
    for (std::size_t open = 0; open < text.size(); ++count) {
        if (count == max_groups) {
            return false;
        }
        const std::size_t close = text.find(')', open);
        groups[count] = text.substr(open + 1, close - open - 1);
        open = close + 1;
    }
    if (count == 2 && is_time_stamp(groups[0])) {
        object.time = groups[0];
        set_value(object, groups[1]);
    } else if (!set_old_gas_value(object, std::span(groups).first(count))) {
        object.groups.assign(groups.begin(), groups.begin() + static_cast<std::ptrdiff_t>(count));
    }
    return true;
}

// A line that is no object, but begins with a code: that was sent, and cannot be read.
void add_unreadable(std::string_view line, Telegram& out) {
    const auto code = parse_obis(line.substr(0, line.find_first_of("() ")));
    if (code && out.objects.size() < max_objects) {
        out.objects.emplace_back().code = *code;
    }
}

// Parses the object at `at` and moves `at` behind it. False when the line there is no object.
bool parse_object(std::string_view text, std::size_t& at, Telegram& out) {
    const std::size_t open = find_first(text, at, [](char c) { return c == '(' || ends_line(c); });
    const auto code = parse_obis(text.substr(at, open - at));
    const auto groups = code ? find_groups(text, open) : std::nullopt;
    if (!groups || out.objects.size() == max_objects) {
        return false;
    }
    ObisObject& object = out.objects.emplace_back();
    object.code = *code;
    bool good = false;
    if (groups->wrapped) {
        std::string joined(groups->text);
        std::erase_if(joined, ends_line);
        good = set_groups(object, joined);
    } else {
        good = set_groups(object, groups->text);
    }
    if (!good) {
        out.objects.pop_back();
        return false;
    }
    at = open + groups->text.size();
    return true;
}

// Equipment identifier (0-0:96.1.1), else serial number (0-0:96.1.0); some meters print text instead of hex.
Label serial_of(const Telegram& telegram) {
    for (const Obis code : {Obis{0, 0, 96, 1, 1}, Obis{0, 0, 96, 1, 0}}) {
        for (const ObisObject& object : telegram.objects) {
            if (object.code == code && !object.text.empty()) {
                return label_of_text(trim(object.text));
            }
        }
    }
    return {};
}

} // namespace

std::size_t parse_p1_text(std::string_view text, Telegram& out) {
    std::size_t at = end_of_line(text, 0);
    out.ident = text.substr(0, at);
    out.objects.clear();
    out.objects.reserve(
        std::min(max_objects, static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'))));
    std::size_t malformed = 0;
    for (at = skip_line_ends(text, at); at < text.size(); at = skip_line_ends(text, at)) {
        if (!parse_object(text, at, out)) {
            const std::size_t end = end_of_line(text, at);
            add_unreadable(text.substr(at, end - at), out);
            at = end;
            ++malformed;
        }
    }
    Label serial = serial_of(out);
    out.serial = std::move(serial.text);
    out.former_serial = std::move(serial.former);
    return malformed;
}

} // namespace gridbridge
