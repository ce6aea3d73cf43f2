// Which meters send on one line. Damage makes no meter, and two meters are not mixed.
#pragma once

#include "drivers/text/label.hpp"
#include "drivers/waist/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Whom a telegram belongs to.
struct Sender {
    std::size_t place = 0; // 0: the meter of the line; others take turns with it
    Label serial;          // empty: nobody has told one
    bool operator==(const Sender&) const = default;
};

// Pure. The first serial number counts at once when a checksum covers its telegram. A further one, or one
// without checksum, counts when it was sent twice within the last four telegrams; at most four further ones
// an hour. A telegram without serial number is that of the only meter there has been.
//
// A new serial number takes the place of a meter that was not heard since the new one was first: an
// exchange. One that is heard besides the others has a place of its own, as has one that comes back.
class LineIdentities {
  public:
    static constexpr std::size_t window = 4; // telegrams
    static constexpr std::size_t most_new = 4;
    static constexpr std::chrono::hours new_within{1};
    static constexpr std::size_t most_places = 4;

    explicit LineIdentities(std::size_t places = most_places) : most_places_(places) {}

    // Nothing: it cannot be said whose telegram this is.
    std::optional<Sender> judge(const Label& serial, bool has_checksum, Clock::time_point now);

    std::size_t meters() const { return places_.size(); }
    // Three telegrams were refused within an hour: an exchange of the meter costs one.
    bool is_unsteady(Clock::time_point now) const;

  private:
    struct Place {
        Label serial;
        std::uint64_t heard = 0; // number of its last telegram
    };

    Place* find(std::string_view serial);
    void note(std::string_view serial);
    bool is_confirmed(std::string_view serial) const;
    std::uint64_t first_heard(std::string_view serial) const;
    bool may_be_new(Clock::time_point now);
    bool has_told_one() const { return !places_.empty() && !places_.front().serial.text.empty(); }
    bool has_been_only_one() const { return places_.size() == 1 && former_.empty(); }
    Place* quietest_since(std::uint64_t number);
    Place* settle(const Label& serial);
    Place* exchange(Place& place, const Label& serial);

    std::size_t most_places_;
    std::vector<Place> places_;
    std::vector<std::string> former_; // exchanged; the oldest is forgotten
    std::array<std::optional<std::string>, window> last_;
    std::uint64_t count_ = 0;               // telegrams
    std::vector<Clock::time_point> new_at_; // at most a few; an empty deque would take 0.6 kB
    std::array<std::optional<Clock::time_point>, 3> refused_at_; // the newest first
};

} // namespace gridbridge
