#include "app/page/page.hpp"

#include "app/page/json_page.hpp"
#include "app/page/meter_write.hpp"
#include "app/page/meters_json.hpp"
#include "app/web/web_files.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/topics.hpp"

#include <chrono>
#include <exception>
#include <limits>
#include <variant>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto publisher_patience = 2s;
constexpr auto write_patience = 2s; // for the publisher to carry it out
constexpr const char* publisher_stuck =
    "the publisher does not answer: it is stuck, or the service is stopping";
constexpr auto write_look_again = 50ms;
constexpr std::string_view api_root = "/api/";
constexpr std::string_view meters_root = "meters/";
constexpr std::string_view incidents_root = "incidents/";
constexpr std::string_view minutes_key = "minutes=";

// Nothing of ours comes from elsewhere, and no other site may frame the page (a proxy of Home Assistant is
// the same site).
constexpr const char* file_headers = "Content-Security-Policy: default-src 'self'; style-src 'self' "
                                     "'unsafe-inline'; frame-ancestors 'self'\r\n"
                                     "Referrer-Policy: no-referrer\r\nCache-Control: no-cache\r\n";

std::optional<StatusPage> file_page(const HttpMessage& request) {
    const auto file = find_web_file(request.path);
    if (!file || request.method == "POST") {
        return std::nullopt;
    }
    const std::string tag = "\"" + file->tag + "\"";
    std::string headers = file_headers + ("ETag: " + tag + "\r\n");
    if (request.header("if-none-match") == tag) {
        return StatusPage{304, std::string(file->type), {}, std::move(headers)};
    }
    return StatusPage{200, std::string(file->type), std::string(file->bytes), std::move(headers)};
}

} // namespace

AccessRules Page::rules() const {
    AccessRules rules = options_.access;
    rules.has_password = options_.password && !options_.password().empty();
    return rules;
}

std::optional<StatusPage> Page::answer(const HttpMessage& request) {
    if (!is_host_allowed(request, options_.access)) {
        return failure(403, "this name is not known here: ask by address, or add the name to [status] hosts");
    }
    if (request.path.starts_with(api_root)) {
        return api(request, std::string_view(request.path).substr(api_root.size()));
    }
    return file_page(request);
}

std::optional<StatusPage> Page::api(const HttpMessage& request, std::string_view name) {
    if (name.starts_with(meters_root)) {
        const std::string serial = percent_decoded(name.substr(meters_root.size()));
        return request.method == "POST" ? change(request, serial) : one_meter(serial);
    }
    if (is_set_up_path(name)) {
        return set_up(request, name);
    }
    if (request.method == "POST") {
        return name == "load_test" ? std::optional(load_test(request)) : std::nullopt;
    }
    if (name == "meters") {
        return all_meters();
    }
    if (name == "events") {
        return StatusPage{200, std::string(event_stream), "retry: 1000\n\n", "X-Accel-Buffering: no\r\n"};
    }
    if (name == "history") {
        return options_.history ? options_.history(request.query)
                                : failure(404, "there is no history: [history] enabled is false");
    }
    if (name == "incidents") {
        return json_page((options_.incidents ? options_.incidents() : "[]") + "\n");
    }
    if (name == "bundle") {
        return bundle(request);
    }
    if (name.starts_with(incidents_root)) {
        return incident(request, name.substr(incidents_root.size()));
    }
    if (name == "access") {
        return access(request);
    }
    return name == "log" ? std::optional(log(request)) : std::nullopt;
}

StatusPage Page::all_meters() {
    const auto view = board_.ask(publisher_patience);
    return view ? json_page(meters_json(*view, options_.portal_id, Clock::now()))
                : failure(503, publisher_stuck);
}

StatusPage Page::one_meter(const std::string& serial) {
    const auto view = board_.ask(publisher_patience);
    if (!view) {
        return failure(503, publisher_stuck);
    }
    const auto now = Clock::now();
    const Meter* const meter = find_meter(*view, serial);
    return meter == nullptr
               ? failure(404, "no meter has this serial number")
               : json_page(with_age(meter_json(*meter, options_.portal_id, now), age_ms(*meter, now)) + "\n");
}

// What whoever asks may do, without a dialogue.
StatusPage Page::access(const HttpMessage& request) {
    const AccessRules rules = this->rules();
    const bool may_change = rules.has_password || is_behind_proxy(request, rules);
    return json_page(std::string(R"({"may_change":)") + (may_change ? "true" : "false") + "}\n");
}

std::optional<StatusPage> Page::refusal(const HttpMessage& request) {
    const AccessRules rules = this->rules();
    if (is_behind_proxy(request, rules)) {
        return std::nullopt;
    }
    const auto now = Clock::now();
    switch (gate_.check(request.from, basic_password(request.header("authorization")),
                        rules.has_password ? options_.password() : std::string(), now)) {
    case Entry::Open:
        return std::nullopt;
    case Entry::TooSoon: {
        const std::string wait = std::to_string(gate_.pause(request.from, now).count());
        return failure(429, "too many wrong passwords: wait " + wait + " s", "Retry-After: " + wait + "\r\n");
    }
    case Entry::Wrong:
        break;
    }
    return failure(401, "the password of [status] password_file is needed, with any user name",
                   "WWW-Authenticate: Basic realm=\"gridbridge\", charset=\"UTF-8\"\r\n");
}

