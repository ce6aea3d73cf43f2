#include "app/servers/status_server.hpp"

#include "app/servers/http_reader.hpp"
#include "drivers/io/connect.hpp"
#include "drivers/io/link_lost.hpp"
#include "drivers/io/stoppable_io.hpp"

#include <array>
#include <optional>
#include <stop_token>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto connect_limit = 2s;

// Never stopped: the verb ends with its process.
const std::stop_token unstoppable;

// Where one asks what listens at `listen`.
Endpoint asked_at(const Endpoint& listen) {
    if (listen.host == "0.0.0.0") {
        return {"127.0.0.1", listen.port};
    }
    return listen.host == "::" ? Endpoint{"::1", listen.port} : listen;
}

std::optional<Descriptor> connect_to(const Endpoint& at) {
    try {
        return connect_tcp(at.host, at.port, connect_limit, StopWait(unstoppable));
    } catch (const LinkLost&) {
        return std::nullopt;
    }
}

// Nothing: no whole answer in time.
std::optional<StatusPage> ask(const Descriptor& socket, const std::string& request,
                              const FetchLimits& limits) {
    const Clock::time_point deadline = Clock::now() + limits.all;
    StoppableIo io;
    HttpReader reader(HttpReader::Kind::Response, limits.bytes);
    HttpReader::State state = HttpReader::State::Incomplete;
    const std::span text(request);
    io.write(socket.get(), {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}, deadline,
             unstoppable);
    std::array<char, 16384> buffer{};
    while (state == HttpReader::State::Incomplete) {
        const IoResult got =
            io.read(socket.get(), {reinterpret_cast<std::uint8_t*>(buffer.data()), buffer.size()},
                    std::min(deadline, Clock::now() + limits.silence), unstoppable);
        if (got.size > 0) {
            state = reader.take({buffer.data(), got.size});
        } else if (got.has_ended) {
            state = reader.end();
        } else {
            return std::nullopt;
        }
    }
    if (state != HttpReader::State::Whole) {
        return std::nullopt;
    }
    const HttpMessage& answer = reader.message();
    return StatusPage{answer.status, std::string(answer.header("content-type")), answer.body};
}

} // namespace

StatusPage fetch_status_page(const Endpoint& listen, const std::string& path, FetchLimits limits) {
    const Endpoint at = asked_at(listen);
    const std::string where = to_text(at);
    const auto socket = connect_to(at);
    if (!socket) {
        return {0,
                {},
                where + std::string(nobody_listens) + ": is gridbridge running with this [status] listen?"};
    }
    try {
        if (auto page =
                ask(*socket, "GET " + path + " HTTP/1.1\r\nHost: " + where + "\r\nConnection: close\r\n\r\n",
                    limits)) {
            return *page;
        }
    } catch (const LinkLost&) { // said below
    }
    return {0, {}, where + ": no answer in time"};
}

} // namespace gridbridge
