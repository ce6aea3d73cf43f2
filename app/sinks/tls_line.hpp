// The bytes of one connection, plain or under TLS.
#pragma once

#include "app/sinks/http_connection.hpp"
#include "drivers/io/descriptor.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace gridbridge {

// Throws LinkLost, or Stopped.
class TlsLine {
  public:
    // Connects, and agrees on TLS where `place` wants it.
    TlsLine(const HttpPlace& place, Clock::time_point deadline, const StopWait& wait);

    void write(std::string_view bytes, Clock::time_point deadline, const StopWait& wait);
    // At least one; 0: the other side has ended it.
    std::size_t read(std::span<char> buffer, Clock::time_point deadline, const StopWait& wait);

  private:
    struct Free {
        void operator()(SSL_CTX* context) const;
        void operator()(SSL* connection) const;
    };
    void begin_tls(const HttpPlace& place, Clock::time_point deadline, const StopWait& wait);
    template <typename Do>
    int drive(Clock::time_point deadline, const StopWait& wait, Do step);

    Descriptor socket_;
    std::unique_ptr<SSL_CTX, Free> context_;
    std::unique_ptr<SSL, Free> connection_; // none: plain
};

} // namespace gridbridge
