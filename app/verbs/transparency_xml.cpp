#include "app/verbs/transparency_xml.hpp"

#include "app/signing/ocmf.hpp"
#include "drivers/text/hex.hpp"
#include "drivers/text/number.hpp"

#include <sstream>

#include <pugixml.hpp>

namespace gridbridge {
namespace {

// The software shows values with the same number as one transaction.
void put_attributes(pugi::xml_node& value, const OcmfContent& content) {
    const std::string_view pagination = content.pagination;
    const auto number = pagination.empty() ? std::nullopt : parse_integer(pagination.substr(1));
    if (number) {
        value.append_attribute("transactionId").set_value(*number);
    }
    const std::string reason = content.readings.empty() ? std::string() : content.readings.front().reason;
    if (reason == "B") {
        value.append_attribute("context").set_value("Transaction.Begin");
    } else if (reason == "E" || reason == "L" || reason == "R" || reason == "A" || reason == "P") {
        value.append_attribute("context").set_value("Transaction.End");
    }
}

// Readers of XML make line feeds of carriage returns, unless they are written as characters.
std::string with_kept_returns(std::string xml) {
    constexpr std::string_view as_character = "&#13;";
    for (std::size_t at = xml.find('\r'); at != std::string::npos; at = xml.find('\r', at)) {
        xml.replace(at, 1, as_character);
    }
    return xml;
}

} // namespace

std::optional<std::string> transparency_xml(std::string_view record,
                                            std::span<const std::uint8_t> public_key) {
    const auto parts = split_ocmf(record);
    // What is JSON has no bytes that XML cannot hold.
    const auto content = parts ? parse_ocmf_payload(parts->payload) : std::nullopt;
    if (!content || !parse_ocmf_signature(parts->signature)) {
        return std::nullopt;
    }
    pugi::xml_document document;
    pugi::xml_node declaration = document.append_child(pugi::node_declaration);
    declaration.append_attribute("version").set_value("1.0");
    declaration.append_attribute("encoding").set_value("UTF-8");
    pugi::xml_node value = document.append_child("values").append_child("value");
    put_attributes(value, *content);
    if (!public_key.empty()) { // before the data: its schema (values.xsd) has them in this order
        pugi::xml_node key = value.append_child("publicKey");
        key.append_attribute("encoding").set_value("hex");
        key.text().set(hex_text(public_key, HexCase::Upper).c_str());
    }
    pugi::xml_node data = value.append_child("signedData");
    data.append_attribute("format").set_value("OCMF");
    data.append_attribute("encoding").set_value("plain");
    const auto end =
        static_cast<std::size_t>(parts->signature.data() - record.data()) + parts->signature.size();
    data.text().set(std::string(record.substr(0, end)).c_str());
    std::ostringstream text;
    document.save(text, "  ", pugi::format_indent, pugi::encoding_utf8);
    return with_kept_returns(std::move(text).str());
}

} // namespace gridbridge
