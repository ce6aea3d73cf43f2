#include "app/page/added_meter.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/fnv.hpp"
#include "drivers/text/json_bounds.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace gridbridge {
namespace {

constexpr JsonBounds added_bounds{4096, 3, 64};
constexpr std::size_t longest_name = 200; // bytes
constexpr const char* form = R"(the body must be {"uri": "cg+tcp://192.168.1.7", "name": "Roof"})";
constexpr std::string_view devices = "/dev/";

using Values = std::map<std::string, std::string, std::less<>>;

bool may_set(std::string_view key) {
    return std::find(added_keys.begin(), added_keys.end(), key) != added_keys.end();
}

std::string no_such_key(std::string_view key) {
    std::string names = "uri";
    for (const std::string_view name : added_keys) {
        names.append(", ").append(name);
    }
    return in_quotes(key) + " cannot be set here: the page sets " + names +
           "; what else a meter has is written into the configuration file";
}

bool has_control_character(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F;
    });
}

// As the configuration would have it; nothing: neither text, number nor choice.
std::optional<std::string> text_of(const Json& value) {
    if (value.is_null()) {
        return std::string();
    }
    if (value.is_string()) {
        return value.get<std::string>();
    }
    if (value.is_boolean()) {
        return value.get<bool>() ? "true" : "false";
    }
    if (value.is_number_integer()) {
        return write_json(value);
    }
    if (value.is_number()) {
        return number_text(value.get<double>());
    }
    std::string list;
    for (const Json& part : value) {
        if (!value.is_array() || !part.is_string()) {
            return std::nullopt;
        }
        list += (list.empty() ? "" : ",") + part.get<std::string>();
    }
    return value.is_array() ? std::optional(list) : std::nullopt;
}

// Takes the query off the URI. Returns what is wrong.
std::string take_query(std::string& uri, Values& values) {
    const std::size_t question = uri.find('?');
    if (question == std::string::npos) {
        return {};
    }
    const std::string query = uri.substr(question + 1);
    uri.resize(question);
    for (const std::string_view pair : split(query, '&')) {
        if (pair.empty()) {
            continue;
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        const std::string key = percent_decoded(pair.substr(0, equals));
        if (!may_set(key)) {
            return no_such_key(key);
        }
        values[key] = equals == pair.size() ? "true" : percent_decoded(pair.substr(equals + 1));
    }
    return {};
}

std::string take_members(const Json& json, Values& values) {
    for (const auto& [key, value] : json.items()) {
        if (key == "uri") {
            continue;
        }
        if (!may_set(key)) {
            return no_such_key(key);
        }
        const auto text = text_of(value);
        if (!text) {
            return in_quotes(key) + " must be a single value or a list of texts";
        }
        values[key] = *text;
    }
    return {};
}

// A program may read files and open ports that nobody has given to it as a meter.
std::string why_no_place(const MeterConfig& meter) {
    if (meter.transport == Transport::File) {
        return "a file is read as a meter only when the configuration file says so";
    }
    if (is_formed(meter.driver)) {
        return "a meter formed of others belongs into the configuration file";
    }
    const bool is_device = meter.path.starts_with(devices) && meter.path.find("/../") == std::string::npos &&
                           !has_control_character(meter.path);
    return meter.path.empty() || is_device ? std::string() : "a serial port is below /dev/";
}

std::string take_values(const Values& values, MeterConfig& meter) {
    for (const auto& [name, value] : values) {
        const MeterKey* const key = find_meter_key(name);
        if (key == nullptr || value.empty()) {
            continue;
        }
        const std::size_t most = name == "name" ? longest_name : std::size_t{64};
        if (has_control_character(value) || value.size() > most) {
            return in_quotes(name) + " must be at most " + std::to_string(most) +
                   " bytes without line ends and control characters";
        }
        if (std::string problem = key->apply(meter, value); !problem.empty()) {
            return problem_with(*key, value, problem);
        }
        if (std::string problem = unused_text(*key, meter); !problem.empty()) {
            return problem;
        }
    }
    const auto problems = check_meter(meter);
    return problems.empty() ? why_no_place(meter) : problems.front();
}

// Of a basic string of TOML 1.0; there are no control characters here.
std::string toml_quoted(std::string_view text) {
    std::string made = "\"";
    for (const char c : text) {
        made += c == '"' || c == '\\' ? "\\" : "";
        made += c;
    }
    return made + '"';
}

bool is_bare(const std::string& value) {
    const auto number = parse_integer(value);
    return value == "true" || value == "false" || (number && std::to_string(*number) == value);
}

std::string table_of(const std::string& uri, const Values& values) {
    std::string toml =
        "# Written by the page of gridbridge: Set up.\n[[meter]]\nuri = " + toml_quoted(uri) + "\n";
    for (const auto& [key, value] : values) {
        if (!value.empty()) {
            toml.append(key).append(" = ").append(is_bare(value) ? value : toml_quoted(value)) += '\n';
        }
    }
    return toml;
}

// Which meter it is, however the rest is set.
std::string file_of(const MeterConfig& meter) {
    const DriverRow& row = driver_row(meter.driver);
    std::string place =
        connection_key(meter) + "|" + std::to_string(meter.unit.value_or(1)) + "|" + meter.address;
    if (row.has_chain) {
        place +=
            (means_inverter(meter) ? "|inverter" : "|meter") + std::to_string(meter.chain_number.value_or(1));
    }
    return std::string(row.name) + "-" + fnv1a_hex(place) + ".toml";
}

// What stands in the file is this meter and nothing else.
bool reads_back(const AddedMeter& added) {
    const MeterTables file = read_meter_tables(added.toml, added.file);
    if (!is_of_page(file) || !file.tables[0].findings.errors.empty()) {
        return false;
    }
    MeterConfig read = file.tables[0].meter;
    read.where.clear();
    return read == added.meter;
}

} // namespace

