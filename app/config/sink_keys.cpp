#include "app/config/broker_url.hpp"
#include "app/config/sink_config.hpp"
#include "drivers/text/byte_size.hpp"
#include "drivers/text/choice.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/outlet/payload.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

using SinkText = std::string_view;
using enum SinkKeyUse;

constexpr Names<SinkKind, 2> kind_names{{{"influx", SinkKind::Influx}, {"mqtt", SinkKind::Mqtt}}};
constexpr std::string_view of_http = "http://";
constexpr std::string_view of_https = "https://";

std::string keep(SinkText text, std::string& target) {
    target = text;
    return {};
}

std::string keep_flag(SinkText text, bool& target) {
    if (text != "true" && text != "false") {
        return "must be true or false";
    }
    target = text == "true";
    return {};
}

bool is_plain_name(SinkText text) {
    constexpr std::size_t longest = 32;
    return text.size() <= longest && (text.empty() || is_plain_level(text));
}

std::string take_kind(SinkText text, SinkConfig& sink) {
    SinkKind kind{};
    std::string problem = take_name(kind_names, text, kind);
    if (problem.empty()) {
        sink.kind = kind;
    }
    return problem;
}

std::string take_sink_name(SinkText text, SinkConfig& sink) {
    return is_plain_name(text) ? keep(text, sink.name)
                               : "must be up to 32 letters, digits, _ and -: it names a folder";
}

std::string take_url(SinkText text, SinkConfig& sink) {
    auto url = parse_http_url(text);
    if (!url) {
        return R"(is not a URL as in "http://127.0.0.1:8086/write?db=gridbridge")";
    }
    if (url->target == "/") {
        return "needs the path of the store: /write?db=NAME, /api/v2/write?org=ORG&bucket=NAME or "
               "/api/v3/write_lp?db=NAME";
    }
    for (const SinkText part : split(SinkText(url->target).substr(url->target.find('?') + 1), '&')) {
        if (part.starts_with("precision=") && part != "precision=ns" && part != "precision=nanosecond") {
            return "must have no precision: times are nanoseconds";
        }
        if (part.starts_with("p=") || part.starts_with("token=")) {
            return "must have no password: name a file with it in password_file or token_file";
        }
    }
    sink.username = url->username.value_or(sink.username);
    sink.url_password = url->password.value_or(std::string());
    sink.url = (url->tls ? of_https : of_http);
    sink.url += to_text(url->at) + url->target;
    sink.http = std::move(*url);
    return {};
}

std::string take_uplinks(SinkText text, SinkConfig& sink) {
    std::vector<std::string> servers;
    for (const SinkText part : split(text, ',')) {
        const auto url = parse_broker_url(trim(part));
        if (!url) {
            return "has " + in_quotes(without_password(trim(part))) +
                   ", which is not a host, host:port, mqtt:// or mqtts:// URL";
        }
        sink.username = url->username.value_or(sink.username);
        sink.url_password = url->password.value_or(sink.url_password);
        servers.push_back(url->server);
    }
    sink.servers = std::move(servers);
    return {};
}

std::string take_sink_interval(SinkText text, SinkConfig& sink) {
    constexpr int longest = 3600;
    const auto seconds = parse_integer(text);
    if (!seconds || *seconds < 1 || *seconds > longest) {
        return "must be a whole number from 1 to 3600";
    }
    sink.interval = std::chrono::seconds(*seconds);
    return {};
}

std::string take_max_size(SinkText text, SinkConfig& sink) {
    constexpr std::uint64_t smallest = 1'000'000;
    constexpr std::uint64_t largest = 100'000'000'000;
    const auto size = parse_byte_size(text);
    if (!size || *size < smallest || *size > largest) {
        return "must be a size from \"1 MB\" to \"100 GB\"";
    }
    sink.max_size = *size;
    return {};
}

std::string text_list(const std::vector<std::string>& entries) {
    std::string text = "[";
    for (const std::string& entry : entries) {
        text += (text.size() > 1 ? ", " : "") + json_text(entry);
    }
    return text + "]";
}

std::string shown(bool value) {
    return value ? "true" : "false";
}

using S = SinkConfig;

