#include "app/servers/status_server.hpp"

#include <httplib.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_page = std::size_t{4} * 1024 * 1024;

} // namespace

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
