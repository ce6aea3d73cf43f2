// A subscriber that remembers what it was told: settings that clients wrote, who is available, when each
// reading was. It sees when one of these contradicts another, or the course of events.
#pragma once

#include "mqtt/outlet/message.hpp"
#include "tests/mill/course.hpp"
#include "tests/mill/witness.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge::mill {

class ClaimWitness {
  public:
    // All outlive it. What is violated is told to `witness`.
    ClaimWitness(const Plan& plan, const Course& course, Witness& witness, Clock::time_point begin);

    void hear(const Message& message, Clock::time_point now);
    void is_gone();
    void look(Clock::time_point now);
    // What belongs together is told within that time, which is nothing in simulated time.
    void is_patient(Clock::duration time) { patience_ = time; }

    // What a client says to write it; nothing: it does not know where.
    std::optional<Message> write(const PlannedWrite& write, Clock::time_point now);
    void program_ends(Clock::time_point now, bool is_killed);

    // By the wall clock, s since 1970.
    double unix_time(Clock::time_point now) const;
    std::size_t answered() const { return answered_; } // writes

  private:
    struct Setting {
        std::string value;
        Clock::time_point changed{}, heard{};
        std::vector<std::string> before; // values it had
        bool may_change = false;         // somebody has written
        bool may_return = false;         // to a value before: the newest was not on the disk
    };
    struct Pending {
        std::string topic, value;
        Clock::time_point at;
    };

    double seconds(Clock::time_point at) const { return Seconds(at - begin_).count(); }
    void hear_setting(const std::string& topic, const std::string& value, Clock::time_point now);
    void hear_state(const std::string& serial, const std::string& payload, Clock::time_point now);
    void hear_reading(const std::string& serial, const std::string& payload, Clock::time_point now);
    void compare(Clock::time_point now);
    void differ(const std::string& serial, const std::string& how, Clock::time_point now);
    bool keeps_nothing() const;
    bool was_on_disk(const Setting& setting, Clock::time_point end) const;
    bool was_undisturbed(Clock::time_point from, Clock::time_point to) const;

    const Plan& plan_;
    const Course& course_;
    Witness& witness_;
    Clock::time_point begin_;
    std::map<std::string, Setting> settings_; // by topic
    std::vector<Pending> pending_;
    std::map<std::string, std::string> status_;    // by serial number
    std::map<std::string, bool> state_has_power_;  // the same
    std::map<std::string, std::uint64_t> numbers_; // `seq` of the newest reading, the same
    std::optional<Clock::time_point> is_online_since_;
    std::map<std::string, Clock::time_point> differs_since_; // by serial number
    bool has_news_ = true;                                   // since compare()
    std::uint64_t compared_ = 0;                             // Witness::changes() at that time
    Clock::duration patience_{};
    std::size_t answered_ = 0;
};

} // namespace gridbridge::mill
