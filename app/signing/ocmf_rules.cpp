#include "app/signing/ocmf_rules.hpp"

#include "app/signing/ocmf.hpp"
#include "app/signing/ocmf_reading_rules.hpp"
#include "app/signing/ocmf_signature_rules.hpp"
#include "drivers/json/json.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/json_bounds.hpp"
#include "drivers/text/text.hpp"
#include "drivers/waist/ocmf_names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>

namespace gridbridge {
namespace {

using Findings = std::vector<OcmfFinding>;

OcmfFields fields_of(const Json& object) {
    OcmfFields fields;
    for (const auto& [name, value] : object.items()) {
        if (value.is_string()) {
            fields[name] = {OcmfField::Kind::Text, value.get<std::string>()};
        } else if (!value.is_null()) {
            fields[name] = {value.is_number() ? OcmfField::Kind::Number : OcmfField::Kind::Other,
                            value.dump()};
        }
    }
    return fields;
}

bool all_digits(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_version(std::string_view text) {
    const std::size_t dot = text.find('.');
    return dot != std::string_view::npos && all_digits(text.substr(0, dot)) &&
           all_digits(text.substr(dot + 1));
}

bool is_pagination(std::string_view text) {
    return (text.starts_with('T') || text.starts_with('F')) && all_digits(text.substr(1)) &&
           (text.size() == 2 || text[1] != '0');
}

template <const auto& names>
bool is_in(std::string_view text) {
    return std::any_of(names.begin(), names.end(), [&](const auto& known) { return known.first == text; });
}

bool is_tariff(std::string_view text) {
    constexpr std::ptrdiff_t most = 250; // characters, not bytes
    return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }) <= most;
}

bool is_charge_point_type(std::string_view text) {
    return text == "EVSEID" || text == "CBIDC";
}

bool is_any(std::string_view /*text*/) {
    return true;
}

enum class Presence : std::uint8_t { May, Must, InTransactions };
struct TextRule {
    const char* name;
    Presence presence;
    bool (*fits)(std::string_view text);
    const char* rule;
};

// Tables 1 to 6 of OCMF 1.2. MS has a rule of its own.
constexpr std::array<TextRule, 14> text_rules{
    {{"FV", Presence::May, is_version, "the version of OCMF as <major>.<minor>, as in 1.2"},
     {"GI", Presence::May, is_any, "a text"},
     {"GS", Presence::May, is_any, "the serial number of the gateway as a text"},
     {"GV", Presence::May, is_any, "a text"},
     {"PG", Presence::Must, is_pagination,
      "T for a transaction or F, and a number without zeros before it, as in T23"},
     {"MV", Presence::May, is_any, "a text"},
     {"MM", Presence::May, is_any, "a text"},
     {"MS", Presence::May, is_any, "the serial number of the meter as a text"},
     {"MF", Presence::May, is_any, "a text"},
     {"IL", Presence::May, is_in<identification_level_names>,
      "a level of OCMF 1.2, table 11, as in VERIFIED"},
     {"IT", Presence::InTransactions, is_in<identification_type_names>,
      "a type of OCMF 1.2, table 17, as in ISO14443; NONE without one"},
     {"TT", Presence::May, is_tariff, "at most 250 characters"},
     {"CT", Presence::May, is_charge_point_type, "EVSEID or CBIDC"},
     {"CI", Presence::May, is_any, "a text"}}};

void check_texts(const OcmfFields& fields, bool in_transaction, Findings& findings) {
    for (const TextRule& rule : text_rules) {
        const auto field = fields.find(rule.name);
        if (field != fields.end()) {
            if (!field->second.is_text()) {
                findings.push_back({rule.name, field->second.text + " is no text", rule.rule});
            } else if (!rule.fits(field->second.text)) {
                findings.push_back({rule.name, in_quotes(field->second.text) + " is not allowed", rule.rule});
            }
        } else if (rule.presence == Presence::Must ||
                   (rule.presence == Presence::InTransactions && in_transaction)) {
            findings.push_back({rule.name, "is missing", rule.rule});
        }
    }
    if (fields.count("MS") == 0 && fields.count("GS") == 0) {
        findings.push_back({"MS", "is missing, and so is GS", "the serial number of the meter"});
    }
}

bool is_hex_of(std::string_view text, std::initializer_list<std::size_t> sizes) {
    const auto bytes = bytes_of_hex(text);
    return bytes && std::find(sizes.begin(), sizes.end(), bytes->size()) != sizes.end();
}

struct IdentificationRule {
    std::string_view type;
    bool (*fits)(std::string_view text);
    const char* rule;
};
constexpr std::array<IdentificationRule, 5> identification_rules{
    {{"ISO14443",
      [](std::string_view id) {
          return is_hex_of(id, {4, 7});
      },
      "the UID of a card of type ISO14443 is 8 or 14 hexadecimal digits"},
     {"ISO15693", [](std::string_view id) { return is_hex_of(id, {8}); },
      "the UID of a card of type ISO15693 is 16 hexadecimal digits"},
     {"EMAID", [](std::string_view id) { return id.size() == 14 || id.size() == 15; },
      "an EMAID has 14 or 15 characters"},
     {"EVCCID", [](std::string_view id) { return id.size() <= 6 || is_hex_of(id, {6}); },
      "an EVCCID has at most 6 characters, or 12 hexadecimal digits"},
     {"PHONE_NUMBER", [](std::string_view id) { return id.starts_with('+'); },
      "a phone number begins with +"}}};

void check_identification(const OcmfFields& fields, Findings& findings) {
    const auto id = fields.find("ID");
    const auto type = fields.find("IT");
    if (id == fields.end()) {
        return;
    }
    if (!id->second.is_text()) {
        findings.push_back({"ID", id->second.text + " is no text", "the identification as a text"});
        return;
    }
    for (const IdentificationRule& rule : identification_rules) {
        if (type != fields.end() && type->second.text == rule.type && !id->second.text.empty() &&
            !rule.fits(id->second.text)) {
            findings.push_back(
                {"ID", in_quotes(id->second.text) + " is no " + std::string(rule.type), rule.rule});
        }
    }
}

void check_flags(const Json& payload, Findings& findings) {
    const auto found = payload.find("IF");
    if (found == payload.end()) {
        return;
    }
    if (!found->is_array()) {
        findings.push_back({"IF", found->dump() + " is no list", "a list in brackets, also of one or none"});
        return;
    }
    std::set<std::size_t> groups;
    for (const Json& flag : *found) {
        const std::string name = flag.is_string() ? flag.get<std::string>() : flag.dump();
        const auto* const known = std::find_if(identification_flags.begin(), identification_flags.end(),
                                               [&](const auto& row) { return row.name == name; });
        if (known == identification_flags.end()) {
            findings.push_back({"IF", in_quotes(name) + " is not known",
                                "a flag of OCMF 1.2, tables 13 to 16, as in RFID_PLAIN"});
        } else if (!groups.insert(known->group).second) {
            findings.push_back({"IF", in_quotes(name) + " is the second of its kind",
                                "at most one of each: RFID, OCPP, ISO15118, PLMN"});
        }
    }
}

void check_status(const Json& payload, bool in_transaction, Findings& findings) {
    const auto found = payload.find("IS");
    if (found == payload.end()) {
        if (in_transaction) {
            findings.push_back({"IS", "is missing", "true or false: whether a user was assigned"});
        }
    } else if (!found->is_boolean()) {
        findings.push_back({"IS", found->dump() + " is not true or false", "true or false without quotes"});
    }
}

void check_losses(const Json& payload, Findings& findings) {
    const auto found = payload.find("LC");
    if (found == payload.end()) {
        return;
    }
    const OcmfFields fields = found->is_object() ? fields_of(*found) : OcmfFields();
    const auto resistance = fields.find("LR");
    if (resistance == fields.end() || resistance->second.kind != OcmfField::Kind::Number) {
        findings.push_back({"LC.LR", "is no number", "the resistance of the cable"});
    }
    const auto unit = fields.find("LU");
    if (unit == fields.end() || (unit->second.text != "mOhm" && unit->second.text != "uOhm")) {
        findings.push_back({"LC.LU", "is no unit of a resistance", "mOhm or uOhm"});
    }
}

void check_reading_list(const Json& payload, bool in_transaction, Findings& findings) {
    const auto found = payload.find("RD");
    const bool is_list =
        found != payload.end() && found->is_array() && !found->empty() &&
        std::all_of(found->begin(), found->end(), [](const Json& entry) { return entry.is_object(); });
    if (!is_list) {
        findings.push_back({"RD", found == payload.end() ? "is missing" : "is no list of readings",
                            "a list in brackets of at least one reading in braces"});
        return;
    }
    std::vector<OcmfFields> readings;
    for (const Json& entry : *found) {
        readings.push_back(fields_of(entry));
    }
    check_readings(readings, in_transaction, findings);
}

void check_payload(const Json& payload, Findings& findings) {
    const OcmfFields fields = fields_of(payload);
    const auto pagination = fields.find("PG");
    const bool in_transaction = pagination == fields.end() || !pagination->second.text.starts_with('F');
    check_texts(fields, in_transaction, findings);
    check_status(payload, in_transaction, findings);
    check_flags(payload, findings);
    check_identification(fields, findings);
    check_losses(payload, findings);
    check_reading_list(payload, in_transaction, findings);
}

// Null: it is no object, which is told.
Json section_of(std::string_view text, const char* name, Findings& findings) {
    const char* const rule = "an object in braces, as it was signed: get the record again";
    if (!is_within(text, {})) {
        findings.push_back({name, "is larger or deeper than any record", rule});
        return {};
    }
    Json object;
    try {
        object = parse_json_or_throw(text);
    } catch (const Json::parse_error& error) {
        findings.push_back({name, "is not JSON from its byte " + std::to_string(error.byte), rule});
        return {};
    } catch (const Json::out_of_range&) { // 1E999: well written, and no number of this program
        findings.push_back({name, "holds a number beyond 1.8E308", rule});
        return {};
    }
    if (!object.is_object()) {
        findings.push_back({name, "is no JSON object", rule});
        return {};
    }
    return object;
}

} // namespace

std::vector<OcmfFinding> ocmf_findings(std::string_view record) {
    Findings findings;
    const auto parts = split_ocmf(record);
    if (!parts) {
        findings.push_back(
            {"record",
             record.starts_with("OCMF|") ? "has no signature behind its last |" : "does not begin with OCMF|",
             "OCMF|payload|signature on one line"});
        return findings;
    }
    if (parts->payload.find('|') != std::string_view::npos) {
        findings.push_back({"payload", "has a |", "the character stands between the parts only"});
    }
    if (const Json payload = section_of(parts->payload, "payload", findings); payload.is_object()) {
        check_payload(payload, findings);
    }
    if (const Json signature = section_of(parts->signature, "signature", findings); signature.is_object()) {
        check_signature(parts->signature, fields_of(signature), findings);
    }
    return findings;
}

} // namespace gridbridge
