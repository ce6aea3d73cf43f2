#include "drivers/resolve.hpp"

#include "drivers/progress.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <netdb.h>
#include <sys/socket.h>

namespace gridbridge {
namespace {

std::vector<std::string> look_up(const std::string& host, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
        return {};
    }
    std::vector<std::string> addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                        NI_NUMERICHOST) == 0) {
            addresses.emplace_back(text.data());
        }
    }
    freeaddrinfo(found);
    return addresses;
}

struct Lookup {
    std::mutex mutex;
    std::condition_variable_any ready;
    bool done = false;                  // guarded by mutex
    std::vector<std::string> addresses; // guarded by mutex
};

} // namespace

// getaddrinfo cannot be interrupted: a thread that outlives this call waits for it.
std::vector<std::string> resolve_host(const std::string& host, Clock::time_point deadline,
                                      const std::stop_token& stop) {
    if (auto numeric = look_up(host, AI_NUMERICHOST); !numeric.empty()) {
        return numeric;
    }
    const auto lookup = std::make_shared<Lookup>();
    try {
        std::thread([lookup, host] {
            auto addresses = look_up(host, AI_ADDRCONFIG);
            const std::lock_guard lock(lookup->mutex);
            lookup->addresses = std::move(addresses);
            lookup->done = true;
            lookup->ready.notify_all();
        }).detach();
    } catch (const std::system_error&) {
        return {};
    }
    std::unique_lock lock(lookup->mutex);
    const WaitingUntil waiting(deadline);
    lookup->ready.wait_until(lock, stop, deadline, [&] { return lookup->done; });
    return lookup->addresses;
}

} // namespace gridbridge
