#include "drivers/stream/d0/d0_text.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/text/characters.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <span>

namespace gridbridge {
namespace {

constexpr std::size_t max_objects = 1024; // an A1440 sends about 260
constexpr std::size_t max_line = 1024;
constexpr std::size_t max_id = 32;
constexpr std::size_t max_groups = 64;

bool is_id_character(char c) {
    constexpr std::string_view marks = ".:*&-_";
    return is_alphanumeric(c) || marks.find(c) != std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
    const std::size_t first = std::min(text.find_first_not_of(' '), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(' ') + 1);
}

// Completes the short forms: "16.7" is 1-0:16.7.0, "1-0:1.7.255" is 1-0:1.7.0.
Obis code_of(std::string_view id) {
    std::string full(id);
    if (full.find(':') == std::string::npos) {
        full.insert(0, "1-0:");
    }
    if (std::count(full.begin(), full.end(), '.') == 1) {
        full.insert(std::min(full.find('*'), full.size()), ".0");
    }
    auto code = parse_obis(full);
    if (code && code->e == 255) {
        code->e = 0;
    }
    return code.value_or(no_code);
}

// YYMMDDhhmm, with or without seconds.
bool is_time(std::string_view text) {
    return (text.size() == 10 || text.size() == 12) && std::all_of(text.begin(), text.end(), is_digit);
}

// "000285.4*kWh", or "0000123 kWh" (Iskra MT171), padded with blanks.
bool set_number(ObisObject& object, std::string_view text) {
    std::size_t mark = text.find('*');
    if (mark == std::string_view::npos) {
        const std::string_view inner = trimmed(text);
        const std::size_t blank = inner.find(' ');
        if (blank == std::string_view::npos || !is_letter(inner.back()) || !is_letter(inner[blank + 1])) {
            return false;
        }
        text = inner;
        mark = blank;
    }
    const auto number = parse_decimal(trimmed(text.substr(0, mark)));
    const std::string_view unit = trimmed(text.substr(mark + 1));
    if (!number || unit.find('*') != std::string_view::npos) {
        return false;
    }
    object.number = number;
    object.unit = unit;
    return true;
}

void set_value(ObisObject& object, std::string_view text) {
    if (!set_number(object, text)) {
        object.text = text;
        object.implied_unit = true;
    }
}

void set_groups(ObisObject& object, std::span<const std::string_view> groups) {
    if (groups.size() == 1 || (groups.size() == 2 && is_time(groups[1]))) {
        set_value(object, groups[0]);
        object.time = groups.size() == 2 ? groups[1] : std::string_view{};
        return;
    }
    object.groups.assign(groups.begin(), groups.end());
}

// Reads "(...)(...)" at the front of `line` and removes it. Nothing when it is malformed.
bool take_groups(std::string_view& line, std::array<std::string_view, max_groups>& groups,
                 std::size_t& count) {
    for (count = 0; !line.empty() && line.front() == '('; ++count) {
        const std::size_t close = line.find_first_of("()", 1);
        if (close == std::string_view::npos || line[close] == '(' || count == max_groups) {
            return false;
        }
        groups.at(count) = line.substr(1, close - 1);
        line.remove_prefix(close + 1);
    }
    return count > 0;
}

// Reads one data set at the front of `line` and removes it. A set without id continues the one before: the
// lines of a load profile. Those are not kept.
bool take_set(std::string_view& line, Telegram& out) {
    const std::string_view id = line.substr(0, line.find('('));
    std::array<std::string_view, max_groups> groups;
    std::size_t count = 0;
    line.remove_prefix(id.size());
    if (id.size() > max_id || !std::all_of(id.begin(), id.end(), is_id_character)) {
        return false;
    }
    if (!take_groups(line, groups, count)) { // it was sent, and cannot be read
        if (!id.empty() && out.objects.size() < max_objects) {
            out.objects.emplace_back().code = code_of(id);
            out.objects.back().id = id;
        }
        return false;
    }
    if (id.empty()) {
        return !out.objects.empty();
    }
    if (out.objects.size() == max_objects) {
        return false;
    }
    ObisObject& object = out.objects.emplace_back();
    object.code = code_of(id);
    object.id = id.ends_with("*255") ? id.substr(0, id.size() - 4) : id;
    set_groups(object, std::span(groups).first(count));
    return true;
}

bool take_line(std::string_view line, Telegram& out) {
    if (line.size() > max_line || !std::all_of(line.begin(), line.end(), is_printable)) {
        return false;
    }
    for (line = trimmed(line); !line.empty(); line = trimmed(line)) {
        if (!take_set(line, out)) {
            return false;
        }
    }
    return true;
}

const ObisObject* find(const Telegram& telegram, std::string_view id) {
    const auto found = std::find_if(telegram.objects.begin(), telegram.objects.end(),
                                    [&](const ObisObject& object) { return object.id == id; });
    return found == telegram.objects.end() ? nullptr : &*found;
}

// The first of `ids` that says something: neither blank nor all zeros.
std::string first_text(const Telegram& telegram, std::span<const std::string_view> ids) {
    for (const std::string_view id : ids) {
        const ObisObject* const object = find(telegram, id);
        if (object != nullptr && object->text.find_first_not_of(" 0") != std::string::npos) {
            return std::string(trimmed(object->text));
        }
    }
    return {};
}

// Serial number before property number and device address, both of which the owner can set.
constexpr std::array<std::string_view, 11> serial_ids{"1-0:96.1.0", "0-0:96.1.0", "0-0:96.1.255", "96.1.0",
                                                      "C.1.0",      "C.1",        "1-0:0.0.0",    "0.0.0",
                                                      "0.0",        "1-0:0.0.9",  "0.0.9"};
constexpr std::array<std::string_view, 2> firmware_ids{"1-0:0.2.0", "0.2.0"};

std::optional<double> value_of(const ObisObject& object) {
    return object.implied_unit ? parse_decimal(trimmed(object.text)) : object.number;
}

ObisObject* find_power(Telegram& telegram, std::uint8_t c) {
    const auto found =
        std::find_if(telegram.objects.begin(), telegram.objects.end(), [c](const ObisObject& object) {
            return object.code == Obis{1, 0, c, 7, 0};
        });
    return found == telegram.objects.end() ? nullptr : &*found;
}

// Pafal and Apator meters send current values as 1.8.0*00; others mean the last billing by it, beside 1.8.0.
void take_group_zero(Telegram& telegram) {
    for (ObisObject& object : telegram.objects) {
        Obis current = object.code;
        current.f = 255;
        const bool has_current = std::any_of(telegram.objects.begin(), telegram.objects.end(),
                                             [&](const ObisObject& other) { return other.code == current; });
        if (object.code.f == 0 && !has_current) {
            object.code = current;
        }
    }
}

bool is_one_of(const ObisObject& object, std::initializer_list<std::string_view> ids) {
    return std::find(ids.begin(), ids.end(), object.id) != ids.end();
}

// Heat and cooling meters use codes of medium 6 and leave A and B out: 6.8 is energy, 6.26 volume, 9.4 the
// two temperatures (Landis+Gyr Ultraheat). As electricity 9.7 would be an apparent power.
bool is_heat_meter(const Telegram& telegram) {
    const auto any = [&](std::initializer_list<std::string_view> ids) {
        return std::any_of(telegram.objects.begin(), telegram.objects.end(),
                           [&](const ObisObject& object) { return is_one_of(object, ids); });
    };
    const bool counts_electricity =
        any({"1.8", "1.8.0", "1-0:1.8.0", "2.8", "2.8.0", "1-0:2.8.0", "1.8.1", "1-0:1.8.1"});
    return telegram.ident.starts_with("LUGC") ||
           (!counts_electricity && any({"6.8"}) && any({"6.26", "9.4"}));
}

void to_medium_heat(Telegram& telegram) {
    for (ObisObject& object : telegram.objects) {
        if (object.code.a == 1 && object.id.find(':') == std::string::npos) {
            object.code.a = 6;
        }
    }
}

// 1.7.0 of an Elster T510 shows one phase after the other. Where an Elster sends all phases and no net or
// export power, their sum is the total; not so when 1.7.0 alone has a sign, as then the phases have none.
// Other makers' total is kept: where phases show import only, their sum hides what the others export.
void prefer_phases(Telegram& telegram) {
    if (!telegram.ident.starts_with("ELS")) {
        return;
    }
    ObisObject* const total = find_power(telegram, 1);
    for (const std::uint8_t c : {std::uint8_t{2}, std::uint8_t{15}, std::uint8_t{16}}) {
        if (total == nullptr || find_power(telegram, c) != nullptr) {
            return;
        }
    }
    for (const std::uint8_t first : {std::uint8_t{21}, std::uint8_t{36}}) {
        int phases = 0;
        bool negative = false;
        for (unsigned c = first; c <= first + 40U; c += 20U) {
            const ObisObject* const phase = find_power(telegram, static_cast<std::uint8_t>(c));
            const auto value = phase == nullptr ? std::nullopt : value_of(*phase);
            phases += value ? 1 : 0;
            negative |= value.value_or(0) < 0;
        }
        if (phases == 3 && (negative || value_of(*total).value_or(0) >= 0)) {
            total->code = no_code;
            return;
        }
    }
}

} // namespace

std::size_t parse_d0_text(std::string_view data, Telegram& out) {
    out.objects.clear();
    std::size_t malformed = 0;
    while (!data.empty()) {
        const std::size_t end = std::min(data.find_first_of("\r\n"), data.size());
        malformed += take_line(data.substr(0, end), out) ? 0U : 1U;
        data.remove_prefix(std::min(end + 1, data.size()));
    }
    out.serial = first_text(out, serial_ids);
    out.firmware = first_text(out, firmware_ids);
    take_group_zero(out);
    if (is_heat_meter(out)) {
        to_medium_heat(out);
    }
    prefer_phases(out);
    return malformed;
}

} // namespace gridbridge
