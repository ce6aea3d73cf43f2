// What in a record is not as OCMF 1.2 (SAFE e.V.) asks for it, field by field. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct OcmfFinding {
    std::string field;   // "PG", "RD[2].TM", "SD"; "record", "payload" and "signature" for the parts
    std::string problem; // what is there, or that nothing is
    std::string rule;    // what is asked for, or what helps
};

// Of the form of the record, the fields of its payload, its readings, and the fields of its signature;
// nothing is said of whether the signature fits. In the order of the record.
std::vector<OcmfFinding> ocmf_findings(std::string_view record);

} // namespace gridbridge
