// What a user sends with a bug report: one file, in which nobody is recognised. Pure.
#pragma once

#include "app/bundle/deciphered.hpp"
#include "app/bundle/replacements.hpp"
#include "app/bundle/secret.hpp"
#include "app/recording/recording_reader.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gridbridge {

struct BundledRecording {
    std::string name; // of the file, without folder: "incident-1.pcapng"
    Recording recording;
    ConnectionKeys keys; // of its encrypted meters, as far as they are at hand; are not kept
};

// As they are: make_bundle() replaces what tells who it is. Passwords and keys are left out or masked by the
// caller. An empty text: there is no such file.
struct BundleParts {
    BundleKey key{};             // random, new for each bundle
    std::int64_t time = 0;       // now, s since 1970
    std::vector<Secret> secrets; // known ones: serial numbers, EANs, names, hosts, users, portal id
    std::vector<BundledRecording> recordings;
    std::string log, findings, config, settings; // text, JSON, TOML, JSON
    std::string about;                           // JSON: version, commit
    std::string ports;                           // text: facts about serial ports and connections
};

// .tar.zst with README.txt, about.json, config.toml, settings.json, findings.json, log.txt, ports.txt and
// recordings/NAME.pcapng. In all of them each secret that is known, or that is recognised anywhere in them,
// is replaced by the same other text, in every form it has (app/bundle/pattern.hpp). Everything is in memory,
// the recordings several times. Throws std::invalid_argument (name, reason): two recordings have one name, or
// a name is no file's.
Bytes make_bundle(BundleParts parts);

// Names in it, in this order and behind the recordings.
inline constexpr std::string_view bundle_readme = "README.txt";

} // namespace gridbridge
