// Modbus TCP: the wire of the EM24 that a GX polls. Connections, frames and nothing else.
#pragma once

#include "drivers/text/endpoint.hpp"
#include "drivers/waist/log.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace gridbridge {

// Called on the server's thread; returns the answer, never an empty one.
using AnswerModbus = std::function<std::vector<std::uint8_t>(int unit, std::span<const std::uint8_t> pdu)>;

// Serves from the constructor to the destructor, on a thread of its own that stops within 100 ms. An address
// that cannot be listened on is logged with the fix and tried again every 5 s.
class Em24Server {
  public:
    // One more client takes the place of another (places.hpp): a GX connects anew after each error, and its
    // old connection may stay half open for ever.
    static constexpr std::size_t max_clients = 16;

    // `listen.host` is a numeric address. `answer` and what it uses must outlive the server.
    Em24Server(Endpoint listen, AnswerModbus answer, Log log);
    Em24Server(const Em24Server&) = delete;
    Em24Server& operator=(const Em24Server&) = delete;
    ~Em24Server();

  private:
    class Running;
    std::unique_ptr<Running> running_;
    std::jthread thread_;
};

} // namespace gridbridge
