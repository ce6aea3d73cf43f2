// `/health` and `/metrics` over HTTP, and the client's side of it for the verb `health`.
#pragma once

#include "drivers/driver.hpp"
#include "drivers/text.hpp"

#include <chrono>
#include <cstdint>
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

// Answers on threads of its own from the constructor to the destructor; `page` is called there, with the
// path. It may only use what outlives every call: a client that trickles its request is left to its thread
// when the server stops, and asks no more. A port in use is tried again for ever.
class StatusServer {
  public:
    // Nothing: not found.
    using Page = std::function<std::optional<StatusPage>(const std::string& path)>;

    StatusServer(Endpoint listen, Page page, Log log);
    ~StatusServer(); // within half a second
    StatusServer(const StatusServer&) = delete;
    StatusServer& operator=(const StatusServer&) = delete;

    std::uint16_t port() const; // 0 while it cannot listen

  private:
    class Server;
    std::shared_ptr<Server> server_;
};

// What a running service answers on `path`; code 0 and the reason as body when there is no answer.
StatusPage fetch_status_page(const Endpoint& listen, const std::string& path);

} // namespace gridbridge
