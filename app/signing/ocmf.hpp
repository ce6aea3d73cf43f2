// A signed charging record as it is written down: OCMF 1.2 (SAFE e.V.), chapters 2 and 7. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// "OCMF|<payload>|<signature>". The views point into the text that was split. What is signed is exactly
// `payload`, byte by byte.
struct OcmfParts {
    std::string_view payload, signature;
};
// Line ends and NULs behind the record do not belong to it. Nothing: it is no such record.
std::optional<OcmfParts> split_ocmf(std::string_view record);

struct OcmfSignature {
    std::string algorithm;          // "ECDSA-brainpoolP384r1-SHA256"
    std::vector<std::uint8_t> data; // as given: DER, of some meters r and s
};
std::optional<OcmfSignature> parse_ocmf_signature(std::string_view json);

struct OcmfReading {
    std::string time;              // "2025-12-17T12:09:16,000+0100 S"
    std::string reason;            // TX: "B" begin, "E" end, ...
    std::string value, unit, obis; // "12.345", "kWh", "1-b:1.8.0"
    std::string status;            // "G" good
};

// What of a record people want to see; empty where it does not tell.
struct OcmfContent {
    std::string meter;      // serial number
    std::string pagination; // "T23"
    std::string identification;
    std::string tariff;
    std::vector<OcmfReading> readings; // at most 100
};
std::optional<OcmfContent> parse_ocmf_payload(std::string_view json);

// A file as written by the service (JSON with "ocmf", "public_key", "public_key_der") or a bare record.
struct OcmfFile {
    std::string record;
    std::string public_key, public_key_der; // hex; empty: not in the file
    std::string transaction_id;
};
std::optional<OcmfFile> parse_ocmf_file(std::string_view text);

} // namespace gridbridge