constexpr auto sink_key_table = std::to_array<SinkKey>({
    {"kind", Both, [](S& s, SinkText t) { return take_kind(t, s); },
     [](const S& s) { return json_text(s.kind ? name_of(*s.kind) : ""); }},
    {"name", Both, [](S& s, SinkText t) { return take_sink_name(t, s); },
     [](const S& s) { return json_text(s.name); }},
    {"enabled", Both, [](S& s, SinkText t) { return keep_flag(t, s.enabled); },
     [](const S& s) { return shown(s.enabled); }},
    {"url", Influx, [](S& s, SinkText t) { return take_url(t, s); },
     [](const S& s) { return json_text(s.url); }},
    {"servers", Mqtt, [](S& s, SinkText t) { return take_uplinks(t, s); },
     [](const S& s) { return text_list(s.servers); }},
    {"interval", Both, [](S& s, SinkText t) { return take_sink_interval(t, s); },
     [](const S& s) { return std::to_string(s.interval.count()); }},
    {"max_size", Both, [](S& s, SinkText t) { return take_max_size(t, s); },
     [](const S& s) { return json_text(byte_size_text(s.max_size)); }},
    {"token_file", Influx, [](S& s, SinkText t) { return keep(t, s.token_file); },
     [](const S& s) { return json_text(s.token_file); }},
    {"username", Both, [](S& s, SinkText t) { return keep(t, s.username); },
     [](const S& s) { return json_text(s.username); }},
    {"password_file", Both, [](S& s, SinkText t) { return keep(t, s.password_file); },
     [](const S& s) { return json_text(s.password_file); }},
    {"ca_file", Both, [](S& s, SinkText t) { return keep(t, s.ca_file); },
     [](const S& s) { return json_text(s.ca_file); }},
    {"cert_file", Both, [](S& s, SinkText t) { return keep(t, s.cert_file); },
     [](const S& s) { return json_text(s.cert_file); }},
    {"key_file", Both, [](S& s, SinkText t) { return keep(t, s.key_file); },
     [](const S& s) { return json_text(s.key_file); }},
    {"insecure", Both, [](S& s, SinkText t) { return keep_flag(t, s.insecure); },
     [](const S& s) { return shown(s.insecure); }},
    {"gzip", Influx, [](S& s, SinkText t) { return keep_flag(t, s.gzip); },
     [](const S& s) { return shown(s.gzip); }},
    {"client_id", Mqtt, [](S& s, SinkText t) { return keep(t, s.client_id); },
     [](const S& s) { return json_text(s.client_id); }},
});

std::vector<std::string> check_influx(const SinkConfig& sink) {
    std::vector<std::string> problems;
    if (sink.url.empty()) {
        problems.emplace_back(R"(needs url, as in "http://127.0.0.1:8086/write?db=gridbridge")");
    }
    if (!sink.token_file.empty() && !sink.username.empty()) {
        problems.emplace_back("has token_file and username: a store wants one of them");
    }
    return problems;
}

} // namespace

bool is_plain_level(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-';
    });
}

std::string_view name_of(SinkKind kind) {
    return name_in(kind_names, kind);
}

std::optional<HttpUrl> parse_http_url(std::string_view text) {
    HttpUrl url;
    url.tls = text.starts_with(of_https);
    if (!url.tls && !text.starts_with(of_http)) {
        return std::nullopt;
    }
    text.remove_prefix((url.tls ? of_https : of_http).size());
    const bool is_printable =
        std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 0x7F; });
    const auto path = std::min(text.find_first_of("/?#"), text.size());
    std::string_view place = text.substr(0, path);
    url.target = text.substr(path, text.find('#', path) - path);
    if (!url.target.starts_with('/')) {
        url.target.insert(0, "/");
    }
    if (const auto at = place.rfind('@'); at != std::string_view::npos) {
        const std::string_view login = place.substr(0, at);
        const auto colon = std::min(login.find(':'), login.size());
        url.username = percent_decoded(login.substr(0, colon));
        if (colon < login.size()) {
            url.password = percent_decoded(login.substr(colon + 1));
        }
        place.remove_prefix(at + 1);
    }
    const auto endpoint = parse_endpoint(place, url.tls ? 443 : 80); // RFC 9110, 4.2
    if (!endpoint || !is_printable) {
        return std::nullopt;
    }
    url.at = *endpoint;
    return url;
}

std::string title_of(const SinkConfig& sink) {
    const std::string kind(sink.kind ? name_of(*sink.kind) : "?");
    return sink.name.empty() ? kind : kind + "-" + sink.name;
}

std::span<const SinkKey> sink_keys() {
    return sink_key_table;
}

bool uses(const SinkConfig& sink, const SinkKey& key) {
    return key.use == Both || !sink.kind || (key.use == Influx) == (*sink.kind == SinkKind::Influx);
}

std::vector<std::string> check_sink(const SinkConfig& sink) {
    if (!sink.kind) {
        return {R"([[sink]] needs kind = "influx" or kind = "mqtt")"};
    }
    std::vector<std::string> problems;
    if (*sink.kind == SinkKind::Influx) {
        problems = check_influx(sink);
    } else if (sink.servers.empty()) {
        problems.emplace_back(R"(needs servers, as in ["mqtts://broker.example.net:8883"])");
    }
    if (sink.cert_file.empty() != sink.key_file.empty()) {
        problems.emplace_back("cert_file and key_file belong together: set both");
    }
    if (sink.username.empty() && !sink.password_file.empty()) {
        problems.emplace_back("password_file needs username");
    }
    for (std::string& problem : problems) {
        problem.insert(0, "[[sink]] " + title_of(sink) + ": ");
    }
    return problems;
}

std::string show_sink(const SinkConfig& sink) {
    std::string text = "\n[[sink]]\n";
    for (const SinkKey& key : sink_keys()) {
        if (uses(sink, key)) {
            text.append(key.name).append(" = ").append(key.show(sink)).append("\n");
        }
    }
    return text;
}

} // namespace gridbridge
