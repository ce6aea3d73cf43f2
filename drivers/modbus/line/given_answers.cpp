#include "drivers/modbus/line/given_answers.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

bool is_equal(ByteView frame, const Bytes& known) {
    return std::equal(frame.begin(), frame.end(), known.begin(), known.end());
}

} // namespace

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

template <typename Of>
bool GivenAnswers::knows(ByteView answer, Clock::time_point since, Of of) const {
    const auto is_it = [&](const auto& known) {
        return known.at >= since && of(known.request) && is_equal(answer, known.answer);
    };
    return std::any_of(given_.begin(), given_.end(), is_it) ||
           std::any_of(heard_.begin(), heard_.end(), is_it);
}

void GivenAnswers::unasked(ByteView frame, Clock::time_point now) {
    if (knows(frame, now - doubtful, [](const Request&) { return true; })) {
        copies_until_ = now + sends_copies_for;
    }
}

bool GivenAnswers::may_be_copy(const Request& request, ByteView answer, Clock::time_point asked,
                               Clock::time_point now) const {
    return now < copies_until_ &&
           knows(answer, asked, [&](const Request& known) { return is_same_read(known, request); });
}

GivenAnswers::Whose GivenAnswers::whose(const Request& request, ByteView answer, Clock::time_point now) {
    constexpr std::ptrdiff_t head_bytes = 3; // unit, function, count
    const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
    if (is_write(request)) {
        return Whose::Its;
    }
    const bool tells = !std::all_of(answer.begin() + head_bytes, answer.end(), is_zero);
    const bool is_elsewhere =
        knows(answer, now - doubtful, [&](const Request& known) { return !is_same_read(known, request); });
    Given& own = of(request);
    const bool was_doubted = is_equal(answer, own.doubted);
    if (tells && is_elsewhere && !is_equal(answer, own.answer) && !was_doubted) {
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
