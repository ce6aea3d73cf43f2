#include "app/sinks/http_connection.hpp"

#include "app/servers/http_reader.hpp"
#include "app/sinks/tls_line.hpp"
#include "drivers/io/link_lost.hpp"

#include <array>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t longest_answer = std::size_t{64} * 1024;

} // namespace

HttpConnection::HttpConnection(HttpPlace place) : place_(std::move(place)) {}
HttpConnection::~HttpConnection() = default;

void HttpConnection::close() {
    line_.reset();
}

HttpAnswer HttpConnection::ask(std::string_view head, std::string_view body, Clock::time_point deadline,
                               const StopWait& wait) {
    const bool was_open = line_ != nullptr;
    bool was_answered = false;
    try {
        return try_once(head, body, deadline, wait, was_answered);
    } catch (const LinkLost&) {
        line_.reset();
        if (!was_open || was_answered || Clock::now() >= deadline) {
            throw;
        }
    } catch (...) {
        line_.reset();
        throw;
    }
    try { // the server has ended the idle connection: points carry their time, so asking twice does no harm
        return try_once(head, body, deadline, wait, was_answered);
    } catch (...) {
        line_.reset();
        throw;
    }
}

// A server that does not want the body answers before it has read it, and closes: its answer counts.
void HttpConnection::send(std::string_view head, std::string_view body, Clock::time_point deadline,
                          const StopWait& wait) {
    line_->write(std::string(head) + "\r\n", deadline, wait);
    try {
        line_->write(body, deadline, wait);
    } catch (const LinkLost&) { // reading tells what there is to tell
    }
}

HttpAnswer HttpConnection::try_once(std::string_view head, std::string_view body, Clock::time_point deadline,
                                    const StopWait& wait, bool& was_answered) {
    if (!line_) {
        line_ = std::make_unique<TlsLine>(place_, deadline, wait);
    }
    send(head, body, deadline, wait);
    HttpReader reader(HttpReader::Kind::Response, longest_answer);
    std::array<char, 4096> buffer{};
    HttpReader::State state = HttpReader::State::Incomplete;
    while (state == HttpReader::State::Incomplete) {
        const std::size_t size = line_->read(buffer, deadline, wait);
        was_answered = was_answered || size > 0;
        state = size > 0 ? reader.take({buffer.data(), size}) : reader.end();
        if (size == 0) {
            break;
        }
    }
    if (state != HttpReader::State::Whole) {
        throw LinkLost(was_answered ? "it does not answer as a web server does: check url"
                                    : "the connection ended without an answer: does the store run, and does "
                                      "url begin with https:// if it wants TLS?");
    }
    const HttpMessage& answer = reader.message();
    if (answer.header("connection") == "close") {
        line_.reset();
    }
    return {answer.status, std::string(answer.header("retry-after")), answer.body};
}

} // namespace gridbridge
