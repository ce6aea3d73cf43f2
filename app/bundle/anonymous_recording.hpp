// A recording in which nobody is recognised, and which replays to the same numbers. Pure.
#pragma once

#include "app/bundle/patterns.hpp"
#include "app/recording/recording_reader.hpp"

namespace gridbridge {

// What a recording says of identities: in its streams, its texts, its messages.
void find_in_recording(const Recording& recording, SecretList& found);

// Serial numbers made of a URI (meters that tell none) become those of the URI that takes its place, so that
// a replay makes the same. Changes `replacements`.
void follow_uris(const Recording& recording, std::vector<Replacement>& replacements);

// As many records, with the same times, kinds and sizes.
Recording anonymous_recording(Recording recording, const Patterns& patterns);

} // namespace gridbridge
