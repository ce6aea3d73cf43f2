#include "app/servers/http_answers.hpp"

#include <string_view>

namespace gridbridge {
namespace {

enum class Body : bool { Sent, LeftOut };

std::string text_of(const StatusPage& page, std::string_view more_headers, Body body) {
    std::string text = "HTTP/1.1 " + std::to_string(page.code) + " ";
    text.append(http_reason(page.code)).append("\r\nContent-Type: ").append(page.type);
    text.append("\r\nContent-Length: ").append(std::to_string(page.body.size()));
    text.append("\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n");
    text.append(more_headers).append("\r\n");
    if (body == Body::Sent) {
        text.append(page.body);
    }
    return text;
}

} // namespace

std::string http_answer(const HttpMessage& request, const PageOf& page) {
    const bool asks_head = request.method == "HEAD";
    if (request.method != "GET" && !asks_head) {
        return text_of({405, "text/plain", "only GET and HEAD\n"}, "Allow: GET, HEAD\r\n", Body::Sent);
    }
    const std::optional<StatusPage> made = page(request.path);
    return text_of(made ? *made
                        : StatusPage{404, "text/plain", "not found: there are /health and /metrics\n"},
                   {}, asks_head ? Body::LeftOut : Body::Sent);
}

std::string http_refusal() {
    return text_of({400, "text/plain", "not a request of HTTP/1.1\n"}, {}, Body::Sent);
}

} // namespace gridbridge
