// The record an EM580 writes, in its own spacing and order of keys. Source: OCMF 1.2 and the sample record of
// EVerest `CarloGavazzi_EM580`. Pure but for the signature.
#pragma once

#include "app/simulate/signing_key.hpp"

#include <array>
#include <string>

namespace gridbridge {

struct OcmfTextReading {
    long long unix_time = 0; // s
    int offset_minutes = 0;  // local time
    char clock = 'U';        // S synchronised, U not
    char reason = 'B';       // TX
    double kwh = 0;
};

struct OcmfTextSource {
    unsigned number = 0;
    std::string serial;
    bool identified = false;
    int level = 0;
    std::array<int, 4> flags{}; // by group
    int type = 0;
    std::string identification, charge_point, tariff;
    OcmfTextReading begin, end;
};

// "OCMF|{...}|{...}". The texts must not need escapes in JSON.
std::string ocmf_text(const OcmfTextSource& source, const SigningKey& key);

} // namespace gridbridge
