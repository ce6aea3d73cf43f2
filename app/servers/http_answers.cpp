#include "app/servers/http_answers.hpp"

#include <httplib.h>

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t max_body = 1024;

// A request that has arrived, and room for its answer, where httplib looks for a connection.
class Exchange final : public httplib::Stream {
  public:
    explicit Exchange(std::string_view request) : request_(request) {}

    bool is_readable() const override { return !request_.empty(); }
    bool is_writable() const override { return true; }
    ssize_t read(char* to, std::size_t size) override {
        const std::size_t taken = std::min(size, request_.size());
        std::copy_n(request_.begin(), taken, to);
        request_.remove_prefix(taken);
        return static_cast<ssize_t>(taken);
    }
    ssize_t write(const char* from, std::size_t size) override {
        answer_.append(from, size);
        return static_cast<ssize_t>(size);
    }
    void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
    void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const override {}
    socket_t socket() const override { return INVALID_SOCKET; }

    std::string take_answer() { return std::move(answer_); }

  private:
    std::string_view request_;
    std::string answer_;
};

void fill(httplib::Response& response, const std::optional<StatusPage>& made) {
    if (!made) {
        response.status = 404;
        response.set_content("not found: there are /health and /metrics\n", "text/plain");
        return;
    }
    response.status = made->code;
    response.set_header("Cache-Control", "no-store");
    response.set_content(made->body, made->type);
}

} // namespace

class HttpAnswers::Http final : public httplib::Server {
  public:
    explicit Http(const Page& page) {
        set_payload_max_length(max_body);
        Get(".*", [page](const httplib::Request& request, httplib::Response& response) {
            fill(response, page(request.path));
        });
    }

    std::string answer(std::string_view request) {
        Exchange exchange(request);
        bool closed = false;
        process_request(exchange, true, closed, nullptr);
        return exchange.take_answer();
    }
};

HttpAnswers::HttpAnswers(const Page& page) : http_(std::make_unique<Http>(page)) {}
HttpAnswers::~HttpAnswers() = default;

bool HttpAnswers::is_whole(std::string_view received) {
    return received.find("\r\n\r\n") != std::string_view::npos;
}

std::string HttpAnswers::answer(std::string_view request) const {
    return http_->answer(request);
}

} // namespace gridbridge
