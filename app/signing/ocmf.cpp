#include "app/signing/ocmf.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/base64.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/json_bounds.hpp"

namespace gridbridge {
namespace {

constexpr std::string_view prefix = "OCMF|";
constexpr std::size_t most_readings = 100;

// Null unless `text` is an object.
Json object_in(std::string_view text) {
    if (!is_within(text, {})) {
        return {};
    }
    Json object = parse_json(text);
    return object.is_object() ? object : Json();
}

// A number as it was written, a text without its quotes; empty: not there.
std::string text_of(const Json& object, const char* key) {
    const auto found = object.find(key);
    if (found == object.end() || found->is_null()) {
        return {};
    }
    return found->is_string() ? found->get<std::string>() : found->dump();
}

} // namespace

std::optional<OcmfParts> split_ocmf(std::string_view record) {
    const std::size_t end = record.find_last_not_of(std::string_view("\r\n\0", 3));
    record = record.substr(0, end == std::string_view::npos ? 0 : end + 1);
    if (!record.starts_with(prefix)) {
        return std::nullopt;
    }
    record.remove_prefix(prefix.size());
    const std::size_t bar = record.rfind('|');
    if (bar == std::string_view::npos || bar == 0 || bar + 1 == record.size()) {
        return std::nullopt;
    }
    return OcmfParts{record.substr(0, bar), record.substr(bar + 1)};
}

std::optional<OcmfSignature> parse_ocmf_signature(std::string_view json) {
    const Json object = object_in(json);
    const std::string data = text_of(object, "SD");
    const std::string encoding = text_of(object, "SE"); // hex by default
    OcmfSignature signature;
    signature.algorithm = text_of(object, "SA");
    if (signature.algorithm.empty()) {
        signature.algorithm = "ECDSA-secp256r1-SHA256"; // the default of OCMF 1.2, table 22
    }
    signature.data = (encoding == "base64" ? bytes_of_base64(data) : bytes_of_hex(data))
                         .value_or(std::vector<std::uint8_t>());
    return signature.data.empty() ? std::nullopt : std::optional(std::move(signature));
}

std::optional<OcmfContent> parse_ocmf_payload(std::string_view json) {
    const Json object = object_in(json);
    if (!object.is_object()) {
        return std::nullopt;
    }
    OcmfContent content;
    content.meter = text_of(object, "MS");
    content.pagination = text_of(object, "PG");
    content.identification = text_of(object, "ID");
    content.tariff = text_of(object, "TT");
    const auto readings = object.find("RD");
    for (std::size_t i = 0; readings != object.end() && readings->is_array() && i < readings->size(); ++i) {
        const Json& entry = readings->at(i);
        if (!entry.is_object() || i >= most_readings) {
            return std::nullopt;
        }
        content.readings.push_back({text_of(entry, "TM"), text_of(entry, "TX"), text_of(entry, "RV"),
                                    text_of(entry, "RU"), text_of(entry, "RI"), text_of(entry, "ST")});
    }
    return content;
}

std::optional<OcmfFile> parse_ocmf_file(std::string_view text) {
    if (text.starts_with(prefix)) {
        return OcmfFile{std::string(text), {}, {}, {}};
    }
    const Json object = object_in(text);
    OcmfFile file{text_of(object, "ocmf"), text_of(object, "public_key"), text_of(object, "public_key_der"),
                  text_of(object, "transaction_id")};
    return file.record.empty() ? std::nullopt : std::optional(std::move(file));
}

} // namespace gridbridge
