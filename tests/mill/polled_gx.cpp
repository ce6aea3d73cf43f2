#include "tests/mill/polled_gx.hpp"

#include <algorithm>
#include <array>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

// Source: the vendor's protocol document of the EM24 E1. What a source does not give is 0 there, but for the
// power.
struct Place {
    std::size_t at; // low word first
    const char* path;
    double step;
    bool may_be_absent;
    Clock::duration standing{}; // a counter that is held back stands still
};
constexpr Clock::duration held = 10min;
constexpr std::array places{
    Place{0x00, "L1/Voltage", 0.1, true}, Place{PolledGx::power_at, "Power", 0.1, false},
    Place{0x34, "Energy/Forward", 0.1, true, held}, Place{0x4E, "Energy/Reverse", 0.1, true, held}};

std::int32_t int32_in(std::span<const std::uint16_t> words, std::size_t at) {
    return static_cast<std::int32_t>(std::uint32_t{words[at + 1]} << 16 | words[at]);
}

} // namespace

void PolledGx::hear(std::span<const std::uint16_t> answer, Clock::time_point now, Clock::duration more) {
    if (answer.size() != words) {
        witness_.violated(now, "the GX reads " + std::to_string(answer.size()) + " words");
        return;
    }
    newest_ = now;
    ++numbers_;
    for (const Place& place : places) {
        const std::int32_t number = int32_in(answer, place.at);
        // A GX books a counter that was there and is 0.
        const bool was_there = place.standing > 0s && given_.count(place.at) != 0;
        if (number != 0 || !place.may_be_absent || was_there) {
            check(place.path, number * place.step, now, more + place.standing);
            given_.insert(place.at);
        }
    }
    const bool may_be_known = std::any_of(truths_.begin(), truths_.end(), [&](const Truth* truth) {
        return witness_.may_be_known(*truth, now, more);
    });
    if (!may_be_known) {
        witness_.violated(now, "the GX reads the power of a meter that is silent");
    }
}

void PolledGx::check(const std::string& path, double number, Clock::time_point now, Clock::duration more) {
    const bool is_true = std::any_of(truths_.begin(), truths_.end(), [&](const Truth* truth) {
        return witness_.was_true(*truth, path, number, now, more);
    });
    if (!is_true) {
        witness_.violated(now, "the GX reads that " + path + " is " + std::to_string(number) +
                                   ", which it never was");
    }
}

void PolledGx::end(Clock::time_point now) {
    constexpr auto limit = 6s;
    if (now - newest_ > limit) {
        witness_.violated(now, "the meter is not back for a GX that polls it");
    }
}

} // namespace gridbridge::mill
