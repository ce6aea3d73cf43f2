// The result of a scan as text. Pure.
#pragma once

#include "app/scan/scanner.hpp"

#include <span>
#include <string>

namespace gridbridge {

// Every unit that answered, one per line, columns aligned; empty when there is none.
std::string scan_table(std::span<const TargetReport> reports);
// [[meter]] tables of the meters this program serves; what it does not serve as comments.
std::string scan_toml(std::span<const TargetReport> reports);
// Errors and hints, one per line.
std::string scan_notes(std::span<const TargetReport> reports);
int scan_exit_code(std::span<const TargetReport> reports);

} // namespace gridbridge
