#include "drivers/meter/meter_config.hpp"
#include "drivers/meter/role_table.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/choice.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/obis_code.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

using std::chrono::milliseconds;

constexpr Names<Parity, 3> parity_names{
    {{"none", Parity::None}, {"even", Parity::Even}, {"odd", Parity::Odd}}};
constexpr Names<OnLost, 2> on_lost_names{{{"retry", OnLost::Retry}, {"exit", OnLost::Exit}}};
constexpr Names<Direction, 3> direction_names{
    {{"auto", Direction::Auto}, {"signed", Direction::Signed}, {"status", Direction::Status}}};
constexpr Names<ReadoutMode, 3> mode_names{
    {{"auto", ReadoutMode::Auto}, {"push", ReadoutMode::Push}, {"request", ReadoutMode::Request}}};
constexpr Names<bool, 2> bool_names{{{"true", true}, {"false", false}}};
constexpr std::array<std::string_view, 3> phase_names{"L1", "L2", "L3"};

template <typename Target>
std::string take_number(std::string_view text, int min, int max, Target& target) {
    const auto number = parse_integer(text);
    if (!number || *number < min || *number > max) {
        return "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    }
    target = Target(static_cast<int>(*number));
    return {};
}

std::string take_milliseconds(std::string_view text, int min, int max, std::optional<milliseconds>& target) {
    int number = 0;
    std::string problem = take_number(text, min, max, number);
    if (problem.empty()) {
        target = milliseconds(number);
    }
    return problem;
}

// "5", "2.5", with an optional trailing s.
std::string take_seconds(std::string_view text, std::optional<milliseconds>& target) {
    if (!text.empty() && text.back() == 's') {
        text.remove_suffix(1);
    }
    const auto seconds = parse_number(text);
    if (!seconds || *seconds < 0.5 || *seconds > 3600) {
        return "must be seconds from 0.5 to 3600";
    }
    target = milliseconds(static_cast<int>(*seconds * 1000));
    return {};
}

// "0.5", with an optional trailing s.
std::string take_align(std::string_view text, milliseconds& target) {
    if (!text.empty() && text.back() == 's') {
        text.remove_suffix(1);
    }
    const auto seconds = parse_number(text);
    if (!seconds || *seconds < 0.05 || *seconds > 10) {
        return "must be seconds from 0.05 to 10";
    }
    target = milliseconds(static_cast<int>(std::lround(*seconds * 1000)));
    return {};
}

// A list in the file comes with commas between its names.
std::string take_members(std::string_view text, std::vector<std::string>& target) {
    std::vector<std::string> members;
    for (const std::string_view part : split(text, ',')) {
        const std::string_view name = trim(part);
        if (name.empty()) {
            return "must be names or serial numbers of meters with commas between them, as in Grid,Garage";
        }
        members.emplace_back(name);
    }
    if (members.size() > most_members) {
        return "has " + std::to_string(members.size()) + " meters: name at most " +
               std::to_string(most_members);
    }
    target = std::move(members);
    return {};
}

// "40", or as printed on the transformer: "200/5".
std::string take_ratio(std::string_view text, double& target) {
    const auto slash = text.find('/');
    const auto primary = parse_number(text.substr(0, slash));
    const auto secondary =
        slash == std::string_view::npos ? std::optional(1.0) : parse_number(text.substr(slash + 1));
    const double ratio = primary && secondary && *secondary > 0 ? *primary / *secondary : 0;
    if (!(ratio >= 0.001 && ratio <= 100000)) {
        return "must be a ratio from 0.001 to 100000, as 40 or 200/5";
    }
    target = ratio;
    return {};
}

std::string take_text(std::string_view text, std::string& target) {
    target = text;
    return {};
}

std::string take_role(std::string_view text, std::string& target) {
    std::string list;
    for (const RoleRow& role : role_table) {
        if (role.name == text) {
            return take_text(text, target);
        }
        list += (list.empty() ? "" : ", ") + std::string(role.name);
    }
    return "must be one of " + list;
}

std::string take_phases(std::string_view text, bool permutation, std::vector<int>& target) {
    std::vector<int> phases;
    for (const std::string_view part : split(text, ',')) {
        const auto* const found = std::find(phase_names.begin(), phase_names.end(), trim(part));
        const int phase = static_cast<int>(found - phase_names.begin()) + 1;
        if (found == phase_names.end() || std::find(phases.begin(), phases.end(), phase) != phases.end()) {
            return "must name phases among L1, L2, L3, each once";
        }
        phases.push_back(phase);
    }
    if (permutation && phases.size() != 3) {
        return "must name all three phases, as in L2,L3,L1";
    }
    target = std::move(phases);
    return {};
}

std::string take_listen(std::string_view text, std::string& target) {
    const auto endpoint = parse_listen(text);
    if (!endpoint) {
        return std::string(listen_forms);
    }
    target = to_text(*endpoint);
    return {};
}

std::string take_hex_key(std::string_view text, std::string& target) {
    if (!std::all_of(text.begin(), text.end(), is_hex_digit) || text.size() != 32) {
        return "must be 32 hexadecimal digits";
    }
    return take_text(text, target);
}

// Device address of IEC 62056-21, chapter 6.3.2: digits, letters and blanks.
std::string take_address(std::string_view text, std::string& target) {
    constexpr std::size_t longest = 32;
    const bool good =
        std::all_of(text.begin(), text.end(), [](char c) { return c == ' ' || is_alphanumeric(c); });
    if (!good || text.size() > longest) {
        return "must be at most 32 digits, letters and blanks";
    }
    return take_text(text, target);
}

// A list in the file comes with commas between its codes. None switches the topics off.
std::string take_obis(std::string_view text, MeterConfig& meter) {
    std::vector<std::string> codes;
    for (const std::string_view part : split(text, ',')) {
        const auto code = parse_obis(trim(part));
        if (text == "all" || text.empty()) {
            break;
        }
        if (!code) {
            return "must be \"all\" or codes as in 1-0:1.4.0: " + in_quotes(trim(part)) + " is none";
        }
        std::string name = to_text(*code);
        if (std::find(codes.begin(), codes.end(), name) == codes.end()) {
            codes.push_back(std::move(name));
        }
    }
    if (codes.size() > most_obis_topics) {
        return "has " + std::to_string(codes.size()) + " codes: name at most " +
               std::to_string(most_obis_topics);
    }
    meter.obis = std::move(codes);
    meter.obis_all = text == "all";
    return {};
}

using Shown = std::optional<std::string>;

Shown show_text(const std::string& text) {
    return text.empty() ? Shown() : Shown(text);
}
Shown show_secret(const std::string& text) {
    return text.empty() ? Shown() : Shown("***");
}
template <typename Number>
Shown show_number(const std::optional<Number>& number) {
    return number ? Shown(std::to_string(*number)) : Shown();
}
Shown show_milliseconds(const std::optional<milliseconds>& time) {
    return time ? Shown(std::to_string(time->count())) : Shown();
}
Shown show_count(std::int64_t value, std::int64_t by_default) {
    return value == by_default ? Shown() : Shown(std::to_string(value));
}
Shown show_ratio(double ratio) {
    return ratio == 1 ? Shown() : Shown(number_text(ratio));
}
Shown show_flag(bool value, bool by_default) {
    return value == by_default ? Shown() : Shown(value ? "true" : "false");
}
Shown show_phases(const std::vector<int>& phases) {
    std::string text;
    for (const int phase : phases) {
        text += (text.empty() ? "L" : ",L") + std::to_string(phase);
    }
    return show_text(text);
}

Shown show_members(const std::vector<std::string>& members) {
    std::string text;
    for (const std::string& member : members) {
        text += (text.empty() ? "" : ",") + member;
    }
    return show_text(text);
}

Shown show_obis(const MeterConfig& meter) {
    std::string text = meter.obis_all ? "all" : "";
    for (const std::string& code : meter.obis) {
        text += (text.empty() ? "" : ",") + code;
    }
    return show_text(text);
}

using Text = std::string_view;
using M = MeterConfig;

constexpr std::array<MeterKey, 48> keys{{
    {"enabled", KeyGroup::Every, [](M& m, Text t) { return take_name(bool_names, t, m.enabled); },
     [](const M& m) { return show_flag(m.enabled, true); }},
    {"of", KeyGroup::Members, [](M& m, Text t) { return take_members(t, m.members); },
     [](const M& m) { return show_members(m.members); }},
    {"align", KeyGroup::Alignment, [](M& m, Text t) { return take_align(t, m.align); },
     [](const M& m) {
         return m.align == M().align ? Shown()
                                     : Shown(number_text(static_cast<double>(m.align.count()) / 1000));
     }},
    {"unit", KeyGroup::Bus, [](M& m, Text t) { return take_number(t, 1, 247, m.unit); },
     [](const M& m) { return show_number(m.unit); }},
    {"meter", KeyGroup::Chain, [](M& m, Text t) { return take_number(t, 1, 8, m.chain_number); },
     [](const M& m) { return show_number(m.chain_number); }},
    {"baud", KeyGroup::Line, [](M& m, Text t) { return take_number(t, 300, 1000000, m.baud); },
     [](const M& m) { return show_number(m.baud); }},
    {"parity", KeyGroup::Line, [](M& m, Text t) { return take_name(parity_names, t, m.parity); },
     [](const M& m) { return m.parity ? Shown(name_in(parity_names, *m.parity)) : Shown(); }},
    {"data_bits", KeyGroup::Line, [](M& m, Text t) { return take_number(t, 7, 8, m.data_bits); },
     [](const M& m) { return show_number(m.data_bits); }},
    {"stop_bits", KeyGroup::Line, [](M& m, Text t) { return take_number(t, 1, 2, m.stop_bits); },
     [](const M& m) { return show_number(m.stop_bits); }},
    {"timeout", KeyGroup::Bus, [](M& m, Text t) { return take_milliseconds(t, 150, 10000, m.timeout); },
     [](const M& m) { return show_milliseconds(m.timeout); }},
    {"retries", KeyGroup::Bus, [](M& m, Text t) { return take_number(t, 0, 100, m.retries); },
     [](const M& m) { return show_number(m.retries); }},
    {"retry_pause", KeyGroup::Bus,
     [](M& m, Text t) { return take_milliseconds(t, 10, 10000, m.retry_pause); },
     [](const M& m) { return show_milliseconds(m.retry_pause); }},
    {"tolerant", KeyGroup::Bus, [](M& m, Text t) { return take_name(bool_names, t, m.tolerant); },
     [](const M& m) { return show_flag(m.tolerant, false); }},
    {"interval", KeyGroup::Measuring, [](M& m, Text t) { return take_number(t, 0, 60000, m.interval); },
     [](const M& m) { return show_milliseconds(m.interval); }},
    {"setup", KeyGroup::Setup, [](M& m, Text t) { return take_name(bool_names, t, m.setup); },
     [](const M& m) { return show_flag(m.setup, true); }},
    {"model", KeyGroup::Model, [](M& m, Text t) { return take_text(t, m.model); },
     [](const M& m) { return show_text(m.model); }},
    {"name", KeyGroup::Every, [](M& m, Text t) { return take_text(t, m.name); },
     [](const M& m) { return show_text(m.name); }},
    {"role", KeyGroup::Every, [](M& m, Text t) { return take_role(t, m.role); },
     [](const M& m) { return show_text(m.role); }},
    {"position", KeyGroup::Every, [](M& m, Text t) { return take_number(t, 0, 2, m.position); },
     [](const M& m) { return show_number(m.position); }},
    {"instance", KeyGroup::Every, [](M& m, Text t) { return take_number(t, 0, 1000, m.instance); },
     [](const M& m) { return show_number(m.instance); }},
    {"stale_after", KeyGroup::Every, [](M& m, Text t) { return take_seconds(t, m.stale_after); },
     [](const M& m) {
         return m.stale_after ? Shown(number_text(static_cast<double>(m.stale_after->count()) / 1000))
                              : Shown();
     }},
    {"on_lost", KeyGroup::Every, [](M& m, Text t) { return take_name(on_lost_names, t, m.on_lost); },
     [](const M& m) { return m.on_lost == OnLost::Retry ? Shown() : Shown("exit"); }},
    {"multiphase", KeyGroup::Bus, [](M& m, Text t) { return take_name(bool_names, t, m.multiphase); },
     [](const M& m) { return m.multiphase ? Shown(*m.multiphase ? "true" : "false") : Shown(); }},
    {"phases", KeyGroup::Measuring, [](M& m, Text t) { return take_phases(t, true, m.phases); },
     [](const M& m) { return show_phases(m.phases); }},
    {"invert", KeyGroup::Measuring, [](M& m, Text t) { return take_phases(t, false, m.invert); },
     [](const M& m) { return show_phases(m.invert); }},
    {"fuse", KeyGroup::Every, [](M& m, Text t) { return take_number(t, 1, 1000, m.fuse); },
     [](const M& m) { return show_number(m.fuse); }},
    {"netting", KeyGroup::Every, [](M& m, Text t) { return take_name(bool_names, t, m.netting); },
     [](const M& m) { return show_flag(m.netting, false); }},
    {"ct_ratio", KeyGroup::Measuring, [](M& m, Text t) { return take_ratio(t, m.ct_ratio); },
     [](const M& m) { return show_ratio(m.ct_ratio); }},
    {"vt_ratio", KeyGroup::Measuring, [](M& m, Text t) { return take_ratio(t, m.vt_ratio); },
     [](const M& m) { return show_ratio(m.vt_ratio); }},
    {"direction", KeyGroup::Telegrams,
     [](M& m, Text t) { return take_name(direction_names, t, m.direction); },
     [](const M& m) {
         return m.direction == Direction::Auto ? Shown() : Shown(name_in(direction_names, m.direction));
     }},
    {"request", KeyGroup::RequestLine, [](M& m, Text t) { return take_name(bool_names, t, m.request); },
     [](const M& m) { return show_flag(m.request, true); }},
    {"accept_without_crc", KeyGroup::Checksum,
     [](M& m, Text t) { return take_name(bool_names, t, m.accept_without_crc); },
     [](const M& m) { return show_flag(m.accept_without_crc, false); }},
    {"mode", KeyGroup::Readout, [](M& m, Text t) { return take_name(mode_names, t, m.mode); },
     [](const M& m) { return m.mode == ReadoutMode::Auto ? Shown() : Shown(name_in(mode_names, m.mode)); }},
    {"address", KeyGroup::Readout, [](M& m, Text t) { return take_address(t, m.address); },
     [](const M& m) { return show_text(m.address); }, false, true},
    {"wakeup", KeyGroup::Readout, [](M& m, Text t) { return take_name(bool_names, t, m.wakeup); },
     [](const M& m) { return show_flag(m.wakeup, false); }, false, true},
    {"key_file", KeyGroup::Cipher, [](M& m, Text t) { return take_text(t, m.key_file); },
     [](const M& m) { return show_text(m.key_file); }},
    {"auth_key_file", KeyGroup::Cipher, [](M& m, Text t) { return take_text(t, m.auth_key_file); },
     [](const M& m) { return show_text(m.auth_key_file); }},
    {"key", KeyGroup::Cipher, [](M& m, Text t) { return take_hex_key(t, m.key); },
     [](const M& m) { return show_secret(m.key); }, true},
    {"auth_key", KeyGroup::Cipher, [](M& m, Text t) { return take_hex_key(t, m.auth_key); },
     [](const M& m) { return show_secret(m.auth_key); }, true},
    {"share", KeyGroup::Telegrams, [](M& m, Text t) { return take_listen(t, m.share); },
     [](const M& m) { return show_text(m.share); }},
    {"share_raw", KeyGroup::Telegrams, [](M& m, Text t) { return take_name(bool_names, t, m.share_raw); },
     [](const M& m) { return show_flag(m.share_raw, false); }},
    {"raw", KeyGroup::Telegrams, [](M& m, Text t) { return take_name(bool_names, t, m.raw); },
     [](const M& m) { return show_flag(m.raw, false); }},
    {"obis", KeyGroup::Telegrams, [](M& m, Text t) { return take_obis(t, m); }, show_obis},
    {"transaction_timeout", KeyGroup::Transactions,
     [](M& m, Text t) { return take_number(t, 5, 600, m.transaction_timeout); },
     [](const M& m) { return show_count(m.transaction_timeout.count(), M().transaction_timeout.count()); }},
    {"transaction_retries", KeyGroup::Transactions,
     [](M& m, Text t) { return take_number(t, 1, 20, m.transaction_retries); },
     [](const M& m) { return show_count(m.transaction_retries, M().transaction_retries); }},
    {"transaction_retry_delay", KeyGroup::Transactions,
     [](M& m, Text t) { return take_number(t, 50, 10000, m.transaction_retry_delay); },
     [](const M& m) {
         return show_count(m.transaction_retry_delay.count(), M().transaction_retry_delay.count());
     }},
    {"ready_timeout", KeyGroup::Transactions,
     [](M& m, Text t) { return take_number(t, 1, 600, m.ready_timeout); },
     [](const M& m) { return show_count(m.ready_timeout.count(), M().ready_timeout.count()); }},
    {"utc_offset", KeyGroup::Transactions,
     [](M& m, Text t) { return take_number(t, -1440, 1440, m.utc_offset); },
     [](const M& m) { return show_number(m.utc_offset); }},
}};

} // namespace

std::span<const MeterKey> meter_keys() {
    return keys;
}

std::string problem_with(const MeterKey& key, std::string_view value, std::string_view problem) {
    return in_quotes(key.name) + ": " + (key.is_secret ? "the value" : in_quotes(value)) + " " +
           std::string(problem);
}

const MeterKey* find_meter_key(std::string_view name) {
    const auto* const found =
        std::find_if(keys.begin(), keys.end(), [&](const MeterKey& key) { return key.name == name; });
    return found == keys.end() ? nullptr : found;
}

} // namespace gridbridge
