#include "app/bundle/bundle.hpp"

#include "app/bundle/anonymous_recording.hpp"
#include "app/bundle/tar.hpp"
#include "app/bundle/text_secrets.hpp"
#include "app/recording/zstd_stream.hpp"

#include <array>
#include <set>
#include <stdexcept>
#include <string_view>

namespace gridbridge {
namespace {

struct TextFile {
    std::string_view name;
    std::string BundleParts::*text;
    std::string_view what;
};
constexpr std::array text_files{
    TextFile{"about.json", &BundleParts::about, "version of the program"},
    TextFile{"config.toml", &BundleParts::config, "configuration in force, passwords and keys masked"},
    TextFile{"settings.json", &BundleParts::settings, "what the program keeps: roles, names, counters"},
    TextFile{"findings.json", &BundleParts::findings, "what the doctor of the program has found"},
    TextFile{"log.txt", &BundleParts::log, "newest lines of the log"},
    TextFile{"ports.txt", &BundleParts::ports, "serial ports and connections"},
};

constexpr std::string_view readme_head = "A bundle of gridbridge, for a bug report.\n\n";
constexpr std::string_view readme_end = R"(
What was replaced
-----------------
Serial numbers, EANs and other identifications of meters, names, hosts, IP and MAC addresses, users, and the
portal id: each by another text of the same length and the same kind of characters, always the same one within
this bundle, in texts and in what meters sent, in every form it has there. Checksums were computed again where
they had been right. The replacements were made with a random key that is not kept: nobody can find the
originals by trying all serial numbers.

What is left out
----------------
Passwords and keys. Signatures of charging records and the public keys of meters: zeros stand in their place.
Encrypted telegrams: they are deciphered where the key was at hand, else a note in the recording says how many
are missing. Numbers, times and what kind of devices there are were not changed: "gridbridge replay" of a
recording gives the same numbers, not the same names.

Please look through the texts before you publish them: what you have written into a name or a file yourself,
and no program can recognise, is still there.
)";

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

void check_names(const std::vector<BundledRecording>& recordings) {
    std::set<std::string> names;
    for (const BundledRecording& bundled : recordings) {
        if (!names.insert(bundled.name).second) {
            throw std::invalid_argument(bundled.name + ": two recordings have this name");
        }
        if (bundled.name.find('/') != std::string::npos) {
            throw std::invalid_argument(bundled.name + ": a recording has a name without folder");
        }
    }
}

SecretList secrets_in(const BundleParts& parts) {
    SecretList found;
    for (const Secret& secret : parts.secrets) {
        found.add(secret.text, secret.kind);
    }
    for (const BundledRecording& bundled : parts.recordings) {
        find_in_recording(bundled.recording, found);
    }
    for (const TextFile& file : text_files) {
        find_in_text(parts.*file.text, found);
    }
    find_in_settings(parts.settings, found);
    return found;
}

Patterns patterns_for(const BundleParts& parts) {
    std::vector<Replacement> replacements = replacements_for(secrets_in(parts), parts.key);
    for (const BundledRecording& bundled : parts.recordings) {
        follow_uris(bundled.recording, replacements);
    }
    return Patterns(replacements);
}

std::string readme_of(const BundleParts& parts) {
    std::string text(readme_head);
    const auto line = [&text](std::string name, std::string_view what) {
        name.resize(std::max<std::size_t>(name.size(), 30), ' ');
        text += name + "  " + std::string(what) + '\n';
    };
    for (const TextFile& file : text_files) {
        if (!(parts.*file.text).empty()) {
            line(std::string(file.name), file.what);
        }
    }
    if (!parts.recordings.empty()) {
        line("recordings/*.pcapng",
             "what meters sent and were sent, for \"gridbridge replay\" and Wireshark");
    }
    return text + std::string(readme_end);
}

} // namespace

Bytes make_bundle(BundleParts parts) {
    check_names(parts.recordings);
    for (BundledRecording& bundled : parts.recordings) {
        bundled.recording = deciphered(std::move(bundled.recording), bundled.keys);
    }
    const Patterns patterns = patterns_for(parts);
    std::vector<TarEntry> entries{{std::string(bundle_readme), bytes_of(readme_of(parts))}};
    for (const TextFile& file : text_files) {
        if (!(parts.*file.text).empty()) {
            entries.push_back({std::string(file.name), bytes_of(patterns.in_text(parts.*file.text))});
        }
    }
    for (BundledRecording& bundled : parts.recordings) {
        entries.push_back({"recordings/" + patterns.in_text(bundled.name),
                           write_recording(anonymous_recording(std::move(bundled.recording), patterns))});
    }
    return packed(tar_of(entries, parts.time), Packed::Fast); // somebody waits for it
}

} // namespace gridbridge
