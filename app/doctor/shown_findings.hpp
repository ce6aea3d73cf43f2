// Findings as they are told: JSON of a running service, text for a terminal. Pure.
#pragma once

#include "mqtt/outlet/finding.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

// One of a list as findings_json() makes it, whatever code another version has.
struct ShownFinding {
    std::string code, severity, meter;
    std::string since; // empty: not known
    std::string text, evidence, action;

    bool operator==(const ShownFinding&) const = default;
};

// Nothing: it is no such list.
std::optional<std::vector<ShownFinding>> read_findings(const std::string& json);
std::string shown_json(std::span<const ShownFinding> findings);

std::vector<ShownFinding> shown(std::span<const Finding> findings);

// The worst first, the others as they were; what is the same but for when it began is taken once.
void merge_findings(std::vector<ShownFinding>& findings, std::vector<ShownFinding> more);

// Aligned, lines of at most `columns` where words allow it.
std::string findings_text(std::span<const ShownFinding> findings, std::size_t columns);

// "2 errors, 1 warning" or that all is well.
std::string verdict_text(std::span<const ShownFinding> findings);

bool needs_action(std::span<const ShownFinding> findings); // a warning or worse

} // namespace gridbridge
