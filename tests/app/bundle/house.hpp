// A house full of meters that have names and numbers, recorded by the real drivers in simulated time. Bytes
// are damaged and lost now and then.
#pragma once

#include "app/config/config.hpp"
#include "app/recording/recording_reader.hpp"
#include "mqtt/settings/settings.hpp"
#include "tests/app/bundle/planted.hpp"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace gridbridge {

struct House {
    explicit House(std::uint64_t seed);

    std::uint64_t seed;
    Config config;     // its meters
    Settings settings; // of one that has run for a while
    std::vector<Planted> planted;

    // Of meters.
    std::string em24, et112, em540, inverter, p1, gas, ean, din, odd, d0, asked, usb;
    // Of people and their networks.
    std::string name, other_name, host, other_host, user, portal, mac, address, other_address, address6;

  private:
    void plant(const std::string& secret, std::vector<std::string> encodings, bool is_told = false,
               bool is_name = false);
    void add_meter(const std::string& uri, const std::string& name = {});
};

// What was published: when it was received, and the running hash of its meter.
struct Told {
    std::int64_t at = 0;
    std::uint64_t hash = 0;
    bool operator==(const Told&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Told& told);

struct Lived {
    Recording recording;
    std::map<std::string, std::vector<Told>> told; // by serial number
};
// `seconds`: of simulated time. With `damage` bytes are flipped and lost.
Lived live_in(const House& house, int seconds, bool damage);

// What a replay of the file says, and where a driver did otherwise than recorded; by serial number.
struct Replayed {
    std::map<std::string, std::vector<Told>> told;
    std::vector<std::string> differences;
};
Replayed replay_of(const std::string& path);

} // namespace gridbridge
