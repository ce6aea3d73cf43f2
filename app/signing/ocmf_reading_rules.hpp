// The rules for the readings of a record: OCMF 1.2, tables 7, 10, 19, 20 and 21. Pure.
#pragma once

#include "app/signing/ocmf_rules.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gridbridge {

struct OcmfField {
    enum class Kind : unsigned char { Text, Number, Other };
    Kind kind = Kind::Other;
    std::string text; // a text without its quotes, anything else as JSON

    bool is_text() const { return kind == Kind::Text; }
};
using OcmfFields = std::map<std::string, OcmfField, std::less<>>;

// `in_transaction`: the pagination says so, or does not tell.
void check_readings(const std::vector<OcmfFields>& readings, bool in_transaction,
                    std::vector<OcmfFinding>& findings);

} // namespace gridbridge
