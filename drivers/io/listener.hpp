// Listening: an address that is tried until it can be had, and TCP clients up to a limit. Only for the
// servers that own an io_context.
#pragma once

#include "drivers/io/once_a_minute.hpp"
#include "drivers/io/places.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/text.hpp"
#include "drivers/waist/log.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

using LogLine = std::function<void(LogLevel level, const std::string& text)>;

struct ListenOptions {
    Endpoint address;                     // numeric host; port 0: any free one
    std::string setting;                  // that names it, for error texts: "[gx] listen"
    std::string promise = "trying again"; // end of the error text
    Places::Limits places = {};
    std::vector<std::string> trusted_proxies = {}; // networks whose addresses speak for many clients
};

// Binds at once, then every 5 s until it works: the address may come later (DHCP, VPN) or be in use. An error
// is logged once as error, and on debug as long as it stays the same. All on the thread that runs `io`, which
// must have ended before this does.
class BindRetry {
  public:
    // Binds a socket; the error tells why not.
    using Bind = std::function<asio::error_code(const asio::ip::address& address, std::uint16_t port)>;

    BindRetry(asio::io_context& io, ListenOptions options, LogLine log);
    // `bound` is called when `bind` has worked, perhaps before this returns.
    void start(Bind bind, std::function<void()> bound);

    const Endpoint& address() const { return options_.address; }

  private:
    void attempt();

    ListenOptions options_;
    LogLine log_;
    Bind bind_;
    std::function<void()> bound_;
    std::string last_failure_;
    asio::steady_timer timer_;
};

struct Accepted {
    asio::ip::tcp::socket socket; // with TCP_NODELAY
    std::string address;          // "192.168.1.7"; IPv4 in the form of IPv6 is written as IPv4
    Place place;                  // to be kept as long as the socket, told when it is served
};

// What the owner of a listener does.
struct ListenCalls {
    LogLine log;
    std::function<void(std::uint16_t port)> listening = [](std::uint16_t) {};
    std::function<void(Accepted client)> accepted;
    std::function<void(Places::Id id)> leave = [](Places::Id) {}; // closes that client, which makes room
};

// A client that was accepted, and what the process has.
struct ClientDescriptor {
    std::size_t number = 0;  // of its descriptor: the lowest that was free
    std::size_t limit = 0;   // of numbers, RLIMIT_NOFILE
    std::size_t clients = 0; // of all listeners, before it
};

// Clients together have at most half of the descriptors and 512, and none of the last quarter: meters and
// brokers always find theirs, however many there are. Pure.
bool may_be_a_client(const ClientDescriptor& client);

// Accepts TCP clients; where places are limited each new one takes another's, as Places says. A client that
// would take a descriptor that meters and the broker may need is closed at once. Of both, and of clients that
// cannot be accepted (no descriptor left), the log hears once a minute. Threads as with BindRetry.
class Listener {
  public:
    Listener(asio::io_context& io, const ListenOptions& options, ListenCalls calls);

    void start();          // as BindRetry
    void start_or_throw(); // one attempt; throws std::system_error

    asio::ip::tcp::endpoint endpoint() const; // bound to; port 0 while it is not

  private:
    asio::error_code bind(const asio::ip::address& address, std::uint16_t port);
    void bound();
    void accept();
    void take(asio::ip::tcp::socket socket);
    void warn_rarely(OnceAMinute& warning, const std::string& text) const;
    void pause_after(const asio::error_code& error);

    BindRetry retry_;
    ListenCalls calls_;
    Places::Limits limits_;
    std::vector<std::string> trusted_proxies_;
    std::shared_ptr<Places> places_;
    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer timer_;
    OnceAMinute crowds_;
    OnceAMinute shortages_;
    OnceAMinute failures_;
};

} // namespace gridbridge
