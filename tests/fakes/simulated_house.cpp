#include "tests/fakes/simulated_house.hpp"

#include <algorithm>
#include <cmath>

namespace gridbridge {
namespace {

struct Load {
    double watts, on, off; // mean lengths, s
    double shortest;       // s that it is on
};

// Kettle, coffee, fridge, washing machine and dishwasher while they heat, dryer, heat pump, hob.
constexpr std::array loads{Load{2000, 60, 2400, 90},    Load{1400, 30, 3000, 30},
                           Load{110, 700, 1300, 300},   Load{2100, 300, 5000, 600},
                           Load{1800, 300, 6000, 500},  Load{900, 1500, 9000, 1200},
                           Load{2600, 1200, 2500, 600}, Load{1500, 400, 3000, 120}};

class Curves {
  public:
    explicit Curves(const HouseOptions& options) : options_(options), random_(options.seed) {}

    std::vector<double> house() {
        std::vector<double> watts(size(), between(120, 500));
        for (const Load& load : loads) {
            if (between(0, 1) < 0.75) {
                switch_at_random(watts, load);
            }
        }
        if (between(0, 1) < 0.4) {
            oven(watts);
        }
        for (double& value : watts) {
            value = std::max(value + normal_(random_) * 5, 0.0);
        }
        return watts;
    }
    std::vector<double> car() {
        std::vector<double> watts(size(), 0);
        if (options_.car_watts > 0) {
            switch_at_random(watts, {options_.car_watts, 5000, 2500, 900});
        }
        return watts;
    }
    std::vector<double> sun() {
        std::vector<double> watts(size(), 0);
        double cloud = 0.8;
        for (double& value : watts) {
            cloud = std::clamp(cloud + normal_(random_) * 0.01, 0.1, 1.0);
            value = options_.pv_watts * cloud;
        }
        return watts;
    }

  private:
    std::size_t size() const { return static_cast<std::size_t>(options_.seconds); }
    double between(double least, double most) {
        return std::uniform_real_distribution<>(least, most)(random_);
    }
    double lasts(double mean) { return std::exponential_distribution<>(1 / mean)(random_); }
    static void add(std::vector<double>& watts, double from, double until, double power) {
        const auto end = std::min(static_cast<double>(watts.size()), until);
        for (double second = std::max(from, 0.0); second < end; ++second) {
            watts[static_cast<std::size_t>(second)] += power;
        }
    }
    void switch_at_random(std::vector<double>& watts, const Load& load) {
        const double power = load.watts * between(0.8, 1.2);
        for (double at = lasts(load.off) - load.on / 2; at < options_.seconds;) {
            const double until = at + load.shortest + lasts(load.on);
            add(watts, at, until, power);
            at = until + 30 + lasts(load.off);
        }
    }
    // From thermostat to thermostat.
    void oven(std::vector<double>& watts) {
        const double begin = between(0, options_.seconds);
        const double end = begin + between(1200, 3600);
        const double hot = begin + between(300, 600);
        add(watts, begin, hot, 2400);
        for (double at = hot + 40; at < end; at += between(50, 90)) {
            add(watts, at, at + between(15, 30), 2400);
        }
    }

    HouseOptions options_;
    std::mt19937 random_;
    std::normal_distribution<> normal_;
};

} // namespace

HouseCurves simulate_house(const HouseOptions& options) {
    Curves random(options);
    HouseCurves curves{random.house(), random.car(), random.sun(), {}, {}};
    double watts = 0; // of the battery: it follows the rest a few seconds late
    for (std::size_t i = 0; i < curves.house.size(); ++i) {
        const double rest = curves.house[i] + curves.car[i] - curves.sun[i];
        constexpr double pace = 0.2; // of the way, each second
        watts += pace * (std::clamp(-rest, -options.battery_watts, options.battery_watts) - watts);
        curves.battery.push_back(watts);
        curves.grid.push_back(rest + watts);
    }
    return curves;
}

} // namespace gridbridge
