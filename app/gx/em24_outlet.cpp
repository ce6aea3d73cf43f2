#include "app/gx/em24_outlet.hpp"

#include "app/gx/em24_server.hpp"
#include "app/gx/em24_slave.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/waist/guarded.hpp"
#include "mqtt/gx/gx_meter.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

class Em24Outlet final : public Outlet {
  public:
    explicit Em24Outlet(Em24OutletOptions options)
        : choice_(std::move(options.meter)), slave_(options.version),
          server_(
              parse_listen(options.listen).value_or(Endpoint{}),
              [this](int unit, std::span<const std::uint8_t> pdu) {
                  return slave_.with([&](Em24Slave& slave) { return slave.answer(unit, pdu, Clock::now()); });
              },
              std::move(options.log)) {}

    void added(const Meter& meter) override { choice_.added(meter); }

    void reading(const Meter& meter, Clock::time_point now, Messages& /*out*/) override {
        if (!choice_.is(meter)) {
            return;
        }
        const Clock::time_point received = meter.reading.received;
        const auto limit =
            good_for(meter, last_received_ ? std::optional(received - *last_received_) : std::nullopt);
        last_received_ = received;
        slave_.with([&](Em24Slave& slave) { slave.take(meter.info.serial, meter.reading, limit, now); });
    }

    void lost(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) override { lose(meter); }
    void gone(const Meter& meter, Messages& /*out*/) override { lose(meter); }

  private:
    void lose(const Meter& meter) {
        if (choice_.is(meter)) {
            last_received_.reset();
            slave_.with([](Em24Slave& slave) { slave.lose(); });
        }
    }

    GxMeter choice_;
    std::optional<Clock::time_point> last_received_; // nothing after a loss
    Guarded<Em24Slave> slave_;                       // shared with the thread of the server
    Em24Server server_;                              // last: its thread uses the slave
};

} // namespace

Clock::duration good_for(const Meter& meter, std::optional<Clock::duration> since_last) {
    constexpr Clock::duration shortest = 1500ms;
    const Clock::duration expected = is_stream(meter.config.driver) ? 0ms : meter.config.interval;
    const Clock::duration interval = meter.pace.interval().value_or(since_last.value_or(expected));
    return std::min<Clock::duration>(stale_after(meter), std::max(interval * 5 / 2, shortest));
}

std::unique_ptr<Outlet> make_em24_outlet(Em24OutletOptions options) {
    return std::make_unique<Em24Outlet>(std::move(options));
}

} // namespace gridbridge
