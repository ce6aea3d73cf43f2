#include "tests/app/sinks/http_end.hpp"

#include <zlib.h>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

namespace gridbridge {
namespace {

std::string unpacked(const std::string& bytes) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    std::string all;
    std::array<char, 16384> part{};
    int state = Z_OK;
    while (state == Z_OK) {
        stream.next_out = reinterpret_cast<Bytef*>(part.data());
        stream.avail_out = part.size();
        state = inflate(&stream, Z_NO_FLUSH);
        all.append(part.data(), part.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    return state == Z_STREAM_END ? all : "not gzip";
}

// False: stopped, or the other side is gone.
bool readable(int fd, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        pollfd watched{fd, POLLIN, 0};
        if (::poll(&watched, 1, 10) > 0) {
            return true;
        }
    }
    return false;
}

} // namespace

std::string http_answer(int status, const std::string& more_headers, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) + " Text\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + more_headers + "\r\n" + body;
}

HttpEnd::HttpEnd(HttpAnswerer answer, std::function<bool()> accepts)
    : answer_(std::move(answer)), accepts_(std::move(accepts)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.get(), 64) != 0) {
        throw std::runtime_error("cannot listen");
    }
    ::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

HttpEnd::~HttpEnd() = default;

void HttpEnd::run(const std::stop_token& stop) {
    while (readable(listener_.get(), stop)) {
        const Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (client.is_open() && accepts_()) {
            serve(client.get(), stop);
        }
    }
}

void HttpEnd::serve(int client, const std::stop_token& stop) {
    std::string bytes;
    std::array<char, 65536> part{};
    while (readable(client, stop)) {
        const ssize_t size = ::recv(client, part.data(), part.size(), 0);
        if (size <= 0) {
            return;
        }
        bytes.append(part.data(), static_cast<std::size_t>(size));
        const auto head = bytes.find("\r\n\r\n");
        const auto length = bytes.find("Content-Length: ");
        if (head == std::string::npos || length > head ||
            bytes.size() < head + 4 + std::stoul(bytes.substr(length + 16))) {
            continue;
        }
        HttpAsked asked{bytes.substr(0, head + 2), bytes.substr(head + 4)};
        asked.was_packed = asked.head.find("Content-Encoding: gzip") != std::string::npos;
        asked.lines = asked.was_packed ? unpacked(asked.lines) : asked.lines;
        bytes.clear();
        const std::string answer = answer_(asked);
        if (answer == "hang") {
            while (readable(client, stop) && ::recv(client, part.data(), part.size(), 0) > 0) {
            }
            return;
        }
        if (answer.empty() || ::send(client, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) {
            return;
        }
    }
}

} // namespace gridbridge
