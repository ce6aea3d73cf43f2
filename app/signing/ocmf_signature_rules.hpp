// The rules for the section of the signature: OCMF 1.2, tables 8 and 22. Pure.
#pragma once

#include "app/signing/ocmf_reading_rules.hpp"

#include <string_view>
#include <vector>

namespace gridbridge {

// `fields` are those of `section`, which is JSON.
void check_signature(std::string_view section, const OcmfFields& fields, std::vector<OcmfFinding>& findings);

} // namespace gridbridge
