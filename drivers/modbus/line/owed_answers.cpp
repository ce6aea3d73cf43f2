#include "drivers/modbus/line/owed_answers.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

bool is_read(const Request& request) {
    return request.function == Function::ReadHolding || request.function == Function::ReadInput;
}

bool is_of_same_kind(const Request& owed, const Request& request) {
    return owed.unit == request.unit && owed.function == request.function && owed.address != request.address;
}

} // namespace

void OwedAnswers::add(const Request& request, Clock::time_point asked) {
    if (!is_read(request)) {
        return;
    }
    std::erase_if(owed_, [asked](const Owed& owed) { return owed.asked + remembered < asked; });
    if (owed_.size() == most) {
        owed_.erase(owed_.begin());
    }
    owed_.push_back({request, asked, asked});
}

// With one answer after the other in time, it is not believed for ever that each is that to the request
// before.
Clock::duration OwedAnswers::answered(const Request& request, Clock::time_point asked) {
    const auto same = std::find_if(owed_.begin(), owed_.end(), [&](const Owed& owed) {
        return is_same_read(owed.request, request) && owed.asked + doubtful_ > asked;
    });
    if (same == owed_.end()) {
        return {};
    }
    const auto older = asked - same->asked;
    if (same->since + remembered > asked) {
        same->asked = asked;
        std::rotate(same, same + 1, owed_.end());
    } else {
        owed_.erase(same);
    }
    return older;
}

void OwedAnswers::forget(const Request& request) {
    std::erase_if(owed_, [&](const Owed& owed) { return is_same_read(owed.request, request); });
}

// Of several that are alike the oldest has been answered, as far as none was lost; how long it took is told
// by the newest, whatever was lost.
std::optional<OwedAnswers::Late> OwedAnswers::take(ByteView frame, Clock::time_point now,
                                                   const GivenAnswers& given) {
    const auto is_answered = [&](const Owed& owed) {
        return owed.asked + remembered >= now && is_answer_to(frame, owed.request);
    };
    const auto oldest = std::find_if(owed_.begin(), owed_.end(), is_answered);
    if (oldest == owed_.end()) {
        return std::nullopt;
    }
    const auto newest = std::find_if(owed_.rbegin(), owed_.rend(), is_answered);
    const Late late{oldest->request, now - newest->asked};
    doubtful_ = std::clamp<Clock::duration>(2 * late.took, doubtful_, most_doubtful);
    if (!given.may_be_copy(oldest->request, frame, oldest->asked, now)) {
        owed_.erase(oldest);
    }
    return late;
}

Clock::time_point OwedAnswers::doubtful_until(const Request& request) const {
    Clock::time_point until{};
    for (const Owed& owed : owed_) {
        if (is_of_same_kind(owed.request, request) && owed.request.operand == request.operand) {
            until = std::max(until, owed.asked + doubtful_);
        }
    }
    return until;
}

bool OwedAnswers::may_be_refused(const Request& request, Clock::time_point now) const {
    return std::any_of(owed_.begin(), owed_.end(), [&](const Owed& owed) {
        return is_of_same_kind(owed.request, request) && owed.asked + doubtful_ > now;
    });
}

bool OwedAnswers::is_owed(Clock::time_point now) const {
    return std::any_of(owed_.begin(), owed_.end(),
                       [&](const Owed& owed) { return owed.asked + doubtful_ > now; });
}

} // namespace gridbridge
