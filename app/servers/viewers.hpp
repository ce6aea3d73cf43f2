// Clients that watch: each gets events as they come, and none waits for another.
#pragma once

#include "app/servers/http_answers.hpp"
#include "drivers/io/places.hpp"
#include "drivers/waist/clock.hpp"

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

// Thread of the context only; for the server that owns it. Asks for events twice a second while somebody
// watches, and at once for who comes. A viewer that has not taken an event when the next comes gets
// everything once it has; one that takes nothing for 10 s is closed.
class Viewers {
  public:
    static constexpr std::size_t most = 32;
    static constexpr std::chrono::milliseconds period{500};
    static constexpr std::chrono::seconds patience{10};

    // Makes the texts elsewhere, and gives them to `take_texts` on the thread of the context.
    using Ask = std::function<void(bool wants_all)>;
    Viewers(asio::io_context& io, Ask ask) : timer_(io), ask_(std::move(ask)) {}

    bool is_full();
    // `first` is sent first: the head of the answer.
    void add(asio::ip::tcp::socket socket, Place place, std::string first);
    void take_texts(const LiveTexts& texts);
    void close(Places::Id id); // makes room
    void close_all();

  private:
    class Viewer;

    void ask();
    void forget_closed();

    asio::steady_timer timer_;
    Ask ask_;
    bool is_asking_ = false; // the texts are being made
    std::vector<std::shared_ptr<Viewer>> viewers_;
};

} // namespace gridbridge
