#include "app/signing/ocmf.hpp"
#include "app/signing/ocmf_rules.hpp"
#include "app/signing/ocmf_signature.hpp"
#include "app/verbs/run.hpp"
#include "app/verbs/transparency_xml.hpp"
#include "app/verbs/verify_limits.hpp"
#include "drivers/text/hex.hpp"
#include "mqtt/files/new_file.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <system_error>

namespace gridbridge {
namespace {

constexpr std::size_t largest_file = 1 << 20;

std::optional<std::string> read_all(const std::string& path) {
    std::ifstream file;
    if (path != "-") {
        file.open(path, std::ios::binary);
        if (!file) {
            return std::nullopt;
        }
    }
    std::istream& in = path == "-" ? std::cin : file;
    std::string text(largest_file + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    return text;
}

void show(std::ostream& out, std::string_view name, const std::string& value) {
    if (!value.empty()) {
        out << name << std::string(13 - name.size(), ' ') << value << '\n';
    }
}

void show(std::ostream& out, const OcmfContent& content) {
    show(out, "meter", content.meter);
    show(out, "number", content.pagination);
    show(out, "identified", content.identification);
    show(out, "tariff", content.tariff);
    for (const OcmfReading& reading : content.readings) {
        show(out, "reading",
             reading.reason + "  " + reading.time + "  " + reading.value + " " + reading.unit + "  " +
                 reading.obis + "  status " + reading.status);
    }
}

// The key to check with, as written; empty when there is none.
std::string key_text(const Options& options, const OcmfFile& file) {
    for (const std::string& text : {options.key, file.public_key, file.public_key_der}) {
        if (!text.empty()) {
            return text;
        }
    }
    return {};
}

// As bytes; empty when it cannot be used.
std::vector<std::uint8_t> key_for(const Options& options, const OcmfFile& file) {
    return bytes_of_hex(key_text(options, file)).value_or(std::vector<std::uint8_t>());
}

std::string verdict_on(const OcmfFile& file, const Options& options, std::ostream& out) {
    const auto parts = split_ocmf(file.record);
    if (!parts) {
        return "it is not an OCMF record";
    }
    const auto content = parse_ocmf_payload(parts->payload);
    if (!content) {
        return "its data are not a JSON object";
    }
    show(out, *content);
    const auto signature = parse_ocmf_signature(parts->signature);
    if (!signature) {
        return "it has no signature that can be read";
    }
    show(out, "algorithm", signature->algorithm);
    const auto key = key_for(options, file);
    if (key.empty()) {
        return options.key.empty() ? "there is no public key: give it with --key HEX"
                                   : "the key is not hexadecimal";
    }
    return why_not_valid(parts->payload, *signature, key);
}

OcmfFinding finding_on_key(const std::string& text, const std::string& algorithm) {
    const std::string where = "give the key of the meter with --key HEX, as a point (04...) or DER (30...)";
    if (text.empty()) {
        return {"key", "is missing", where};
    }
    const auto bytes = bytes_of_hex(text);
    return {"key", bytes ? why_key_not_usable(algorithm, *bytes) : "is not hexadecimal", where};
}

// Everything that is not as OCMF asks for it, the key and the signature last.
std::vector<OcmfFinding> findings_on(const OcmfFile& file, const Options& options) {
    std::vector<OcmfFinding> findings = ocmf_findings(file.record);
    const auto parts = split_ocmf(file.record);
    const auto signature = parts ? parse_ocmf_signature(parts->signature) : std::nullopt;
    if (!signature || !is_known_algorithm(signature->algorithm)) {
        return findings; // nothing to check with
    }
    const OcmfFinding on_key = finding_on_key(key_text(options, file), signature->algorithm);
    if (!on_key.problem.empty()) {
        findings.push_back(on_key);
    } else if (!why_not_valid(parts->payload, *signature, key_for(options, file)).empty()) {
        findings.push_back(
            {"signature", "does not fit the payload with this key",
             "a byte was changed since it was signed, also a blank counts, or the key is that of "
             "another meter: get the record again and compare the key with the one of the meter"});
    }
    return findings;
}

void explain(const std::vector<OcmfFinding>& findings, std::ostream& out) {
    for (const OcmfFinding& finding : findings) {
        show(out, "rule", finding.field + " " + finding.problem + "; " + finding.rule);
    }
    if (findings.empty()) {
        show(out, "rule", "all fields are as OCMF 1.2 asks for them");
    }
}

int export_record(const OcmfFile& file, const Options& options) {
    const auto parts = split_ocmf(file.record);
    const auto signature = parts ? parse_ocmf_signature(parts->signature) : std::nullopt;
    const auto xml = transparency_xml(
        file.record, key_as_der(signature ? signature->algorithm : std::string(), key_for(options, file)));
    if (!xml) {
        return fail(exit_code::bad_data, "nothing is exported: " + options.arguments.front() +
                                             ": it is not an OCMF record that can be read; see --explain");
    }
    const std::string& path = options.export_file;
    if (path == "-") {
        std::cout << *xml << std::flush;
        return std::cout ? exit_code::ok : exit_code::io;
    }
    try {
        if (!write_new_file(path, *xml, options.force)) {
            return fail(exit_code::io,
                        path + ": exists already: name another file, or use --force to replace it");
        }
    } catch (const std::system_error& error) {
        const bool is_denied = error.code() == std::errc::permission_denied ||
                               error.code() == std::errc::operation_not_permitted;
        return fail(is_denied ? exit_code::permission : exit_code::io,
                    std::string(error.what()) + ": is the folder there and yours?");
    }
    std::cerr << "written: " << path << '\n';
    return exit_code::ok;
}

int judge(const std::optional<OcmfFile>& file, const Options& options, std::ostream& out) {
    const std::string problem =
        file ? verdict_on(*file, options, out) : "it is neither an OCMF record nor the JSON of one";
    if (options.explain && file) {
        explain(findings_on(*file, options), out);
    }
    if (!problem.empty()) {
        out << "NOT VALID: " << problem << std::endl;
        return exit_code::bad_data;
    }
    out << "VALID"
        << (options.key.empty() ? ", by the key in the file: compare it with the one of the meter" : "")
        << std::endl;
    return exit_code::ok;
}

} // namespace

int run_verify(const Options& options) {
    if (options.arguments.size() != 1) {
        std::cerr << "gridbridge: verify needs one file: gridbridge verify FILE|- [--key HEX]\n";
        return exit_code::usage;
    }
    const std::string& path = options.arguments.front();
    if (is_limit_log(path)) {
        return verify_limits(path, std::cout);
    }
    const auto text = read_all(path);
    if (!text) {
        std::cerr << "gridbridge: " << path << ": cannot be read\n";
        return exit_code::io;
    }
    const auto file = text->size() <= largest_file ? parse_ocmf_file(*text) : std::nullopt;
    // What is exported to standard output is there alone.
    const int verdict = judge(file, options, options.export_file == "-" ? std::cerr : std::cout);
    if (options.export_file.empty()) {
        return verdict;
    }
    const int exported = export_record(file.value_or(OcmfFile()), options);
    return exported == exit_code::ok ? verdict : exported;
}

} // namespace gridbridge
