// HTTP/1.1 without a socket: the bytes of a request in, the bytes of the answer out. What is HTTP about it is
// cpp-httplib's.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

struct StatusPage {
    int code = 200; // of HTTP
    std::string type;
    std::string body;
};

// GET and HEAD of pages, each over a connection of its own. Any thread, also several at once, as far as
// `page` allows it.
class HttpAnswers {
  public:
    static constexpr std::size_t max_request = 8192; // bytes, with all header lines
    // Nothing: not found.
    using Page = std::function<std::optional<StatusPage>(const std::string& path)>;

    explicit HttpAnswers(const Page& page);
    ~HttpAnswers();
    HttpAnswers(const HttpAnswers&) = delete;
    HttpAnswers& operator=(const HttpAnswers&) = delete;

    // True when `received` holds all header lines; bodies are of no interest.
    static bool is_whole(std::string_view received);
    // The bytes to send before the connection is closed; what is no request gets an error of HTTP.
    std::string answer(std::string_view request) const;

  private:
    class Http;
    std::unique_ptr<Http> http_;
};

} // namespace gridbridge
