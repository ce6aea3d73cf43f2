// A subscriber that knows the truth: what it must never see.
#pragma once

#include "mqtt/outlet/message.hpp"
#include "tests/mill/truth.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge::mill {

class Witness {
  public:
    // `not_looked_at`: serial numbers of meters that are none of the plan.
    Witness(const Plan& plan, std::vector<Truth>& truths, Clock::time_point begin,
            std::vector<std::string> not_looked_at);

    void hear(const Message& message, Clock::time_point now);
    // Whoever is silent must be unknown by now.
    void look(Clock::time_point now);
    // Everything must be back.
    void end(Clock::time_point now);

    const std::vector<std::string>& violations() const { return violations_; }
    std::size_t numbers() const { return numbers_; } // that were checked

  private:
    struct Seen {
        Truth* truth = nullptr;
        bool is_looked_at = true;
        std::map<std::string, double, std::less<>> numbers; // by path below Ac/, while not null
        std::map<std::string, double, std::less<>> counters;
        struct Unsaid {
            std::string path;
            double number;
            Clock::time_point at;
        };
        std::vector<Unsaid> before_name; // heard before it was known whose they are
    };
    void check(Seen& seen, const std::string& path, double number, Clock::time_point now);
    void violated(Clock::time_point now, const std::string& what);

    Clock::time_point begin_;
    std::vector<std::string> not_looked_at_;
    std::map<std::string, Truth*> by_serial_;
    std::map<std::string, Seen> services_; // "grid/30"
    std::vector<std::string> violations_;
    std::size_t numbers_ = 0;
};

} // namespace gridbridge::mill