std::variant<AddedMeter, std::string> added_meter(std::string_view body) {
    const Json json = is_within(body, added_bounds) ? parse_json(body) : Json(Json::value_t::discarded);
    if (!json.is_object() || !json.contains("uri") || !json["uri"].is_string()) {
        return std::string(form);
    }
    std::string uri = json["uri"].get<std::string>();
    if (has_control_character(uri)) {
        return std::string("the URI has a line end or a control character: remove it");
    }
    Values values;
    std::string problem = take_query(uri, values);
    if (problem.empty()) {
        problem = take_members(json, values);
    }
    AddedMeter added;
    if (problem.empty()) {
        const auto problems = parse_meter_uri(uri, added.meter);
        problem = problems.empty() ? take_values(values, added.meter) : problems.front();
    }
    if (!problem.empty()) {
        return problem;
    }
    added.file = file_of(added.meter);
    added.toml = table_of(uri, values);
    if (!reads_back(added)) {
        return std::string("a text in it is no UTF-8: write it anew");
    }
    return added;
}

bool is_added_file(std::string_view name) {
    constexpr std::string_view end = ".toml";
    constexpr std::size_t longest = 100;
    if (!name.ends_with(end) || name.size() == end.size() || name.size() > longest) {
        return false;
    }
    name.remove_suffix(end.size());
    return std::all_of(name.begin(), name.end(),
                       [](char c) { return is_digit(c) || c == '-' || (c >= 'a' && c <= 'z'); });
}

bool is_of_page(const MeterTables& file) {
    return file.problems.empty() && file.tables.size() == 1 &&
           std::all_of(file.tables[0].values.begin(), file.tables[0].values.end(), [](const auto& value) {
               return value.first == "uri" ? value.second.find('?') == std::string::npos
                                           : may_set(value.first);
           });
}

} // namespace gridbridge
