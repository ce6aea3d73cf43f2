// What was seen on a line where no meter was found, and what it means. Pure.
#pragma once

#include "app/scan/plan.hpp"
#include "drivers/meter/driver_table.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

// D0Asked: an answer to a sign-on, which classify() never sees.
enum class Heard : std::uint8_t { Nothing, Unknown, P1, Sml, D0, D0Asked, Modbus };

// What bytes that came unasked are. Pieces of telegrams are recognised; a few stray bytes count as nothing.
Heard classify(std::span<const std::uint8_t> bytes);

// Whether a meter of IEC 62056-21 has said its name, with or without the parity in the top bit.
bool has_identification(std::span<const std::uint8_t> bytes);

// The driver of a meter that sends by itself or answers a sign-on.
std::optional<DriverKind> stream_of(Heard heard);

struct LineEvidence {
    int asked = 0;
    std::vector<LineSetting> garbled; // settings at which bytes came that were no answer, each once
    std::uint64_t unasked_bytes = 0;  // received outside of answers
    bool echo = false;                // a request came back as it was sent
    bool closed = false;              // the other side closed the connection when it was asked
    Heard heard = Heard::Nothing;     // before or after the scan
};

// Whether a line with this traffic may be asked at all.
bool is_in_service(Heard heard);

// Whether nobody has said anything: a sign-on disturbs nobody then. An adapter that echoes is nobody.
bool is_silent(const LineEvidence& evidence);

// The URI of the meter that sends by itself on the line, or answers a sign-on; empty: there is none.
std::string stream_uri(const LineEvidence& evidence, const ScanTarget& target);

// For people, most telling first; at least one.
std::vector<std::string> hints(const LineEvidence& evidence, const ScanTarget& target,
                               const ScanRequest& request);

} // namespace gridbridge
