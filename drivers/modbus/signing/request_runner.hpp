// What is asked of the meter now, until it is answered: one read or write of any length, its attempts and the
// pauses between them. Pure: time is an argument.
#pragma once

#include "drivers/modbus/map/register_job.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace gridbridge {

// What a job is for.
enum class Step : std::uint8_t {
    Rest, // nothing
    SignatureType,
    RawKey,
    DerKey,
    State,
    Text,
    FileSize,
    File,
    Number,
    Confirm,
    StartWrite,
    Begin,
    End,
    ClockTime,
    ClockOffset,
    SignedValue,
    ChargingStatus,
    LastId,
    ClockStatus,
    IdDefinition,
};

struct StepJob {
    Step step = Step::Rest;
    RegisterJob job;
};

class RequestRunner {
  public:
    // For a meter that has been in contact: at most `retries` attempts, `retry_delay` apart.
    RequestRunner(int retries, std::chrono::milliseconds retry_delay)
        : retries_(retries), retry_delay_(retry_delay) {}

    void go(StepJob next);
    void rest();
    void forget_attempts() { attempts_ = 0; }
    // The meter has been looked at as a whole once; before that it is given more time.
    void contact_made() { contacted_ = true; }

    bool is_busy() const { return job_.has_value(); }
    // What is asked, or what was answered last; Rest after rest().
    Step step() const { return step_; }
    RegisterRequest request() const { return job_->request(); } // is_busy() only

    enum class Outcome : std::uint8_t { Unasked, GoesOn, Done, Refused, Lost };
    // Done: words() are those read. An answer of another length counts as lost.
    Outcome take(const RegisterAnswer& answer);
    const std::vector<std::uint16_t>& words() const { return words_; }

    // The answer was lost, for the first time or again. False: that was the last attempt; else a pause
    // begins.
    bool retry(Clock::time_point now) { return retry(++attempts_, now); }
    // The same, where the caller counts: `attempts` so far.
    bool retry(int attempts, Clock::time_point now);

    void pause_until(Clock::time_point time) { not_before_ = time; }
    Clock::time_point not_before() const { return not_before_; }

  private:
    const int retries_;
    const std::chrono::milliseconds retry_delay_;
    Step step_ = Step::Rest;
    std::optional<RegisterJob> job_;
    std::vector<std::uint16_t> words_;
    int attempts_ = 0;
    bool contacted_ = false;
    Clock::time_point not_before_{};
};

} // namespace gridbridge
