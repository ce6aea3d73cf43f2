// A subscriber of meters that are formed of the first two of a plan: a sum and a difference of them, and a
// meter with the second as spare.
#pragma once

#include "mqtt/outlet/message.hpp"
#include "tests/mill/truth.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge::mill {

// None when there is only one meter.
std::vector<std::string> formed_uris(const Plan& plan);
std::vector<std::string> formed_serials();

class FormedWitness {
  public:
    FormedWitness(const Plan& plan, std::vector<Truth>& truths, Clock::time_point begin);

    void hear(const Message& message, Clock::time_point now);
    void look(Clock::time_point now);
    void end(Clock::time_point now);

    const std::vector<std::string>& violations() const { return violations_; }
    std::size_t numbers() const { return numbers_; } // that were checked

  private:
    struct Service {
        std::string serial;
        std::optional<double> power;
        std::map<std::string, double, std::less<>> counters; // highest, by path
    };
    void take_power(Service& service, std::optional<double> power, Clock::time_point now);
    void take_counter(Service& service, const std::string& path, double number, Clock::time_point now);
    bool was(const std::string& serial, double power, Clock::time_point now) const;
    bool is_silent(const Truth& truth, Clock::time_point now) const;
    void violated(const Service& service, const std::string& what, Clock::time_point now);

    const Truth* first_ = nullptr; // null: there are not two
    const Truth* second_ = nullptr;
    Clock::time_point begin_;
    std::map<std::string, Service> services_; // "heatpump/30"
    std::vector<std::string> violations_;
    std::size_t numbers_ = 0;
};

} // namespace gridbridge::mill
