// Secrets in streams of SML. Pure.
#pragma once

#include "app/bundle/patterns.hpp"
#include "app/bundle/place.hpp"

namespace gridbridge {

// Server ids, and objects that tell an identification or a public key; in whole files and in damaged ones.
// The maker (1-0:96.50.1) is none: what decodes the meter depends on it, and many have it.
SecretPlaces places_in_sml(ByteView stream);

// As long as `stream`. Checksums of messages and files fit where they did so before, and do not where they
// did not. Where a meter left out a zero in front of one, the transaction id is changed so that the new one
// has it too.
Bytes anonymous_sml(ByteView stream, const Patterns& patterns);

} // namespace gridbridge
