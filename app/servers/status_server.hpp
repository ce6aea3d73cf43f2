// Pages over HTTP: `/health`, `/metrics`, the page for people and what is behind it; and the client's side of
// it for the verb `health`.
#pragma once

#include "app/servers/http_answers.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/waist/log.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct StatusListen {
    Endpoint address;                         // numeric host; port 0: any free one
    std::vector<std::string> trusted_proxies; // networks whose addresses speak for many clients
};

// `status` is called on one of two threads, `views` and `live` on a third: whoever watches takes nothing from
// `/health` and `/metrics`. All may wait: connections do not wait for them.
struct ServedPages {
    PageOf status;
    PageOf views = {}; // every path but the two of status_pages.hpp; none: `status` has all
    LiveOf live = {};  // of a page of the type event_stream
};

// Answers from the constructor to the destructor, on threads of its own. Clients have limited time and places
// (places.hpp). A port in use is tried again for ever.
class StatusServer {
  public:
    static constexpr std::size_t max_clients = 64;
    static constexpr std::size_t max_clients_per_address = 16; // but for this machine and trusted proxies

    // What the pages use must outlive the server.
    StatusServer(StatusListen listen, ServedPages pages, Log log);
    ~StatusServer(); // within the time a page takes
    StatusServer(const StatusServer&) = delete;
    StatusServer& operator=(const StatusServer&) = delete;

    std::uint16_t port() const; // 0 while it cannot listen

  private:
    class Server;
    std::unique_ptr<Server> server_;
};

// Part of the reason when nothing takes the connection.
inline constexpr std::string_view nobody_listens = ": nobody listens";

// What a running service answers on `path`; code 0 and the reason as body when there is no answer.
// What is waited for.
struct FetchLimits {
    std::chrono::seconds silence{3}; // a page waits at most 2 s for the publisher
    std::chrono::seconds all{10};
    std::size_t bytes = std::size_t{4} * 1024 * 1024;
};
StatusPage fetch_status_page(const Endpoint& listen, const std::string& path, FetchLimits limits = {});

} // namespace gridbridge
