#include "app/page/password_gate.hpp"

#include "app/page/access.hpp"

#include <algorithm>

namespace gridbridge {

Entry PasswordGate::check(const std::string& address, std::string_view given, std::string_view expected,
                          Clock::time_point now) {
    std::erase_if(tries_, [&](const auto& entry) { return now - entry.second.last > forgotten_after; });
    if (pause(address, now).count() > 0) {
        return Entry::TooSoon;
    }
    if (!expected.empty() && are_equal(given, expected)) {
        tries_.erase(address);
        return Entry::Open;
    }
    if (!given.empty()) { // a browser asks without one first
        note_wrong(address, now);
    }
    return Entry::Wrong;
}

void PasswordGate::note_wrong(const std::string& address, Clock::time_point now) {
    if (tries_.size() >= most_addresses && !tries_.contains(address)) {
        tries_.erase(std::min_element(tries_.begin(), tries_.end(), [](const auto& left, const auto& right) {
            return left.second.last < right.second.last;
        }));
    }
    Tries& tries = tries_[address];
    tries.last = now;
    ++tries.wrong;
    if (tries.wrong >= free_tries) {
        const unsigned doublings = std::min(tries.wrong - free_tries + 1, 10U);
        tries.closed_until = now + std::min(std::chrono::seconds(1U << doublings), longest_pause);
    }
}

std::chrono::seconds PasswordGate::pause(const std::string& address, Clock::time_point now) const {
    const auto known = tries_.find(address);
    return known == tries_.end() || known->second.closed_until <= now
               ? std::chrono::seconds(0)
               : std::chrono::ceil<std::chrono::seconds>(known->second.closed_until - now);
}

} // namespace gridbridge
