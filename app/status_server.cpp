#include "app/status_server.hpp"

#include "drivers/listen.hpp"

#include <httplib.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <sys/socket.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto retry_pause = 5s;
constexpr auto client_patience = 1s; // for each part of a request: an idle client holds one of two threads
constexpr auto stop_limit = 300ms;
constexpr std::size_t pool_size = 2;
constexpr std::size_t max_request_body = 1024;
constexpr std::size_t max_page = std::size_t{4} * 1024 * 1024;

// httplib would also set SO_REUSEPORT: two services would share the port and nobody would notice.
void reuse_address(int socket) {
    const int yes = 1;
    static_cast<void>(::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
}

} // namespace

class StatusServer::Server : public std::enable_shared_from_this<StatusServer::Server> {
  public:
    Server(Endpoint listen, Page page, Log log)
        : listen_(std::move(listen)), page_(std::move(page)), log_(std::move(log)) {}

    void start() {
        const bool bound = bind();
        std::thread([self = shared_from_this(), bound] { self->run(bound); }).detach();
    }

    void stop() {
        std::unique_lock lock(mutex_);
        stopping_ = true;
        changed_.notify_all();
        page_ = {};
        const auto deadline = Clock::now() + stop_limit;
        bool told = false;
        while (!ended_ && Clock::now() < deadline) {
            if (!told && http_ && http_->is_running()) { // before that it would not hear
                http_->stop();
                told = true;
            }
            changed_.wait_for(lock, 5ms);
        }
    }

    std::uint16_t port() const { return port_; }

  private:
    bool bind() {
        auto http = std::make_unique<httplib::Server>();
        http->new_task_queue = [] { return new httplib::ThreadPool(pool_size); };
        http->set_socket_options(reuse_address);
        http->set_tcp_nodelay(true);
        http->set_keep_alive_max_count(1);
        http->set_keep_alive_timeout(client_patience.count());
        http->set_read_timeout(client_patience);
        http->set_write_timeout(client_patience);
        http->set_payload_max_length(max_request_body);
        http->Get(".*", [this](const httplib::Request& request, httplib::Response& response) {
            answer(request, response);
        });
        errno = 0;
        const int port = listen_.port != 0 ? listen_.port : http->bind_to_any_port(listen_.host);
        const bool bound = listen_.port != 0 ? http->bind_to_port(listen_.host, port) : port > 0;
        const int error = errno;
        if (!bound) {
            say_failure(std::error_code(error != 0 ? error : EADDRINUSE, std::generic_category()));
            return false;
        }
        port_ = static_cast<std::uint16_t>(port);
        log_(LogLevel::Info, "status", "listening on http://" + to_text(Endpoint{listen_.host, port_}));
        if (!is_loopback(listen_)) {
            log_(LogLevel::Warn, "status",
                 to_text(listen_) + ": anyone who reaches this address can read the meters");
        }
        const std::lock_guard lock(mutex_);
        http_ = std::move(http);
        return true;
    }

    void say_failure(const std::error_code& error) {
        const std::string text = why_not_listening(listen_, error, "[status] listen") + "; trying again";
        log_(text == last_failure_ ? LogLevel::Debug : LogLevel::Error, "status", text);
        last_failure_ = text;
    }

    void run(bool bound) {
        while (!bound && !wait_for_stop()) {
            bound = bind();
        }
        if (bound) {
            http_->listen_after_bind();
        }
        const std::lock_guard lock(mutex_);
        http_.reset();
        ended_ = true;
        changed_.notify_all();
    }

    bool wait_for_stop() {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, retry_pause, [this] { return stopping_; });
    }

    void answer(const httplib::Request& request, httplib::Response& response) {
        Page page;
        {
            const std::lock_guard lock(mutex_);
            page = page_;
        }
        const auto made = page ? page(request.path) : std::nullopt;
        if (!made) {
            response.status = 404;
            response.set_content("not found: there are /health and /metrics\n", "text/plain");
            return;
        }
        response.status = made->code;
        response.set_header("Cache-Control", "no-store");
        response.set_content(made->body, made->type);
    }

    Endpoint listen_;
    Page page_; // guarded by mutex_; empty once stopping
    Log log_;
    std::atomic<std::uint16_t> port_ = 0;
    std::string last_failure_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::unique_ptr<httplib::Server> http_; // guarded by mutex_, but for the thread that listens
    bool stopping_ = false;                 // guarded by mutex_
    bool ended_ = false;                    // guarded by mutex_
};

StatusServer::StatusServer(Endpoint listen, Page page, Log log)
    : server_(std::make_shared<Server>(std::move(listen), std::move(page), std::move(log))) {
    server_->start();
}

StatusServer::~StatusServer() {
    server_->stop();
}

std::uint16_t StatusServer::port() const {
    return server_->port();
}

StatusPage fetch_status_page(const Endpoint& listen, const std::string& path) {
    std::string host = listen.host;
    if (host == "0.0.0.0") {
        host = "127.0.0.1";
    } else if (host == "::") {
        host = "::1";
    }
    httplib::Client client(host, listen.port);
    client.set_connection_timeout(2s);
    client.set_read_timeout(3s);
    client.set_write_timeout(1s);
    std::string body;
    const auto result = client.Get(path, [&](const char* data, std::size_t size) {
        body.append(data, size);
        return body.size() <= max_page;
    });
    const std::string where = to_text(Endpoint{host, listen.port});
    if (result) {
        return {result->status, result->get_header_value("Content-Type"), std::move(body)};
    }
    const bool refused = result.error() == httplib::Error::Connection;
    return {0,
            {},
            where + (refused ? ": nobody listens: is gridbridge running with this [status] listen?"
                             : ": no answer in time")};
}

} // namespace gridbridge
