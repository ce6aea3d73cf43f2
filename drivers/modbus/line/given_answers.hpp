// Answers that were taken, so that one that comes twice is not taken for that to another request. Pure.
#pragma once

#include "drivers/modbus/line/frame.hpp"
#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridbridge {

// Repeaters and radio bridges send frames twice, and nothing in the second one tells that of another register
// was asked meanwhile.
class GivenAnswers {
  public:
    static constexpr std::chrono::seconds doubtful{3};
    static constexpr std::chrono::seconds sends_copies_for{60}; // since one was seen
    static constexpr std::size_t most = 32;                     // some meters on one line

    void clear() {
        given_.clear();
        heard_.clear();
        copies_until_ = {};
    }
    // An answer that came when nobody waited for it any more: it may come once more, too.
    void heard(const Request& request, ByteView answer, Clock::time_point now);
    // A frame that nobody was waiting for: the copy of a known one shows that this line sends copies.
    void unasked(ByteView frame, Clock::time_point now);
    // Of a line that sends them: this very answer to `request` has come since `asked`, in time or not.
    bool may_be_copy(const Request& request, ByteView answer, Clock::time_point asked,
                     Clock::time_point now) const;
    // Anothers: the answer to `request` is byte for byte that to another one of the same length a moment ago,
    // and not what this one had the last time. Asked again it is believed: registers may be equal.
    enum class Whose : std::uint8_t { Its, Anothers, Believed };
    // It is kept, unless it is another's.
    Whose whose(const Request& request, ByteView answer, Clock::time_point now);

  private:
    struct Given {
        Request request;
        Bytes answer;
        Clock::time_point at;
        Bytes doubted; // the answer to it that was not believed
    };
    struct Heard {
        Request request;
        Bytes answer;
        Clock::time_point at;
    };
    Given& of(const Request& request);
    // These bytes were an answer to a request for which `of` is true, not before `since`.
    template <typename Of>
    bool knows(ByteView answer, Clock::time_point since, Of of) const;

    std::vector<Given> given_; // the newest last
    std::vector<Heard> heard_; // the newest last
    Clock::time_point copies_until_{};
};

} // namespace gridbridge
