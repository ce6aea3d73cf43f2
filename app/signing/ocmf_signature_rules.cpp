#include "app/signing/ocmf_signature_rules.hpp"

#include "app/signing/ocmf.hpp"
#include "app/signing/ocmf_signature.hpp"
#include "drivers/text/text.hpp"

#include <cstdint>

namespace gridbridge {
namespace {

void check_signature_form(std::string_view section, const OcmfFields& fields,
                          std::vector<OcmfFinding>& findings) {
    const auto data = fields.find("SD");
    if (data == fields.end() || data->second.text.empty()) {
        findings.push_back({"SD", "is missing", "the signature itself"});
        return;
    }
    const auto signature = parse_ocmf_signature(section);
    if (!signature) {
        findings.push_back(
            {"SD", "cannot be decoded", "hexadecimal digits in pairs, or base64 when SE says base64"});
        return;
    }
    constexpr std::uint8_t der_head = 0x30;
    const std::vector<std::uint8_t>& bytes = signature->data;
    const std::string size = std::to_string(bytes.size()) + " bytes";
    const bool begins_as_der = bytes.size() > 2 && bytes[0] == der_head;
    if (begins_as_der && bytes.size() == std::size_t{2} + bytes[1]) {
        return;
    }
    if (!begins_as_der || bytes.size() == 48 || bytes.size() == 64 || bytes.size() == 96) {
        findings.push_back({"SD", "is " + size + " that are not DER",
                            "DER begins with 30; r and s side by side are taken here, but not everywhere"});
    } else {
        findings.push_back({"SD", "is " + size + ", its DER says otherwise",
                            "the signature was cut off or something follows it: get the record again"});
    }
}

} // namespace

void check_signature(std::string_view section, const OcmfFields& fields, std::vector<OcmfFinding>& findings) {
    const auto says = [&](const char* name, const char* otherwise) {
        const auto field = fields.find(name);
        return field == fields.end() ? std::string(otherwise) : field->second.text;
    };
    const std::string algorithm = says("SA", "");
    if (!algorithm.empty() && !is_known_algorithm(algorithm)) {
        findings.push_back({"SA", in_quotes(algorithm) + " is not known", "one of " + known_algorithms()});
    }
    const std::string encoding = says("SE", "hex");
    if (encoding != "hex" && encoding != "base64") {
        findings.push_back({"SE", in_quotes(encoding) + " is not known", "hex, the default, or base64"});
    }
    const std::string kind = says("SM", "application/x-der");
    if (kind != "application/x-der") {
        findings.push_back({"SM", in_quotes(kind) + " is not known", "application/x-der, the default"});
    }
    check_signature_form(section, fields, findings);
}

} // namespace gridbridge
