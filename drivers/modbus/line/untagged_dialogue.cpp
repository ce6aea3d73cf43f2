#include "drivers/modbus/line/untagged_dialogue.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using State = Inspection::State;

// The vendor allows 500 ms for an answer: a lost one may come until then.
constexpr auto late_answer_limit = 500ms;
// A line that babbles on is used all the same after this and the silence that was wanted.
constexpr auto longest_line_babble = 250ms;
constexpr std::size_t most_heard = 264; // the longest frame, and what may stand before it

void append(Bytes& to, ByteView bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

struct Found {
    std::size_t length = 0; // of the whole frame; 0: none begins here
    ByteView body{};        // from the unit on
    bool may_come = false;  // its end is not there yet
};

Found frame_at(ByteView bytes, Framing framing) {
    if (framing == Framing::Checksum) {
        const std::size_t length = whole_frame(bytes);
        return {length, bytes.first(length > 2 ? length - 2 : 0), false};
    }
    const auto length = tcp_frame_length(bytes);
    if (!length || *length == 0) {
        return {0, {}, length.has_value() && bytes.size() >= tcp_header_bytes};
    }
    return {*length, bytes.first(*length).subspan(tcp_header_bytes), false};
}

bool is_confirmation(ByteView frame, const Request& write) {
    constexpr std::size_t length = 6; // unit, function, address, operand
    const Bytes sent = raw_request(write);
    return frame.size() >= length && std::equal(sent.begin(), sent.begin() + length, frame.begin());
}

} // namespace

void UntaggedDialogue::restart(Clock::time_point now) {
    received_.clear();
    heard_.clear();
    owed_.clear();
    given_.clear();
    last_byte_ = now;
    hold_until_ = {};
    is_unsettled_ = false;
    transaction_ = 0;
}

Clock::duration UntaggedDialogue::silence() const {
    return std::clamp<Clock::duration>(longest_, gap_,
                                       std::max<Clock::duration>(timeout_, late_answer_limit));
}

Clock::time_point UntaggedDialogue::may_ask_at(const Request& request) const {
    const auto silent_at = last_byte_ + (is_unsettled_ ? silence() : gap_);
    return std::max({silent_at, hold_until_, owed_.doubtful_until(request)});
}

Clock::time_point UntaggedDialogue::asks_anyway_at(const Request& request, Clock::time_point began) const {
    return std::max({began, hold_until_, owed_.doubtful_until(request)}) + silence() + longest_line_babble;
}

void UntaggedDialogue::overheard(ByteView bytes, Clock::time_point now) {
    last_byte_ = now;
    skipped_ += bytes.size();
    append(heard_, bytes);
    take_frames(now);
}

void UntaggedDialogue::asked(const Request& request, std::chrono::milliseconds timeout,
                             Clock::time_point now) {
    request_ = request;
    timeout_ = timeout;
    asked_at_ = now;
    received_.clear();
    heard_.clear();
    has_echo_ = false;
    is_unsettled_ = false;
    hold_until_ = {};
    ++transaction_;
    foreign_.pass_time(now, timeout);
}

Bytes UntaggedDialogue::frame() const {
    return framing_ == Framing::Checksum ? serial_frame(request_) : tcp_request(request_, transaction_);
}

std::optional<std::vector<std::uint16_t>> UntaggedDialogue::received(ByteView bytes, Clock::time_point now) {
    last_byte_ = now;
    append(received_, bytes);
    if (framing_ == Framing::Checksum && !take_echo()) {
        return std::nullopt;
    }
    const Inspection found = inspect();
    if (found.state == State::Bad) {
        reject(found.reason, now);
    }
    if (found.state == State::Incomplete) {
        return std::nullopt;
    }
    return accept(found, now);
}

// The confirmation of a write looks like its echo: only a line that is known to echo has both.
bool UntaggedDialogue::take_echo() {
    if (has_echo_ || (request_.function == Function::WriteSingle && !echoes_)) {
        return true;
    }
    const Bytes sent = serial_frame(request_);
    const std::size_t same = std::min(sent.size(), received_.size());
    if (!std::equal(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(same), received_.begin())) {
        return true;
    }
    if (same < sent.size()) {
        return false;
    }
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(same));
    has_echo_ = echoes_ = true;
    return true;
}

Inspection UntaggedDialogue::inspect() const {
    return framing_ == Framing::Checksum ? inspect_serial(received_, request_)
                                         : inspect_tcp(received_, request_, std::nullopt);
}

