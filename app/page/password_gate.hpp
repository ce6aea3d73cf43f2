// Slows down who tries passwords. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace gridbridge {

enum class Entry : unsigned char { Open, Wrong, TooSoon };

// After three wrong passwords of one address the next is looked at 2 s later, then 4, 8, up to 5 minutes; an
// hour without a wrong one forgets them. One thread at a time.
class PasswordGate {
  public:
    static constexpr std::size_t most_addresses = 256; // the one longest quiet makes room
    static constexpr unsigned free_tries = 3;
    static constexpr std::chrono::seconds longest_pause{300};
    static constexpr std::chrono::seconds forgotten_after{3600};

    // An empty password opens nothing.
    Entry check(const std::string& address, std::string_view given, std::string_view expected,
                Clock::time_point now);
    // Until the next is looked at.
    std::chrono::seconds pause(const std::string& address, Clock::time_point now) const;

  private:
    struct Tries {
        unsigned wrong = 0;
        Clock::time_point last;
        Clock::time_point closed_until;
    };
    void note_wrong(const std::string& address, Clock::time_point now);

    std::map<std::string, Tries> tries_;
};

} // namespace gridbridge
