// A simulated smart meter that sends telegrams to a pty, to TCP clients or to a file.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct StreamListen {
    enum class Kind : std::uint8_t { Pty, Tcp, File };
    Kind kind = Kind::Pty;
    std::string path; // Pty: link to create; File: appended to
    std::string host;
    std::uint16_t port = 0; // 0: any free one
};

// "serial:///tmp/meter", "tcp://127.0.0.1:3240", "file:///tmp/telegrams". Nothing when it is none of these.
std::optional<StreamListen> parse_stream_listen(std::string_view uri);

struct StreamOptions {
    StreamListen listen;
    std::chrono::milliseconds period{1000};
    // The bytes of one telegram, `seconds` after the start.
    std::function<std::vector<std::uint8_t>(double seconds)> telegram;
    std::function<void(const std::string& line)> print_line; // "listening on tcp://127.0.0.1:3240"; once
};

// Serves until stop is requested. A client that does not read misses whole telegrams. Returns 0, or 74 after
// an I/O error, which was said.
int serve_stream(const StreamOptions& options, const std::stop_token& stop);

} // namespace gridbridge
