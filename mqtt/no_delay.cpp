#include "mqtt/no_delay.hpp"

#include "drivers/text.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <filesystem>
#include <system_error>

namespace gridbridge {

void set_no_delay_on_tcp_sockets() {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        const auto fd = static_cast<int>(parse_integer(entry.path().filename().string()).value_or(-1));
        const int on = 1;
        // Fails on what is no TCP socket, which is as good as skipping it.
        static_cast<void>(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
    }
}

} // namespace gridbridge
