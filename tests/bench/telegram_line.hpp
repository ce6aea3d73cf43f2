// A smart meter's customer port: one client over TCP, or a pty.
#pragma once

#include "app/simulate/pty.hpp"
#include "tests/bench/latency.hpp"

#include <optional>
#include <string>

namespace gridbridge::bench {

enum class Dialect : bool { P1, Sml };

class TelegramLine {
  public:
    TelegramLine(Dialect dialect, bool over_tcp);
    TelegramLine(const TelegramLine&) = delete;
    TelegramLine& operator=(const TelegramLine&) = delete;
    ~TelegramLine();

    std::string uri() const;
    void wait_for_client();
    // The next telegram, with the next power value.
    void send(Latency& latency);
    // The same over TCP to the newest client, if there is one.
    void offer(Latency& latency);
    int port() const { return port_; }

  private:
    Dialect dialect_;
    std::optional<Pty> pty_;
    int listener_ = -1;
    int port_ = 0;
    int client_ = -1;
    double seconds_ = 0;
};

} // namespace gridbridge::bench