std::optional<StatusPage> Page::private_refusal(const HttpMessage& request, std::string_view what) {
    if (is_local(request)) {
        return std::nullopt;
    }
    const AccessRules rules = this->rules();
    if (!rules.has_password && !is_behind_proxy(request, rules)) {
        return failure(403, std::string(what) + " is shown on this machine, or with a password: set [status] "
                                                "password_file");
    }
    return refusal(request);
}

std::optional<StatusPage> Page::change_refusal(const HttpMessage& request) {
    const std::string reason = why_no_change(request, rules());
    return reason.empty() ? refusal(request) : failure(403, reason);
}

StatusPage Page::log(const HttpMessage& request) {
    if (auto refused = private_refusal(request, "the log")) {
        return *std::move(refused);
    }
    return json_page(options_.log_json ? options_.log_json() : "[]\n");
}

StatusPage Page::bundle(const HttpMessage& request) {
    if (auto refused = private_refusal(request, "a bundle for a bug report")) {
        return *std::move(refused);
    }
    if (!options_.bundle) {
        return failure(404, "this service makes no bundles");
    }
    std::string_view minutes = request.query;
    minutes.remove_prefix(minutes.starts_with(minutes_key) ? minutes_key.size() : 0);
    const auto time = minutes.empty() ? std::optional(usual_bundle_minutes) : parse_integer(minutes);
    if (!time || *time < 1 || *time > most_bundle_minutes) {
        return failure(400,
                       "minutes must be a whole number from 1 to " + std::to_string(most_bundle_minutes));
    }
    try {
        return {200, "application/zstd", options_.bundle(std::chrono::minutes(*time)),
                "Content-Disposition: attachment; filename=\"gridbridge-bundle.tar.zst\"\r\n"};
    } catch (const std::exception& error) {
        return failure(503, error.what());
    }
}

StatusPage Page::incident(const HttpMessage& request, std::string_view id) {
    if (auto refused = private_refusal(request, "what was recorded")) {
        return *std::move(refused);
    }
    const auto number = parse_integer(id);
    auto recording = number && *number > 0 && *number <= std::numeric_limits<int>::max() && options_.incident
                         ? options_.incident(static_cast<unsigned>(*number))
                         : std::nullopt;
    if (!recording) {
        return failure(404, "no incident has this number: /api/incidents lists them");
    }
    return {200, "application/zstd", *std::move(recording),
            "Content-Disposition: attachment; filename=\"incident-" + std::string(id) + ".pcapng.zst\"\r\n"};
}

StatusPage Page::change(const HttpMessage& request, const std::string& serial) {
    if (auto refused = change_refusal(request)) {
        return *std::move(refused);
    }
    return answer_to_write(serial, request.body);
}

// What becomes of it is told by the events.
StatusPage Page::load_test(const HttpMessage& request) {
    if (auto refused = change_refusal(request)) {
        return *std::move(refused);
    }
    const std::string topic = load_test_topic(options_.portal_id) + "/set";
    options_.write({topic, request.body == "{}" ? std::string() : request.body});
    return json_page(R"({"written":)" + json_text(topic) + "}\n");
}

std::optional<StatusPage> Page::set_up(const HttpMessage& request, std::string_view name) {
    if (!options_.set_up) {
        return std::nullopt;
    }
    auto refused =
        request.method == "POST" ? change_refusal(request) : private_refusal(request, "the set-up");
    return refused ? std::move(refused) : options_.set_up->answer(request, name);
}

StatusPage Page::answer_to_write(const std::string& serial, const std::string& body) {
    auto view = board_.ask(publisher_patience);
    const Meter* meter = view ? find_meter(*view, serial) : nullptr;
    if (meter == nullptr) {
        return view ? failure(404, "no meter has this serial number") : failure(503, publisher_stuck);
    }
    auto made = meter_write(*meter, options_.portal_id, body);
    if (const auto* const reason = std::get_if<std::string>(&made)) {
        return failure(400, *reason);
    }
    const std::string topic = std::get<Message>(made).topic;
    options_.write(std::get<Message>(std::move(made)));
    const auto until = Clock::now() + write_patience;
    do {
        view = board_.ask(publisher_patience);
        meter = view ? find_meter(*view, serial) : nullptr;
        if (meter != nullptr && shows_written(*meter, body)) {
            return json_page(R"({"written":)" + json_text(topic) + "}\n");
        }
    } while (view && Clock::now() < until && board_.pause(write_look_again));
    return failure(409,
                   "not taken: the meter does not allow this value (mqtt/README.md, What clients may write)");
}

LiveTexts Page::live(bool wants_all) {
    const auto view = board_.ask(publisher_patience);
    if (!view) {
        const std::string text = LiveMeters::stuck(publisher_stuck);
        return {text, text};
    }
    const auto now = Clock::now();
    return {wants_all ? live_.all(*view, now) : std::string(), live_.changes(*view, now)};
}

} // namespace gridbridge
