#include "drivers/io/descriptor.hpp"
#include "drivers/io/link_names.hpp"
#include "drivers/waist/clock.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t mdns_port = 5353;
constexpr std::uint32_t mdns_group = 0xe00000fb; // 224.0.0.251
constexpr int mdns_ttl = 255;                    // responders ignore others
constexpr auto ask_again_after = 1s;             // RFC 6762, 5.2: not sooner
constexpr std::size_t most_interfaces = 16;

// Those with an IPv4 address that take multicasts, each once.
std::vector<int> link_interfaces() {
    std::vector<int> found;
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) {
        return found;
    }
    constexpr unsigned wanted = IFF_UP | IFF_MULTICAST;
    for (const ifaddrs* entry = all; entry != nullptr && found.size() < most_interfaces;
         entry = entry->ifa_next) {
        if (entry->ifa_addr != nullptr && entry->ifa_addr->sa_family == AF_INET &&
            (entry->ifa_flags & (wanted | IFF_LOOPBACK)) == wanted) {
            const int index = static_cast<int>(::if_nametoindex(entry->ifa_name));
            if (index > 0 && std::find(found.begin(), found.end(), index) == found.end()) {
                found.push_back(index);
            }
        }
    }
    ::freeifaddrs(all);
    return found;
}

sockaddr* as_address(sockaddr_in& address) {
    return reinterpret_cast<sockaddr*>(&address); // NOLINT(cppcoreguidelines-pro-type-reinterpret-cast)
}

void send_question(int socket, const std::vector<std::uint8_t>& question) {
    sockaddr_in group{};
    group.sin_family = AF_INET;
    group.sin_port = htons(mdns_port);
    group.sin_addr.s_addr = htonl(mdns_group);
    for (const int interface : link_interfaces()) {
        ip_mreqn choice{};
        choice.imr_ifindex = interface;
        if (::setsockopt(socket, IPPROTO_IP, IP_MULTICAST_IF, &choice, sizeof choice) == 0) {
            // One that cannot send leaves it to the others.
            static_cast<void>(
                ::sendto(socket, question.data(), question.size(), 0, as_address(group), sizeof group));
        }
    }
}

// Waits for one message at most until then. Answers come from the port of responders.
std::vector<std::string> next_answer(int socket, const std::string& host, std::uint16_t id,
                                     Clock::time_point until) {
    pollfd wanted{socket, POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - SystemClock::now());
    if (left <= 0ms || ::poll(&wanted, 1, static_cast<int>(left.count())) <= 0) {
        return {};
    }
    std::array<std::uint8_t, 9000> message{};
    sockaddr_in from{};
    socklen_t size = sizeof from;
    const auto got =
        ::recvfrom(socket, message.data(), message.size(), MSG_DONTWAIT, as_address(from), &size);
    if (got < 0 || ntohs(from.sin_port) != mdns_port) {
        return {};
    }
    return addresses_of_link_name(std::span(message).first(static_cast<std::size_t>(got)), host, id);
}

} // namespace

std::vector<std::string> ask_link(const std::string& host, std::chrono::milliseconds limit) {
    const auto id = static_cast<std::uint16_t>(std::random_device()());
    const auto question = link_name_question(host, id);
    const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (question.empty() || !socket.is_open() ||
        ::setsockopt(socket.get(), IPPROTO_IP, IP_MULTICAST_TTL, &mdns_ttl, sizeof mdns_ttl) != 0) {
        return {};
    }
    const auto begin = SystemClock::now();
    for (const auto from : {begin, begin + ask_again_after}) {
        const auto until = from == begin ? std::min(begin + ask_again_after, begin + limit) : begin + limit;
        if (from >= until) {
            break;
        }
        send_question(socket.get(), question);
        while (SystemClock::now() < until) {
            if (auto found = next_answer(socket.get(), host, id, until); !found.empty()) {
                return found;
            }
        }
    }
    return {};
}

} // namespace gridbridge
