#include "app/service/service_bundle.hpp"

#include "app/bundle/bundle.hpp"
#include "app/recording/zstd_stream.hpp"
#include "app/scan/port_use.hpp"
#include "app/service/wall_clock.hpp"
#include "app/version.hpp"
#include "drivers/stream/cipher/cipher.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/files/state_file.hpp"
#include "mqtt/outlet/payload.hpp"

#include <array>
#include <exception>
#include <random>
#include <string_view>

#include <sys/utsname.h>
#include <unistd.h>

namespace gridbridge {
namespace {

BundleKey random_key() {
    BundleKey key;
    std::random_device random;
    for (std::uint8_t& octet : key) {
        octet = static_cast<std::uint8_t>(random() & 0xFFU);
    }
    return key;
}

// The values of a query, "/write?db=home&x=1": "home" and "1".
std::vector<std::string> names_in_query(std::string_view target) {
    std::vector<std::string> names;
    const auto query = target.find('?');
    if (query != std::string_view::npos) {
        for (const std::string_view part : split(target.substr(query + 1), '&')) {
            const auto value = part.find('=');
            names.emplace_back(value == std::string_view::npos ? part : part.substr(value + 1));
        }
    }
    return names;
}

std::vector<Secret> secrets_of(const BundleSources& sources) {
    std::vector<Secret> secrets{{sources.portal_id, SecretKind::Number}};
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) == 0) {
        secrets.push_back({host.data(), SecretKind::Name});
    }
    for (const std::string& user : {sources.config.mqtt.username, sources.config.gx.username}) {
        secrets.push_back({user, SecretKind::Name});
    }
    for (const SinkConfig& sink : sources.config.sinks) {
        secrets.push_back({sink.username, SecretKind::Name});
        secrets.push_back({sink.http.at.host, SecretKind::Name});
        for (const std::string& name : names_in_query(sink.http.target)) { // organisation, bucket
            secrets.push_back({name, SecretKind::Name});
        }
    }
    for (const Meter& meter : sources.meters) {
        secrets.push_back({meter.info.serial, SecretKind::Number});
        secrets.push_back({meter.name, SecretKind::Name});
    }
    for (const MeterConfig& meter : sources.config.meters) {
        secrets.push_back({meter.host, SecretKind::Name});
        secrets.push_back({meter.name, SecretKind::Name});
    }
    return secrets;
}

// By number of the connection, which is named by the URI of its first meter.
ConnectionKeys keys_of(const Recording& recording, const Config& config) {
    ConnectionKeys keys;
    for (const auto& [number, connection] : recording.connections) {
        for (const MeterConfig& meter : config.meters) {
            const auto key = parse_cipher_key(meter.key);
            if (key && meter.uri == connection.name) {
                keys[number] = {*key, parse_cipher_key(meter.auth_key)};
            }
        }
    }
    return keys;
}

BundledRecording bundled(const std::string& name, const Bytes& bytes, const Config& config) {
    constexpr std::string_view packed_ending = ".zst";
    BundledRecording made;
    made.name = name.ends_with(packed_ending) ? name.substr(0, name.size() - packed_ending.size()) : name;
    made.recording = begins_zstd(bytes) ? read_recording(unpacked(bytes)) : read_recording(bytes);
    made.keys = keys_of(made.recording, config);
    return made;
}

std::string settings_of(const Config& config) {
    try {
        return StateFile(config.state_dir).load().value_or(std::string());
    } catch (const std::exception&) {
        return {};
    }
}

std::string about(const std::string& left_out) {
    utsname system{};
    ::uname(&system);
    return "{\"version\":" + json_text(std::string(version::number)) +
           ",\"commit\":" + json_text(std::string(version::commit)) +
           ",\"build\":" + json_text(std::string(version::build_type)) +
           ",\"kernel\":" + json_text(std::string(system.release)) +
           ",\"machine\":" + json_text(std::string(system.machine)) + ",\"left_out\":" + json_text(left_out) +
           "}\n";
}

std::string ports_of(const BundleSources& sources) {
    std::string text = "serial ports:\n";
    for (const std::string& port : ports_by_id()) {
        text += "  " + port + "\n";
    }
    text += "meters:\n";
    for (const MeterConfig& meter : sources.config.meters) {
        text += "  " + meter.uri;
        for (const Meter& known : sources.meters) {
            if (known.config.uri == meter.uri) {
                text += "  " + known.info.serial + "  " + std::string(state_name(known)) + "  " +
                        known.info.connection;
            }
        }
        text += "\n";
    }
    return text;
}

} // namespace

std::string bundle_of(BundleSources sources) {
    BundleParts parts;
    parts.key = random_key();
    parts.time = unix_seconds();
    parts.secrets = secrets_of(sources);
    std::string left_out;
    for (auto& [name, bytes] : sources.recordings) {
        try {
            parts.recordings.push_back(bundled(name, bytes, sources.config));
        } catch (const std::exception& error) {
            left_out += (left_out.empty() ? "" : "; ") + name + ": " + error.what();
        }
        bytes = {};
    }
    parts.log = std::move(sources.log);
    parts.findings = std::move(sources.findings);
    parts.config = show_config(sources.config);
    parts.settings = settings_of(sources.config);
    parts.about = about(left_out);
    parts.ports = ports_of(sources);
    const Bytes bytes = make_bundle(std::move(parts));
    return {bytes.begin(), bytes.end()};
}

} // namespace gridbridge
