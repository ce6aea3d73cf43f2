// What an HTTP server answers: a request in, the bytes of the answer out.
#pragma once

#include "app/servers/http_reader.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

namespace gridbridge {

struct StatusPage {
    int code = 200; // of HTTP
    std::string type;
    std::string body;
};

// Nothing: not found.
using PageOf = std::function<std::optional<StatusPage>(const std::string& path)>;

// Bytes of a request, with all header lines and its body.
constexpr std::size_t max_http_request = 8192;

// To a whole request: GET and HEAD of pages, each over a connection of its own. Any thread, also several at
// once, as far as `page` allows it.
std::string http_answer(const HttpMessage& request, const PageOf& page);

// To what is no request.
std::string http_refusal();

} // namespace gridbridge