std::vector<std::uint16_t> UntaggedDialogue::accept(const Inspection& found, Clock::time_point now) {
    const auto end = found.offset + found.length + (framing_ == Framing::Checksum ? 2 : 0);
    const auto answer = ByteView(received_).subspan(found.offset, found.length);
    std::vector<std::uint16_t> words;
    try {
        words = check_answer(answer, request_);
    } catch (const BadReply& bad) {
        reject(bad.what(), now);
    } catch (const ExceptionReply&) {
        if (owed_.may_be_refused(request_, now)) {
            reject("an exception that may answer an older request", now);
        }
        measure(now - asked_at_);
        throw;
    }
    const auto whose = given_.whose(request_, answer, now);
    if (whose == GivenAnswers::Whose::Anothers) {
        reject_anothers(end, now);
    }
    if (whose == GivenAnswers::Whose::Believed) {
        owed_.forget(request_);
    }
    lateness_ = owed_.answered(request_, asked_at_);
    measure(now - asked_at_);
    skipped_ += received_.size() - (end - found.offset);
    heard_.assign(received_.begin() + static_cast<std::ptrdiff_t>(end), received_.end());
    received_.clear();
    take_frames(now);
    return words;
}

// What came was no answer, so that may still come.
void UntaggedDialogue::reject(const std::string& reason, Clock::time_point now) {
    set_aside(now);
    throw BadReply(reason);
}

// A whole frame, but the answer is still to come. `end`: of the frame.
void UntaggedDialogue::reject_anothers(std::size_t end, Clock::time_point now) {
    owed_.add(request_, asked_at_);
    is_unsettled_ = true;
    foreign_.foreign_frame(now);
    heard_.assign(received_.begin() + static_cast<std::ptrdiff_t>(end), received_.end());
    received_.clear();
    take_frames(now);
    throw BadReply("the answer to another request once more");
}

void UntaggedDialogue::give_up(Clock::time_point now) {
    const bool is_silent = received_.empty();
    hold_until_ = asked_at_ + late_answer_limit;
    set_aside(now);
    if (!is_silent) {
        throw BadReply("incomplete answer");
    }
    throw Timeout(has_echo_ ? "only the request itself comes back: the adapter echoes, and no meter answers"
                            : "no answer");
}

void UntaggedDialogue::set_aside(Clock::time_point now) {
    // One of the right length that is damaged has come.
    const std::size_t whole = framing_ == Framing::Checksum ? serial_answer_length(request_) : 0;
    if (received_.size() != whole || !is_answer_to(ByteView(received_).first(whole), request_)) {
        owed_.add(request_, asked_at_);
    }
    is_unsettled_ = true;
    append(heard_, received_);
    received_.clear();
    take_frames(now);
}

void UntaggedDialogue::take_frames(Clock::time_point now) {
    std::size_t at = 0;
    while (at < heard_.size()) {
        const Found found = frame_at(ByteView(heard_).subspan(at), framing_);
        if (found.may_come) {
            break;
        }
        if (found.length == 0) {
            ++at;
            continue;
        }
        take_frame(found.body, now);
        heard_.erase(heard_.begin(), heard_.begin() + static_cast<std::ptrdiff_t>(at + found.length));
        at = 0;
    }
    if (heard_.size() > most_heard) {
        heard_.erase(heard_.begin(), heard_.end() - static_cast<std::ptrdiff_t>(most_heard));
    }
}

void UntaggedDialogue::take_frame(ByteView frame, Clock::time_point now) {
    if (is_write(request_) && is_confirmation(frame, request_)) {
        return; // late, or the second one of an adapter that echoes
    }
    Bytes body(frame.begin(), frame.end());
    if (framing_ == Framing::Header && (body[0] == 0 || body[0] == 255)) {
        body[0] = request_.unit;
    }
    const auto late = owed_.take(body, now, given_);
    if (!late) {
        is_unsettled_ = true;
        given_.unasked(body, now);
        if (is_answer_to(body, request_)) { // what came for it was damaged; this one may come twice, too
            given_.heard(request_, body, now);
        }
        foreign_.foreign_frame(now);
        return;
    }
    given_.heard(late->request, body, now);
    measure(late->took);
    if (late->took > timeout_) {
        foreign_.late_answer(late->took, now);
    }
    if (!owed_.is_owed(now)) {
        hold_until_ = {};
    }
}

void UntaggedDialogue::measure(Clock::duration taken) {
    longest_ = std::max(taken, longest_ - longest_ / 64);
}

LineHealth UntaggedDialogue::health() const {
    LineHealth health = foreign_.health();
    health.echoes = echoes_;
    return health;
}

} // namespace gridbridge
