// What one [[sink]] says. Reading it is pure.
#pragma once

#include "drivers/text/endpoint.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

enum class SinkKind : unsigned char { Influx, Mqtt };
std::string_view name_of(SinkKind kind); // "influx", "mqtt"

// `http://host:port/path?query`, https:// for TLS.
struct HttpUrl {
    bool tls = false;
    Endpoint at;
    std::string target; // path and query, "/write?db=gridbridge"
    std::optional<std::string> username;
    std::optional<std::string> password; // secret
};
// A port that is not given is 80, with TLS 443. Nothing: it is no such URL.
std::optional<HttpUrl> parse_http_url(std::string_view text);

struct SinkConfig {
    bool enabled = true;
    std::optional<SinkKind> kind;
    std::string name;                 // letters, digits, _ and -; empty: that of its kind
    std::string url;                  // influx: as written, without a password
    HttpUrl http;                     // influx: the same, read
    std::vector<std::string> servers; // mqtt: always with scheme, host and port
    std::chrono::seconds interval{10};
    std::uint64_t max_size = 64'000'000; // bytes
    std::string token_file;
    std::string username, password_file;
    std::string url_password; // secret, from a URL; password_file wins
    std::string ca_file, cert_file, key_file;
    bool insecure = false;
    bool gzip = true;
    std::string client_id; // empty: gridbridge-<portal id>-<name>
    std::string where;     // in the file, for messages
};

// Whether a text may be a level of a topic and a part of a routing key: letters, digits, `_` and `-`.
bool is_plain_level(std::string_view text);

// For messages, and where its queue is: "influx", or "influx-cloud" of one named "cloud".
std::string title_of(const SinkConfig& sink);

enum class SinkKeyUse : unsigned char { Both, Influx, Mqtt };
struct SinkKey {
    std::string_view name;
    SinkKeyUse use;
    std::string (*apply)(SinkConfig& sink, std::string_view text); // error text, or empty
    std::string (*show)(const SinkConfig& sink);                   // as TOML; no secrets
};
std::span<const SinkKey> sink_keys();
bool uses(const SinkConfig& sink, const SinkKey& key);

// What needs the whole table to see.
std::vector<std::string> check_sink(const SinkConfig& sink);
// The table, secrets left out.
std::string show_sink(const SinkConfig& sink);

} // namespace gridbridge
