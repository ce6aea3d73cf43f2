#include "drivers/modbus/line/transaction_ids.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr std::size_t agreeing = 2; // sightings in a row that agree

std::uint16_t swapped(std::uint16_t id) {
    return static_cast<std::uint16_t>(id << 8U | id >> 8U);
}

} // namespace

void TransactionIds::restart(bool is_silent) {
    constexpr std::uint16_t least = 16; // a device that is switched off falls silent after any id
    if (is_silent && answered_ >= least && answered_ == silent_after_) {
        largest_ = answered_;
    }
    silent_after_ = is_silent ? answered_ : silent_after_;
    id_ = 0;
    answered_ = 0;
    asked_ = {};
    // Sightings stay: with a connection per request there would never be enough.
}

void TransactionIds::answered() {
    strange_ = 0;
    answered_ = id_;
    asked_[id_ % kept].is_open = false;
}

std::uint16_t TransactionIds::next(Clock::time_point now) {
    id_ = id_ >= largest_ ? std::uint16_t{1} : static_cast<std::uint16_t>(id_ + 1);
    asked_[id_ % kept] = {id_, now, true};
    return id_;
}

std::optional<Clock::duration> TransactionIds::strange(std::uint16_t id, Clock::time_point now) {
    Asked& asked = asked_[id % kept];
    if (asked.is_open && asked.id == id) {
        asked.is_open = false;
        return now - asked.at;
    }
    if (strange_ == kept) {
        std::move(sightings_.begin() + 1, sightings_.end(), sightings_.begin());
        --strange_;
    }
    sightings_[strange_++] = {id_, id};
    return std::nullopt;
}

std::string TransactionIds::diagnosis() const {
    if (strange_ < agreeing) {
        return {};
    }
    const auto begin = sightings_.begin();
    const auto end = begin + static_cast<std::ptrdiff_t>(strange_);
    const Strange first = *begin;
    const auto all = [&](auto holds) { return std::all_of(begin, end, holds); };
    const auto offset = static_cast<std::int16_t>(first.got - first.asked);
    std::string what;
    if (all([](Strange seen) { return seen.got == swapped(seen.asked); })) {
        what = "with the bytes of the transaction id swapped";
    } else if (all([&](Strange seen) {
                   return static_cast<std::int16_t>(seen.got - seen.asked) == offset;
               })) {
        what = "with a transaction id that is off by " + std::to_string(offset);
    } else if (all([&](Strange seen) { return seen.got == first.got; })) {
        what = "every request with transaction id " + std::to_string(first.got);
    } else {
        return {};
    }
    return "the gateway answers " + what + ": set tolerant=true to read it all the same";
}

} // namespace gridbridge
