#include "app/signing/ocmf.hpp"
#include "app/signing/ocmf_signature.hpp"
#include "app/verbs/run.hpp"
#include "drivers/text/hex.hpp"

#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

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

void show(std::string_view name, const std::string& value) {
    if (!value.empty()) {
        std::cout << name << std::string(13 - name.size(), ' ') << value << '\n';
    }
}

void show(const OcmfContent& content) {
    show("meter", content.meter);
    show("number", content.pagination);
    show("identified", content.identification);
    show("tariff", content.tariff);
    for (const OcmfReading& reading : content.readings) {
        show("reading", reading.reason + "  " + reading.time + "  " + reading.value + " " + reading.unit +
                            "  " + reading.obis + "  status " + reading.status);
    }
}

// The key to check with, as bytes; empty when there is none that can be used.
std::vector<std::uint8_t> key_for(const Options& options, const OcmfFile& file) {
    for (const std::string& text : {options.key, file.public_key, file.public_key_der}) {
        if (!text.empty()) {
            return bytes_of_hex(text).value_or(std::vector<std::uint8_t>());
        }
    }
    return {};
}

std::string verdict_on(const OcmfFile& file, const Options& options) {
    const auto parts = split_ocmf(file.record);
    if (!parts) {
        return "it is not an OCMF record";
    }
    const auto content = parse_ocmf_payload(parts->payload);
    if (!content) {
        return "its data are not a JSON object";
    }
    show(*content);
    const auto signature = parse_ocmf_signature(parts->signature);
    if (!signature) {
        return "it has no signature that can be read";
    }
    show("algorithm", signature->algorithm);
    const auto key = key_for(options, file);
    if (key.empty()) {
        return options.key.empty() ? "there is no public key: give it with --key HEX"
                                   : "the key is not hexadecimal";
    }
    return why_not_valid(parts->payload, *signature, key);
}

} // namespace

int run_verify(const Options& options) {
    if (options.arguments.size() != 1) {
        std::cerr << "gridbridge: verify needs one file: gridbridge verify FILE|- [--key HEX]\n";
        return exit_code::usage;
    }
    const std::string& path = options.arguments.front();
    const auto text = read_all(path);
    if (!text) {
        std::cerr << "gridbridge: " << path << ": cannot be read\n";
        return exit_code::io;
    }
    const auto file = text->size() <= largest_file ? parse_ocmf_file(*text) : std::nullopt;
    const std::string problem =
        file ? verdict_on(*file, options) : "it is neither an OCMF record nor the JSON of one";
    if (!problem.empty()) {
        std::cout << "NOT VALID: " << problem << std::endl;
        return exit_code::bad_data;
    }
    std::cout << "VALID"
              << (options.key.empty() ? ", by the key in the file: compare it with the one of the meter" : "")
              << std::endl;
    return exit_code::ok;
}

} // namespace gridbridge
