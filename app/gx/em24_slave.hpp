// An EM24 Ethernet as its Modbus client sees it, made of the readings of any meter. Pure. Sources: the
// vendor's protocol document of the EM24 E1 and the requests of dbus-modbus-client.
#pragma once

#include "app/gx/em24_image.hpp"
#include "drivers/modbus/map/encode.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

class Em24Slave {
  public:
    static constexpr int unit = 1; // the only one a GX looks at
    static constexpr std::uint16_t identification_code = 1648;
    // After another meter took the place of the first, no values for so long: a GX drops a meter after 5.6 s
    // and reads serial number and phase configuration only when it finds it again.
    static constexpr std::chrono::seconds change_pause{7};

    // `version` is served as both versions of the meter.
    explicit Em24Slave(std::string_view version) : version_(encode_version(version)) {}

    // A new reading of the meter with this serial number. It is served until it is older than `good_for`.
    void take(std::string_view serial, const Reading& reading, Clock::duration good_for,
              Clock::time_point now);
    // The meter is lost: no values until the next take().
    void lose();

    // Answers one request; always something to send.
    std::vector<std::uint8_t> answer(int to_unit, std::span<const std::uint8_t> pdu, Clock::time_point now);

  private:
    using Pdu = std::vector<std::uint8_t>;
    using Words = std::vector<std::uint16_t>;
    struct Area;
    static std::span<const Area> areas();
    static const Area* area_of(unsigned first, unsigned count);

    Pdu read(std::uint8_t function, unsigned first, unsigned count, Clock::time_point now) const;
    Pdu write(std::span<const std::uint8_t> pdu);
    bool has_values(Clock::time_point now) const;
    void encode();

    std::uint16_t version_;
    std::uint16_t application_ = 7; // H: import and export
    std::string serial_;            // of the source; empty: not yet known
    Em24Image image_;
    std::optional<std::uint16_t> config_; // fixed by the first reading or by a client
    std::optional<Em24Words> words_;      // nothing: no values to serve
    Clock::time_point received_{};
    Clock::duration good_for_{};
    std::optional<Clock::time_point> paused_until_;
};

} // namespace gridbridge
