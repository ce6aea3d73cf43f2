// An installation as the doctor sees it: meters in a simulated house, wired right or wrong, hour after hour.
#pragma once

#include "drivers/demand/demand.hpp"
#include "mqtt/doctor/doctor.hpp"
#include "tests/mqtt/doctor/house.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace gridbridge::simulated {

enum class Place { Grid, Sun, Loads };

// How a meter is wired and what it tells.
struct Wiring {
    Place place = Place::Grid;
    std::array<std::size_t, 3> current_of{0, 1, 2}; // the phase whose current goes through input i
    std::array<double, 3> factor{1, 1, 1};          // -1: turned round; 0.05: ratio not set
    std::array<bool, 3> has_voltage{true, true, true};
    std::array<bool, 3> has_power{true, true, true};
    bool three_phases = true;
    bool total_only = false; // power of all phases and nothing else
    double volt_step = 0.1, ampere_step = 0.01, watt_step = 1;
    bool import_only = false; // shows no export
    bool turns_backwards = false;
    double sum_error = 0; // share of the total that is missing
};

struct Installed {
    Wiring wiring;
    std::unique_ptr<Meter> meter;
    std::optional<Demand> demand;  // of a grid meter, with a limit
    double interval = 2;           // s
    double lost = 0;               // share of the requests without an answer
    double late = 0;               // share of readings that come a minute later
    std::optional<double> dies_at; // hours from the start
    bool gives_power = true;
    bool has_clock = false;  // sends the time
    double clock_offset = 0; // s
    double next = 0;
};

struct Outcome {
    std::set<std::pair<FindingCode, std::string>> named; // warning and above, ever
    std::set<std::pair<FindingCode, std::string>> told;  // info too
    std::optional<double> hours;                         // until `expected` was named
    std::string evidence;                                // of all of warning and above
    Finding finding;                                     // of `expected`, when it was named first
};

class Installation {
  public:
    Installation(const HouseOptions& house, std::uint64_t seed, DoctorOptions options = {});

    Installed& add(const std::string& role, Wiring wiring, DriverKind driver = DriverKind::CarloGavazzi);
    Installed& installed(std::size_t i) { return *meters_.at(i); }
    Meter& meter(std::size_t i) { return *meters_.at(i)->meter; }
    Wiring& wiring(std::size_t i) { return meters_.at(i)->wiring; }

    // Called before each look: hours since the start.
    std::function<void(double hours)> before_look = {};
    DoctorView view;
    bool has_clock = true;

    // Runs until `expected` is named, or for so many hours.
    Outcome run(double hours, std::optional<FindingCode> expected);

  private:
    void measure(Installed& installed, const HouseState& state);
    Reading reading_of(const Installed& installed, const HouseState& state);

    House house_;
    bool house_has_three_phases_;
    std::mt19937_64 random_;
    std::optional<double> peak_watts_;
    Doctor doctor_;
    std::vector<std::unique_ptr<Installed>> meters_;
    Clock::time_point start_, now_;
};

} // namespace gridbridge::simulated
