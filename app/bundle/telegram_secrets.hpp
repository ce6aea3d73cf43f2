// Secrets in streams of P1 and D0. Pure.
#pragma once

#include "app/bundle/patterns.hpp"
#include "app/bundle/place.hpp"

namespace gridbridge {

// Equipment identifiers, EANs, serial and property numbers, logical device names, also of M-Bus devices, and
// the address of a D0 meter that is asked; in whole telegrams and in damaged ones.
SecretPlaces places_in_telegrams(WireDialect dialect, ByteView stream);

// As long as `stream`, which is P1 or D0. Checksums fit what they cover where they did so before, and do not
// where they did not; the eighth bit stays the parity that it was.
Bytes anonymous_telegrams(WireDialect dialect, ByteView stream, const Patterns& patterns);

} // namespace gridbridge
