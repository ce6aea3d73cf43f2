#include "app/servers/http_answers.hpp"

#include <string_view>

namespace gridbridge {
namespace {

constexpr std::string_view no_store = "Cache-Control: no-store\r\n";

std::string head_of(const StatusPage& page) {
    std::string text = "HTTP/1.1 " + std::to_string(page.code) + " ";
    text.append(http_reason(page.code)).append("\r\nContent-Type: ").append(page.type).append("\r\n");
    if (page.type != event_stream) {
        text.append("Content-Length: ").append(std::to_string(page.body.size())).append("\r\n");
    }
    if (page.headers.find("Cache-Control:") == std::string::npos) {
        text.append(no_store);
    }
    return text.append("X-Content-Type-Options: nosniff\r\nConnection: close\r\n")
        .append(page.headers)
        .append("\r\n");
}

StatusPage wrong_method() {
    return {405, "text/plain", "only GET and HEAD\n", "Allow: GET, HEAD\r\n"};
}

} // namespace

StatusPage page_for(const HttpMessage& request, const PageOf& page) {
    const bool only_reads = request.method == "GET" || request.method == "HEAD";
    if (!only_reads && request.method != "POST") {
        return wrong_method();
    }
    std::optional<StatusPage> made = page(request);
    if (made) {
        return *std::move(made);
    }
    return only_reads ? StatusPage{404, "text/plain",
                                   "not found: there are /, /api/meters, /health, /findings and /metrics\n"}
                      : wrong_method();
}

std::string http_text(const HttpMessage& request, const StatusPage& page) {
    return request.method == "HEAD" ? head_of(page) : head_of(page) + page.body;
}

std::string http_answer(const HttpMessage& request, const PageOf& page) {
    return http_text(request, page_for(request, page));
}

std::string http_refusal() {
    const StatusPage page{400, "text/plain", "not a request of HTTP/1.1\n"};
    return head_of(page) + page.body;
}

} // namespace gridbridge
