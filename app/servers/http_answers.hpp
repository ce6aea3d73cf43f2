// What an HTTP server answers: a request in, the bytes of the answer out.
#pragma once

#include "app/servers/http_reader.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

struct StatusPage {
    int code = 200; // of HTTP
    std::string type;
    std::string body;
    std::string headers = {}; // further ones, each with its CRLF
    // Called once, when the client has the answer or is gone; any thread.
    std::function<void()> then = {};
};

// The type of a page that goes on: its body is the first of many events (server-sent events of HTML).
inline constexpr std::string_view event_stream = "text/event-stream";

// Text of server-sent events: everything, for who has just come, and what has changed since this was asked
// last.
struct LiveTexts {
    std::string all; // empty unless asked for
    std::string changes;
};
using LiveOf = std::function<LiveTexts(bool wants_all)>;

// Nothing: not found, or no such method there.
using PageOf = std::function<std::optional<StatusPage>(const HttpMessage& request)>;

// Bytes of a request, with all header lines and its body.
constexpr std::size_t max_http_request = 8192;

// To a whole request: GET, HEAD and POST of pages, each over a connection of its own. Any thread, also
// several at once, as far as `page` allows it.
std::string http_answer(const HttpMessage& request, const PageOf& page);
// The page of that request, "not found" included, and its bytes.
StatusPage page_for(const HttpMessage& request, const PageOf& page);
std::string http_text(const HttpMessage& request, const StatusPage& page);

// To what is no request.
std::string http_refusal();

} // namespace gridbridge
