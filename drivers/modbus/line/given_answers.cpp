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

void GivenAnswers::unasked(ByteView frame, Clock::time_point now) {
    const auto is_it = [&](const auto& known) {
        return known.at + doubtful >= now &&
               std::equal(frame.begin(), frame.end(), known.answer.begin(), known.answer.end());
    };
    if (std::any_of(given_.begin(), given_.end(), is_it) ||
        std::any_of(heard_.begin(), heard_.end(), is_it)) {
        copies_until_ = now + sends_copies_for;
    }
}

bool GivenAnswers::may_be_copy(const Request& request, ByteView answer, Clock::time_point asked,
                               Clock::time_point now) const {
    const auto has_come = [&](const auto& known) {
        return known.at >= asked && is_same_read(known.request, request) &&
               std::equal(answer.begin(), answer.end(), known.answer.begin(), known.answer.end());
    };
    return now < copies_until_ && (std::any_of(given_.begin(), given_.end(), has_come) ||
                                   std::any_of(heard_.begin(), heard_.end(), has_come));
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
        copies_until_ = now + sends_copies_for;
        return Whose::Anothers;
    }
    own.answer.assign(answer.begin(), answer.end());
    own.doubted.clear();
    own.at = now;
    return was_doubted ? Whose::Believed : Whose::Its;
}

} // namespace gridbridge
