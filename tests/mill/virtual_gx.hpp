// A GX in simulated time: its own broker, the driver on it, and a witness of what it shows of the first
// meter.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "tests/fakes/gx_driver.hpp"
#include "tests/mill/mill.hpp"
#include "tests/mill/mill_broker.hpp"
#include "tests/mill/witness.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace gridbridge::mill {

class VirtualGx {
  public:
    // All outlive it. What is violated is told to `witness`.
    VirtualGx(const GxCourse& course, const Plan& plan, const std::vector<Truth>& truths, Witness& witness,
              const Ways& ways);
    VirtualGx(const VirtualGx&) = delete; // its broker knows its address
    VirtualGx& operator=(const VirtualGx&) = delete;

    MillBroker& broker() { return broker_; }
    Message last_will() const;
    // Those of the service.
    void add_outlets(std::vector<OutletRow>& rows, const std::string& portal_id, const Log& log,
                     const std::function<bool()>& linked) const;

    // While no program runs.
    void run_until(Clock::time_point now);
    // After everything that happens at one time: its driver answers, and the witness looks. When it wants to
    // be called again.
    Clock::time_point after_all(Clock::time_point now);
    void hang_up(Clock::time_point now) { broker_.hang_up(now); }
    // Everything must be back.
    void end(Clock::time_point now);

  private:
    void hear(const Message& message, Clock::time_point now);
    void see(const Message& message, Clock::time_point now);
    void check(const std::string& path, double number, Clock::time_point now);
    void check_grid(const std::string& payload, Clock::time_point now);
    void come_and_go(Clock::time_point now);
    void look(Clock::time_point now);
    bool is_away(double seconds) const;
    bool is_late(Clock::time_point now) const;

    const GxCourse& course_;
    Witness& witness_;
    const Ways& ways_;
    Course around_;                    // of its broker
    std::vector<const Truth*> truths_; // of the meters at the place of the first one
    GxDriver driver_;
    MillBroker broker_;
    Messages answers_;                    // not yet said
    std::map<std::string, double> shown_; // total powers, by service
};

} // namespace gridbridge::mill
