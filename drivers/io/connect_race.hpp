// In what order and when the addresses of a host are tried: RFC 8305, "Happy Eyeballs". Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// Numeric addresses with the families taking turns, beginning with the family of the first (RFC 8305 chapter
// 4); the order within each family stays. At most `limit`.
std::vector<std::string> interleaved(const std::vector<std::string>& addresses, std::size_t limit);

// Says when the next attempt begins: 250 ms after the one before (RFC 8305 chapter 5), at once when one has
// failed. With more attempts than addresses the addresses take turns again, a second apart: the system
// repeats what was lost after 1, 2, 4, 8 s, and a line that is back would be found that late.
class ConnectRace {
  public:
    static constexpr std::chrono::milliseconds stagger{250};
    static constexpr std::chrono::milliseconds again{1000};

    ConnectRace(std::size_t addresses, Clock::time_point now) : ConnectRace(addresses, now, addresses) {}
    ConnectRace(std::size_t addresses, Clock::time_point now, std::size_t attempts)
        : addresses_(addresses), attempts_(attempts), next_at_(now) {}

    // The address to try now, if any; the attempt is under way then.
    std::optional<std::size_t> begin(Clock::time_point now);
    // An attempt has failed: the next need not wait for its turn.
    void failed(Clock::time_point now);
    // When to look again; nothing when all attempts have begun.
    std::optional<Clock::time_point> next_at() const;
    bool is_lost() const { return begun_ >= addresses_ && under_way_ == 0; }

  private:
    std::size_t addresses_;
    std::size_t attempts_;
    Clock::time_point next_at_;
    std::size_t begun_ = 0;
    std::size_t under_way_ = 0;
};

// The error to report of several attempts: the one that tells most. errno values; 0 is none.
int more_telling(int one, int other);

} // namespace gridbridge
