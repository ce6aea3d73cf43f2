// A TCP copy of a stream: each client gets what the meter sends.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/waist/log.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace gridbridge {

struct ShareOptions {
    Endpoint listen;  // port 0: any free one
    bool raw = false; // every byte as received, at once; else accepted telegrams, whole
    std::string who;  // the meter, for log lines
};

// Listens on a thread of its own, in the constructor at once; a port in use is tried again for ever. Handing
// over never waits: a client that does not keep up misses whole telegrams and is then disconnected. One
// client too many takes the place of another (places.hpp): none can be shut out. Stops within 100 ms, in the
// destructor. What clients send is thrown away.
class Share {
  public:
    static constexpr std::size_t max_clients = 32;
    static constexpr std::size_t max_clients_per_address = 8; // of other machines
    static constexpr unsigned patience = 32; // telegrams missed in a row until a client is disconnected

    Share(ShareOptions options, Log log);
    ~Share();
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    // From any one thread.
    void received(std::span<const std::uint8_t> bytes);    // what came over the wire; used when raw
    void accepted(std::span<const std::uint8_t> telegram); // one whole telegram; used when not raw

    std::uint16_t port() const;         // 0 while it cannot listen
    std::size_t clients() const;        // connected now
    std::uint64_t missed() const;       // telegrams left out, all clients together
    std::uint64_t disconnected() const; // clients that stayed behind

  private:
    class Server;
    std::unique_ptr<Server> server_;
};

// As `meter.share` asks; nothing when it does not.
std::unique_ptr<Share> make_share(const MeterConfig& meter, const Log& log);

} // namespace gridbridge
