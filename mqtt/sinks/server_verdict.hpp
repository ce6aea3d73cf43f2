// What the answer of a store means for the points that were sent. Pure.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

enum class Verdict : unsigned char {
    Taken,
    TooLarge, // fewer at once
    Bad,      // at least one of them is no good, or the store wants something else
    Refused,  // not before somebody changes something: rights, address, database
    Later,    // the store is busy, or fails
};
// Of the status of an HTTP answer.
Verdict verdict_of(int status);

// What to say of it to people: the status, what the store says (its first 200 characters, on one line), and
// what to do about it. Empty for Taken.
std::string explain_answer(int status, std::string_view body);

// The seconds of a Retry-After header, at most 15 minutes; nothing: it has none, or names a date.
std::optional<std::chrono::seconds> retry_after(std::string_view header);

// Growing pauses between attempts: 1 s, doubled each time up to 60 s, each by up to a quarter longer, so that
// a fleet does not return in step.
class RetryPause {
  public:
    // `jitter`: 0..1
    std::chrono::milliseconds next(double jitter);
    void reset() { failures_ = 0; }

  private:
    unsigned failures_ = 0;
};

} // namespace gridbridge
