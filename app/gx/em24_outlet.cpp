#include "app/gx/em24_outlet.hpp"

#include "app/gx/em24_feed.hpp"
#include "app/gx/em24_server.hpp"
#include "drivers/text/endpoint.hpp"

#include <span>
#include <utility>

namespace gridbridge {
namespace {

class Em24Outlet final : public Em24Feed {
  public:
    explicit Em24Outlet(Em24OutletOptions options)
        : Em24Feed(std::move(options.meter), options.version),
          server_(
              parse_listen(options.listen).value_or(Endpoint{}),
              [this](int unit, std::span<const std::uint8_t> pdu) { return answer(unit, pdu, Clock::now()); },
              std::move(options.log)) {}

  private:
    Em24Server server_; // its thread uses the feed, which outlives it
};

} // namespace

std::unique_ptr<Outlet> make_em24_outlet(Em24OutletOptions options) {
    return std::make_unique<Em24Outlet>(std::move(options));
}

} // namespace gridbridge
