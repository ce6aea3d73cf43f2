// A subscriber that knows the truth: what it must never see.
#pragma once

#include "mqtt/outlet/message.hpp"
#include "tests/mill/truth.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge::mill {

class Witness {
  public:
    // `not_looked_at`: serial numbers of meters that are none of the plan.
    Witness(const Plan& plan, std::vector<Truth>& truths, Clock::time_point begin,
            std::vector<std::string> not_looked_at);

    void hear(const Message& message, Clock::time_point now);
    // What is known is known no more until the program says that it is there: it has gone, or the broker has.
    void forget();
    // The program knows the pace of no meter.
    void program_begins(Clock::time_point now) { began_ = now; }
    // Sums that are formed here may begin anew: nobody has kept them.
    void forget_sums();
    // The role of the meter may be another one from now on.
    void role_changes(const std::string& serial);
    // What arrives may have been on its way for so long, and nothing may arrive.
    void may_be_late(Clock::duration time) { late_ = time; }
    // Everything takes up to so much longer than in simulated time.
    void is_patient(Clock::duration time) { patience_ = time; }
    bool is_late() const { return late_ > Clock::duration(); }
    // The same of a number that came in another form; `more`: it may be older by that.
    void check_of(const std::string& serial, const std::string& path, double number, Clock::time_point now,
                  Clock::duration more);
    bool shows_power(std::string_view serial) const;
    std::uint64_t changes() const { return changes_; } // counts whatever may change that
    // The class that the meter is shown as; empty: it is not shown.
    std::string class_of(const std::string& serial) const;
    // Of another place that shows the meter, later by `more`: whether a number may be there, and at all.
    bool was_true(const Truth& truth, const std::string& path, double number, Clock::time_point now,
                  Clock::duration more) const;
    bool may_be_known(const Truth& truth, Clock::time_point now, Clock::duration more) const;
    void violated(Clock::time_point now, const std::string& what);
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
        std::optional<double> power; // while not null
        struct Unsaid {
            std::string path;
            double number;
            Clock::time_point at;
        };
        std::vector<Unsaid> before_name; // heard before it was known whose they are
    };
    void hear_status(const Message& message);
    void check(Seen& seen, const std::string& path, double number, Clock::time_point now);
    void check_counter(const Truth& truth, const std::string& path, double number, Clock::time_point now);
    bool look_for_doubles(Clock::time_point now); // none are there
    Clock::duration limit_of(const Truth& truth, Clock::time_point now) const;

    Clock::time_point begin_, began_;
    bool is_online_ = true;
    bool has_said_online_ = false; // in a message that was kept: whether it is so shows what comes next
    Clock::duration late_{}, patience_{};
    std::set<const Truth*> moved_; // to another role
    std::map<std::pair<const Truth*, std::string>, double> counters_;
    std::vector<std::string> not_looked_at_;
    std::map<std::string, Truth*> by_serial_;
    std::map<std::string, Seen> services_; // "grid/30"
    std::vector<std::string> violations_;
    std::uint64_t changes_ = 0;
    std::optional<std::uint64_t> without_doubles_; // changes_ when there were none
    std::size_t numbers_ = 0;
};

} // namespace gridbridge::mill
