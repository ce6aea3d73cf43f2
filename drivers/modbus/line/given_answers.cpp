#include "drivers/modbus/line/given_answers.hpp"

#include <algorithm>

namespace gridbridge {

GivenAnswers::Given& GivenAnswers::of(const Request& request) {
    const auto known = std::find_if(given_.begin(), given_.end(),
                                    [&](const Given& given) { return is_same_read(given.request, request); });
    if (known != given_.end()) {
        std::rotate(known, known + 1, given_.end());
    } else {
        if (given_.size() == most) {
            given_.erase(given_.begin());
        }
        given_.push_back({request, {}, {}, {}});
    }
    return given_.back();
}

void GivenAnswers::heard(const Request& request, ByteView answer, Clock::time_point now) {
    std::erase_if(heard_, [now](const Heard& heard) { return heard.at + doubtful < now; });
    if (heard_.size() == most) {
        heard_.erase(heard_.begin());
    }
    heard_.push_back({request, Bytes(answer.begin(), answer.end()), now});
}

std::optional<Clock::time_point> GivenAnswers::came_at(const Request& request, ByteView answer) const {
    std::optional<Clock::time_point> newest;
    const auto look_at = [&](const auto& known) {
        if (is_same_read(known.request, request) && known.at > newest &&
            std::equal(answer.begin(), answer.end(), known.answer.begin(), known.answer.end())) {
            newest = known.at;
        }
    };
    std::for_each(given_.begin(), given_.end(), look_at);
    std::for_each(heard_.begin(), heard_.end(), look_at);
    return newest;
}

GivenAnswers::Whose GivenAnswers::whose(const Request& request, ByteView answer, Clock::time_point now) {
    constexpr std::ptrdiff_t head_bytes = 3; // unit, function, count
    const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
    if (is_write(request)) {
        return Whose::Its;
    }
    const bool tells = !std::all_of(answer.begin() + head_bytes, answer.end(), is_zero);
    const auto equals = [&](const Bytes& before) {
        return std::equal(answer.begin(), answer.end(), before.begin(), before.end());
    };
    const bool was_given = std::any_of(given_.begin(), given_.end(), [&](const Given& given) {
        return !is_same_read(given.request, request) && given.at + doubtful >= now && equals(given.answer);
    });
    const bool is_elsewhere = was_given || std::any_of(heard_.begin(), heard_.end(), [&](const Heard& heard) {
                                  return !is_same_read(heard.request, request) &&
                                         heard.at + doubtful >= now && equals(heard.answer);
                              });
    Given& own = of(request);
    const bool was_doubted = equals(own.doubted);
    if (tells && is_elsewhere && !equals(own.answer) && !was_doubted) {
        own.doubted.assign(answer.begin(), answer.end());
        return Whose::Anothers;
    }
    own.answer.assign(answer.begin(), answer.end());
    own.doubted.clear();
    own.at = now;
    return was_doubted ? Whose::Believed : Whose::Its;
}

} // namespace gridbridge
