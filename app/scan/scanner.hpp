// Scans ports and hosts: who may be asked, in which order, and what came of it.
#pragma once

#include "app/scan/scan_line.hpp"
#include "app/scan/scan_progress.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace gridbridge {

struct TargetReport {
    ScanTarget target; // a port with its name by id
    std::vector<FoundUnit> found;
    std::string error; // why it was not scanned, or not to the end
    int exit_code = 0; // of the error
    std::vector<std::string> hints;
    LineEvidence evidence; // what was seen, also of a line that was not scanned to the end
};

// Ports one after another, then hosts, eight at a time. In the order of the targets; hosts of a network are
// reported only when they accept the connection. Ends at once, with what there is, when stop is requested.
std::vector<TargetReport> scan(const ScanRequest& request, const std::stop_token& stop,
                               ScanProgress& progress);

} // namespace gridbridge
