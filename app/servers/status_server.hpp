// `/health` and `/metrics` over HTTP, and the client's side of it for the verb `health`.
#pragma once

#include "app/servers/http_answers.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/waist/log.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

struct StatusListen {
    Endpoint address;                         // numeric host; port 0: any free one
    std::vector<std::string> trusted_proxies; // networks whose addresses speak for many clients
};

// Answers from the constructor to the destructor, on threads of its own; `page` is called on one of two, with
// the path, and may wait: connections do not wait for it. Clients have limited time and places (places.hpp).
// A port in use is tried again for ever.
class StatusServer {
  public:
    static constexpr std::size_t max_clients = 64;
    static constexpr std::size_t max_clients_per_address = 16; // but for this machine and trusted proxies

    // `page` and what it uses must outlive the server.
    StatusServer(StatusListen listen, const PageOf& page, Log log);
    ~StatusServer(); // within the time a page takes
    StatusServer(const StatusServer&) = delete;
    StatusServer& operator=(const StatusServer&) = delete;

    std::uint16_t port() const; // 0 while it cannot listen

  private:
    class Server;
    std::unique_ptr<Server> server_;
};

// What a running service answers on `path`; code 0 and the reason as body when there is no answer.
StatusPage fetch_status_page(const Endpoint& listen, const std::string& path);

} // namespace gridbridge
