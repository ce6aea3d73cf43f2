#include "drivers/stream/line_identities.hpp"

#include <algorithm>

namespace gridbridge {

std::optional<Sender> LineIdentities::judge(const Label& label, bool has_checksum, Clock::time_point now) {
    const std::string& serial = label.text;
    note(serial);
    Place* place = find(serial);
    const bool is_first = !has_told_one();
    if (place == nullptr && serial.empty() && !is_first) {
        place = has_been_only_one() ? &places_.front() : nullptr;
    } else if (place == nullptr && is_first && (has_checksum || is_confirmed(serial))) {
        places_.assign(1, {label});
        place = &places_.front();
    } else if (place == nullptr && !is_first && is_confirmed(serial) && may_be_new(now)) {
        place = settle(label);
        if (place != nullptr) {
            new_at_.push_back(now);
        }
    }
    if (place == nullptr) {
        refused_at_ = {now, refused_at_[0], refused_at_[1]};
        return std::nullopt;
    }
    place->heard = count_;
    return Sender{static_cast<std::size_t>(place - places_.data()), place->serial};
}

bool LineIdentities::is_unsteady(Clock::time_point now) const {
    return refused_at_.back() && now - *refused_at_.back() < new_within;
}

void LineIdentities::note(std::string_view serial) {
    last_.at(count_ % window) = std::string(serial);
    ++count_;
}

LineIdentities::Place* LineIdentities::find(std::string_view serial) {
    const auto found = std::find_if(places_.begin(), places_.end(),
                                    [&](const Place& place) { return place.serial.text == serial; });
    return found == places_.end() ? nullptr : &*found;
}

bool LineIdentities::is_confirmed(std::string_view serial) const {
    return std::count(last_.begin(), last_.end(), serial) >= 2;
}

// Number of its first telegram within the window.
std::uint64_t LineIdentities::first_heard(std::string_view serial) const {
    std::uint64_t first = count_;
    for (std::uint64_t number = count_; number > 0 && number + window > count_; --number) {
        first = last_.at((number - 1) % window) == serial ? number : first;
    }
    return first;
}

bool LineIdentities::may_be_new(Clock::time_point now) {
    while (!new_at_.empty() && now - new_at_.front() >= new_within) {
        new_at_.erase(new_at_.begin());
    }
    return new_at_.size() < most_new;
}

LineIdentities::Place* LineIdentities::quietest_since(std::uint64_t number) {
    const auto quietest = std::min_element(places_.begin(), places_.end(),
                                           [](const Place& a, const Place& b) { return a.heard < b.heard; });
    return quietest->heard < number ? &*quietest : nullptr;
}

// None when there is no place for one more.
LineIdentities::Place* LineIdentities::settle(const Label& serial) {
    const bool comes_back = std::find(former_.begin(), former_.end(), serial.text) != former_.end();
    Place* const left = comes_back ? nullptr : quietest_since(first_heard(serial.text));
    if (left != nullptr) {
        return exchange(*left, serial);
    }
    if (places_.size() < most_places_) {
        return &places_.emplace_back(Place{serial});
    }
    Place* const quiet = quietest_since(count_ + 1 - std::min<std::uint64_t>(count_, window));
    return quiet == nullptr ? nullptr : exchange(*quiet, serial);
}

LineIdentities::Place* LineIdentities::exchange(Place& place, const Label& serial) {
    constexpr std::size_t most_former = 8;
    std::erase(former_, serial.text);
    former_.push_back(place.serial.text);
    if (former_.size() > most_former) {
        former_.erase(former_.begin());
    }
    place = {serial};
    return &place;
}

} // namespace gridbridge
