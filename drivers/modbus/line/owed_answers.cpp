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
    owed_.push_back({request, asked});
}

void OwedAnswers::answered(const Request& request, Clock::time_point asked) {
    for (Owed& owed : owed_) {
        const bool is_same = owed.request.unit == request.unit && owed.request.function == request.function &&
                             owed.request.address == request.address &&
                             owed.request.operand == request.operand;
        if (is_same && owed.asked + doubtful > asked) {
            owed.asked = asked;
            return;
        }
    }
}

std::optional<Clock::duration> OwedAnswers::take(ByteView frame, Clock::time_point now) {
    const auto found = std::find_if(owed_.begin(), owed_.end(), [&](const Owed& owed) {
        return owed.asked + remembered >= now && is_answer_to(frame, owed.request);
    });
    if (found == owed_.end()) {
        return std::nullopt;
    }
    const auto taken = now - found->asked;
    owed_.erase(found);
    return taken;
}

Clock::time_point OwedAnswers::doubtful_until(const Request& request) const {
    Clock::time_point until{};
    for (const Owed& owed : owed_) {
        if (is_of_same_kind(owed.request, request) && owed.request.operand == request.operand) {
            until = std::max(until, owed.asked + doubtful);
        }
    }
    return until;
}

bool OwedAnswers::may_be_refused(const Request& request, Clock::time_point now) const {
    return std::any_of(owed_.begin(), owed_.end(), [&](const Owed& owed) {
        return is_of_same_kind(owed.request, request) && owed.asked + doubtful > now;
    });
}

bool OwedAnswers::is_owed(Clock::time_point now) const {
    return std::any_of(owed_.begin(), owed_.end(),
                       [now](const Owed& owed) { return owed.asked + doubtful > now; });
}

} // namespace gridbridge
