#include "drivers/io/listener.hpp"

#include "drivers/text/endpoint.hpp"
#include "drivers/text/network.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <system_error>
#include <utility>

#include <sys/resource.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using asio::error_code;
using asio::ip::tcp;

constexpr auto bind_pause = 5s;
constexpr auto accept_pause = 200ms;

constexpr std::size_t most_clients = 512; // of all listeners
constexpr std::size_t usual_limit = 1024;

std::size_t descriptor_limit() {
    rlimit limit{};
    // More than fits is "no limit" on a 32-bit machine.
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0
               ? static_cast<std::size_t>(
                     std::min<rlim_t>(limit.rlim_cur, std::numeric_limits<std::size_t>::max()))
               : usual_limit;
}

// Empty when it has gone already.
std::string peer_address(const tcp::socket& socket) {
    error_code error;
    const auto address = socket.remote_endpoint(error).address();
    if (error) {
        return {};
    }
    const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
    return mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string()
                  : address.to_string();
}

} // namespace

bool may_be_a_client(const ClientDescriptor& client) {
    return client.clients < std::min(client.limit / 2, most_clients) &&
           client.number < client.limit - client.limit / 4;
}

BindRetry::BindRetry(asio::io_context& io, ListenOptions options, LogLine log)
    : options_(std::move(options)), log_(std::move(log)), timer_(io) {}

void BindRetry::start(Bind bind, std::function<void()> bound) {
    bind_ = std::move(bind);
    bound_ = std::move(bound);
    attempt();
}

void BindRetry::attempt() {
    error_code error;
    const auto address = asio::ip::make_address(options_.address.host, error);
    if (!error) {
        error = bind_(address, options_.address.port);
    }
    if (!error) {
        last_failure_.clear();
        bound_();
        return;
    }
    std::string failure = why_not_listening(options_.address, error, options_.setting);
    log_(failure == last_failure_ ? LogLevel::Debug : LogLevel::Error, failure + "; " + options_.promise);
    last_failure_ = std::move(failure);
    timer_.expires_after(bind_pause);
    timer_.async_wait([this](const error_code& cancelled) {
        if (!cancelled) {
            attempt();
        }
    });
}

Listener::Listener(asio::io_context& io, const ListenOptions& options, ListenCalls calls)
    : retry_(io, options, calls.log), calls_(std::move(calls)), limits_(options.places),
      trusted_proxies_(options.trusted_proxies), places_(std::make_shared<Places>(options.places)),
      acceptor_(io), timer_(io) {}

void Listener::start() {
    retry_.start([this](const auto& address, std::uint16_t port) { return bind(address, port); },
                 [this] { bound(); });
}

void Listener::start_or_throw() {
    const Endpoint& where = retry_.address();
    if (const error_code error = bind(asio::ip::make_address(where.host), where.port)) {
        throw std::system_error(error, "bind");
    }
    bound();
}

error_code Listener::bind(const asio::ip::address& address, std::uint16_t port) {
    const tcp::endpoint endpoint(address, port);
    error_code error;
    error_code ignored;
    acceptor_.close(ignored); // NOLINT(bugprone-unused-return-value)
    // Each step only when the one before succeeded.
    if (acceptor_.open(endpoint.protocol(), error) ||
        acceptor_.set_option(asio::socket_base::reuse_address(true), error) ||
        acceptor_.bind(endpoint, error) ||
        acceptor_.listen(asio::socket_base::max_listen_connections, error)) {
        acceptor_.close(ignored); // NOLINT(bugprone-unused-return-value)
    }
    return error;
}

void Listener::bound() {
    calls_.listening(endpoint().port());
    accept();
}

void Listener::accept() {
    acceptor_.async_accept([this](const error_code& error, tcp::socket socket) {
        if (error == asio::error::operation_aborted) {
            return;
        }
        if (error) {
            pause_after(error);
            return;
        }
        accept(); // first: whatever becomes of this client, the next is accepted
        take(std::move(socket));
    });
}

void Listener::take(tcp::socket socket) {
    if (!may_be_a_client(
            {static_cast<std::size_t>(socket.native_handle()), descriptor_limit(), Place::in_all()})) {
        warn_rarely(shortages_, "refuses a client: the other descriptors are for meters and the broker "
                                "(LimitNOFILE, ulimit -n)");
        return;
    }
    std::string address = peer_address(socket);
    if (address.empty()) {
        return;
    }
    const bool speaks_for_many = is_loopback(Endpoint{address, 0}) || is_within(address, trusted_proxies_);
    const auto [id, leaves] = places_->enter(address, speaks_for_many, SystemClock::now());
    Place place(places_, id);
    if (leaves) {
        calls_.leave(*leaves);
        warn_rarely(crowds_, std::to_string(limits_.total) + " clients are connected, or " +
                                 std::to_string(limits_.per_address) +
                                 " from one address: each new one takes another's place");
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored); // NOLINT(bugprone-unused-return-value)
    calls_.accepted({std::move(socket), std::move(address), std::move(place)});
}

void Listener::warn_rarely(OnceAMinute& warning, const std::string& text) const {
    if (warning.is_due(SystemClock::now())) {
        calls_.log(LogLevel::Warn, text);
    }
}

void Listener::pause_after(const error_code& error) {
    warn_rarely(failures_, "cannot accept a client: " + error.message());
    timer_.expires_after(accept_pause);
    timer_.async_wait([this](const error_code& cancelled) {
        if (!cancelled) {
            accept();
        }
    });
}

tcp::endpoint Listener::endpoint() const {
    error_code ignored;
    return acceptor_.local_endpoint(ignored);
}

} // namespace gridbridge
