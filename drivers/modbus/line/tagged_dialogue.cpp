#include "drivers/modbus/line/tagged_dialogue.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using State = Inspection::State;

constexpr auto longest_babble = 250ms;

} // namespace

void TaggedDialogue::restart(Clock::time_point /*now*/) {
    received_.clear();
    ids_.restart(is_unanswered_);
    is_unanswered_ = false;
}

Clock::time_point TaggedDialogue::may_ask_at(const Request& /*request*/) const {
    return {};
}

Clock::time_point TaggedDialogue::asks_anyway_at(const Request& /*request*/, Clock::time_point began) const {
    return began + longest_babble;
}

void TaggedDialogue::overheard(ByteView bytes, Clock::time_point now) {
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    take_strange(now, false);
}

void TaggedDialogue::asked(const Request& request, std::chrono::milliseconds timeout, Clock::time_point now) {
    request_ = request;
    timeout_ = timeout;
    asked_at_ = now;
    // The rest of an answer may follow. What is shorter than a header may be a checksum some leave in place.
    if (received_.size() < tcp_header_bytes) {
        skip(received_.size());
    }
    ids_.next(now);
    late_.pass_time(now, timeout);
}

Bytes TaggedDialogue::frame() const {
    return tcp_request(request_, ids_.current());
}

std::chrono::milliseconds TaggedDialogue::patience() const {
    using std::chrono::milliseconds;
    const auto needed = std::chrono::duration_cast<milliseconds>(longest_ * 3 / 2);
    return is_patient_ ? std::max(timeout_, std::min(needed, most_patience)) : timeout_;
}

std::optional<std::vector<std::uint16_t>> TaggedDialogue::received(ByteView bytes, Clock::time_point now) {
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    take_strange(now, true);
    const Inspection found = inspect_tcp(received_, request_, ids_.current());
    if (found.state == State::Bad) {
        skip(received_.size());
        throw BadReply(found.reason);
    }
    if (found.state != State::Complete) {
        return std::nullopt;
    }
    const Bytes answer = std::exchange(received_, {});
    ids_.answered();
    is_unanswered_ = false;
    measure(now - asked_at_);
    return check_answer(ByteView(answer).subspan(found.offset, found.length), request_);
}

void TaggedDialogue::skip(std::size_t bytes) {
    skipped_ += bytes;
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(bytes));
}

// Removes whole frames that are no answer to the request, if one is under way.
void TaggedDialogue::take_strange(Clock::time_point now, bool is_asked) {
    while (true) {
        const auto length = tcp_frame_length(received_);
        if (!length && !is_asked) {
            skip(received_.size());
        }
        if (!length || *length == 0) {
            return;
        }
        const auto id = static_cast<std::uint16_t>(received_[0] << 8U | received_[1]);
        if (is_asked && id == ids_.current()) {
            return;
        }
        skip(*length);
        if (const auto taken = ids_.strange(id, now)) {
            measure(*taken);
            if (*taken > timeout_) {
                late_.late_answer(*taken, now);
            }
        }
    }
}

void TaggedDialogue::measure(Clock::duration taken) {
    longest_ = std::max(taken, longest_ - longest_ / 64);
}

void TaggedDialogue::give_up(Clock::time_point /*now*/) {
    is_unanswered_ = true;
    if (!received_.empty()) {
        throw BadReply("incomplete answer");
    }
    const std::string diagnosis = ids_.diagnosis();
    throw Timeout(diagnosis.empty() ? "no answer" : "no answer with its transaction id: " + diagnosis);
}

LineHealth TaggedDialogue::health() const {
    LineHealth health = late_.health();
    if (const std::string diagnosis = ids_.diagnosis(); !diagnosis.empty()) {
        health.advice = diagnosis;
    }
    return health;
}

} // namespace gridbridge
