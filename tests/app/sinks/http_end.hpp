// An HTTP server that answers, or fails, as a test wants it.
#pragma once

#include "drivers/io/descriptor.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace gridbridge {

struct HttpAsked {
    std::string head;
    std::string lines; // the body, unpacked
    bool was_packed = false;
};

// What becomes of a request: a whole answer, "" to close without one, or "hang" to say nothing until the
// client leaves.
using HttpAnswerer = std::function<std::string(const HttpAsked& asked)>;

std::string http_answer(int status, const std::string& more_headers = {}, const std::string& body = {});

// On 127.0.0.1; takes one connection after the other.
class HttpEnd {
  public:
    // `answer` runs on a thread of the server. `accepts`: whether a connection is taken, or closed at once.
    explicit HttpEnd(
        HttpAnswerer answer, std::function<bool()> accepts = [] { return true; });
    ~HttpEnd();
    HttpEnd(const HttpEnd&) = delete;
    HttpEnd& operator=(const HttpEnd&) = delete;

    std::uint16_t port() const { return port_; }

  private:
    void run(const std::stop_token& stop);
    void serve(int client, const std::stop_token& stop);

    HttpAnswerer answer_;
    std::function<bool()> accepts_;
    Descriptor listener_;
    std::uint16_t port_ = 0;
    std::jthread thread_;
};

} // namespace gridbridge
