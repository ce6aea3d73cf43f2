#include "mqtt/transactions/transaction_request.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/json_bounds.hpp"
#include "drivers/waist/ocmf_names.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t longest_text = 4000; // of a request; the meter takes less

constexpr std::string_view limits_of_ids = "must be 1 to 36 printable characters without | \" \\ and <=>, no "
                                           "blank at the ends, and not T and a number";

// Each take_... returns what is wrong; empty: the value was taken.
std::string too_long(std::size_t longest) {
    return "must have at most " + std::to_string(longest) + " bytes";
}

std::string take_text(const Json& value, std::size_t longest, std::string& target) {
    if (!value.is_string()) {
        return "must be a text";
    }
    target = value.get<std::string>();
    if (!is_record_text(target)) {
        return "must not hold control characters, |, \" or \\";
    }
    return target.size() > longest ? too_long(longest) : std::string();
}

bool is_empty(const Json& value) {
    return value.is_string() && value.get_ref<const std::string&>().empty();
}

std::string take_id(const Json& value, std::string& target) {
    if (!value.is_string() || !is_transaction_id(value.get<std::string>())) {
        return std::string(limits_of_ids);
    }
    target = value.get<std::string>();
    return {};
}

std::string take_flag(const Json& value, bool& target) {
    if (!value.is_boolean()) {
        return "must be true or false";
    }
    target = value.get<bool>();
    return {};
}

template <typename Value, std::size_t Size>
std::string take_choice(const Names<Value, Size>& names, const Json& value, Value& target) {
    return value.is_string() ? take_name(names, value.get<std::string>(), target)
                             : "must be one of " + list_of(names);
}

std::string take_flags(const Json& value, std::array<int, 4>& target) {
    if (!value.is_array()) {
        return "must be a list of names";
    }
    std::array<bool, 4> given{};
    for (const Json& name : value) {
        const auto* const known = std::find_if(
            identification_flags.begin(), identification_flags.end(),
            [&](const IdentificationFlag& flag) { return name.is_string() && name == flag.name; });
        if (known == identification_flags.end()) {
            return "holds " + name.dump().substr(0, 40) + ", which is not an OCMF flag";
        }
        if (std::exchange(given.at(known->group), true)) {
            return "has two flags of the group of " + std::string(known->name);
        }
        target.at(known->group) = known->number;
    }
    return {};
}

struct Key {
    std::string_view name;
    std::string (*take)(const Json& value, StartTransaction& start);
};
using Start = StartTransaction;
constexpr std::array<Key, 10> start_keys{{
    {"transaction_id", [](const Json& v, Start& s) { return take_id(v, s.transaction_id); }},
    {"evse_id", [](const Json& v, Start& s) { return take_text(v, longest_text, s.evse_id); }},
    {"identification_status",
     [](const Json& v, Start& s) {
         return take_choice(identification_status_names, v, s.identification_assigned);
     }},
    {"identification_level",
     [](const Json& v, Start& s) {
         return take_choice(identification_level_names, v, s.identification_level);
     }},
    {"identification_flags", [](const Json& v, Start& s) { return take_flags(v, s.identification_flags); }},
    {"identification_type",
     [](const Json& v, Start& s) {
         return take_choice(identification_type_names, v, s.identification_type);
     }},
    {"identification_data",
     [](const Json& v, Start& s) { return take_text(v, longest_text, s.identification_data); }},
    {"tariff_text", [](const Json& v, Start& s) { return take_text(v, longest_text, s.tariff_text); }},
    {"modality", [](const Json& v, Start& s) { return take_choice(modality_names, v, s.modality); }},
    {"shorten", [](const Json& v, Start& s) { return take_flag(v, s.shorten); }},
}};

// Of a Stop: empty means the one that runs.
constexpr std::array<Key, 1> stop_keys{{{"transaction_id", [](const Json& v, Start& s) {
                                             return is_empty(v) ? std::string()
                                                                : take_id(v, s.transaction_id);
                                         }}}};

// Fills `start` from the object of a write. Returns what is wrong.
std::string take_request(std::string_view payload, std::span<const Key> keys, StartTransaction& start) {
    if (!is_within(payload, {})) {
        return "the payload is too large";
    }
    const Json document = parse_json(payload);
    const auto value = document.is_object() ? document.find("value") : document.end();
    if (!document.is_object() || value == document.end() || !value->is_object()) {
        return R"(the payload must be {"value": {...}})";
    }
    std::string problem;
    for (const auto& [name, content] : value->items()) {
        const auto key = std::find_if(keys.begin(), keys.end(),
                                      [&, &wanted = name](const Key& k) { return k.name == wanted; });
        const std::string wrong = key == keys.end() ? "is not known" : key->take(content, start);
        if (!wrong.empty() && problem.empty()) {
            problem = name.substr(0, 40) + " " + wrong;
        }
    }
    return problem.empty() && !value->contains("transaction_id") ? "transaction_id is missing" : problem;
}

std::string text_beyond_the_meter(const StartTransaction& start) {
    for (const auto& [key, text] : {std::pair("evse_id", &start.evse_id),
                                    std::pair("identification_data", &start.identification_data)}) {
        if (!start.shorten && text->size() > max_identification_bytes) {
            return key + (" " + too_long(max_identification_bytes)) + "; with \"shorten\": true it is cut";
        }
    }
    return {};
}

} // namespace

std::variant<StartTransaction, BadRequest> parse_start(std::string_view payload) {
    StartTransaction start;
    std::string problem = take_request(payload, start_keys, start);
    if (problem.empty()) {
        problem = text_beyond_the_meter(start);
    }
    if (!problem.empty()) {
        return BadRequest{start.transaction_id, std::move(problem)};
    }
    return start;
}

std::variant<StopTransaction, BadRequest> parse_stop(std::string_view payload) {
    StartTransaction known;
    std::string problem = take_request(payload, stop_keys, known);
    if (!problem.empty()) {
        return BadRequest{known.transaction_id, std::move(problem)};
    }
    return StopTransaction{known.transaction_id};
}

std::optional<std::string> record_json(const TransactionRecord& record) {
    try {
        return OrderedJson{{"ocmf", record.ocmf},
                           {"public_key", record.key.raw},
                           {"public_key_der", record.key.der},
                           {"serial", record.serial},
                           {"transaction_id", record.transaction_id}}
            .dump();
    } catch (const Json::type_error&) {
        return std::nullopt;
    }
}

} // namespace gridbridge
