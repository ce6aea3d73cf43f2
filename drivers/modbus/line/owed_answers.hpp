// Answers that may still come to requests nobody waits for any more. Pure.
#pragma once

#include "drivers/modbus/line/frame.hpp"
#include "drivers/modbus/line/given_answers.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

namespace gridbridge {

class OwedAnswers {
  public:
    // A late answer can pass for that to another request of the same length for this long, and for twice as
    // long as the latest that was seen; it is known as a late one for longer.
    static constexpr std::chrono::milliseconds doubtful{1500};
    static constexpr std::chrono::seconds most_doubtful{5};
    static constexpr std::chrono::seconds remembered{10};
    static constexpr std::size_t most = 16;

    void clear() { owed_.clear(); }
    // Of a read; a write says itself what it answers.
    void add(const Request& request, Clock::time_point asked);
    // The request was answered; if the same one is owed, that may have been the older answer, and the newer
    // one is owed from now on. By how much the answer may be older than its request.
    Clock::duration answered(const Request& request, Clock::time_point asked);
    // All of it have come.
    void forget(const Request& request);
    // The frame answers one of them: which, and how long it took, at least. One is owed no more, unless the
    // frame may be the copy of one that had come since.
    struct Late {
        Request request;
        Clock::duration took;
    };
    std::optional<Late> take(ByteView frame, Clock::time_point now, const GivenAnswers& given);
    // Until when an answer of another register would be taken for that to `request`.
    Clock::time_point doubtful_until(const Request& request) const;
    // The same of an exception, which has no length.
    bool may_be_refused(const Request& request, Clock::time_point now) const;
    bool is_owed(Clock::time_point now) const; // any that is still doubtful

  private:
    struct Owed {
        Request request;
        Clock::time_point asked;
        Clock::time_point since; // the first that was not answered
    };

    Clock::duration doubtful_ = doubtful;
    std::vector<Owed> owed_; // by when they were asked, oldest first
};

} // namespace gridbridge
