#include "drivers/stream/d0/d0_session.hpp"

#include "drivers/text/characters.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Times of IEC 62056-21, chapter 6.3.14 and annex B, with allowance for slow adapters.
constexpr auto listen_time = 6s;          // push meters send every 1 to 4 s
constexpr auto longest_push = 18min;      // one telegram of max_data at 300 bit/s
constexpr auto slowest_flow = 100ms;      // from character to character on average; 33 ms at 300 bit/s
constexpr auto wakeup_time = 2200ms;      // zeros without a gap
constexpr auto wakeup_pause = 1500ms;     // between the zeros and the request
constexpr auto answer_time = 4s;          // the meter reacts within 1.5 s
constexpr auto reaction_time = 200ms;     // before the acknowledgement
constexpr auto fast_reaction_time = 20ms; // third letter of the manufacturer in lower case
constexpr auto switch_margin = 60ms;      // the meter's data begin 200 ms behind the acknowledgement
constexpr auto fast_switch_margin = 10ms;
constexpr auto data_gap = 3s;       // 2.2 s until data begin without acknowledgement
constexpr auto end_gap = 1s;        // behind "!" without ETX
constexpr auto least_pause = 500ms; // the meter returns to 300 bit/s
constexpr auto retry_pause = 2s;
constexpr int max_failures = 3;
constexpr std::size_t longest_identification = 128;
constexpr std::size_t max_data = 32768; // bytes; whatever sends more is no readout
constexpr int most_heard = 1000000;     // counted of a telegram while listening
constexpr int bits_per_character = 10;  // 7E1 and 8N1

constexpr std::array<int, 7> speeds{300, 600, 1200, 2400, 4800, 9600, 19200};

struct Offer {
    int baud = 0; // 0: stay
    bool acknowledge = false;
};

// Baud rate identification: '0'..'6' mode C, 'A'..'F' mode B, anything else mode A.
Offer offer_of(char z) {
    if (z >= '0' && z <= '6') {
        return {speeds.at(static_cast<std::size_t>(z - '0')), true};
    }
    if (z >= 'A' && z <= 'F') {
        return {speeds.at(static_cast<std::size_t>(z - 'A') + 1), false};
    }
    return {};
}

char digit_of(int baud) {
    const auto* const found = std::find(speeds.begin(), speeds.end(), baud);
    return found == speeds.end() ? '0' : static_cast<char>('0' + (found - speeds.begin()));
}

bool is_identification(std::string_view line) {
    return line.size() >= 5 && line[0] == '/' && is_letter(line[1]) && is_letter(line[2]) &&
           is_letter(line[3]);
}

std::vector<std::uint8_t> bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

} // namespace

void D0Session::enter(State state, Clock::time_point wake_at) {
    state_ = state;
    wake_at_ = wake_at;
    line_.clear();
}

Clock::duration D0Session::sending_time(std::size_t bytes) const {
    return std::chrono::milliseconds(bytes * bits_per_character * 1000 / static_cast<std::size_t>(baud_));
}

int D0Session::start_baud() const {
    return options_.mode == ReadoutMode::Request ? options_.request_baud : options_.listen_baud;
}

void D0Session::start(Clock::time_point now) {
    baud_ = start_baud();
    failures_ = 0;
    switch (options_.mode) {
    case ReadoutMode::Push:
        return enter(State::Listening, Clock::time_point::max());
    case ReadoutMode::Request:
        return enter(State::Pausing, now);
    case ReadoutMode::Auto:
        return enter(State::Listening, now + listen_time);
    }
}

void D0Session::received(std::span<const std::uint8_t> bytes, Clock::time_point now) {
    for (const std::uint8_t byte : bytes) {
        const char c = static_cast<char>(byte & 0x7FU);
        switch (state_) {
        case State::Listening:
            if (options_.mode == ReadoutMode::Auto) {
                hear(c, now);
            }
            break;
        case State::Requested:
            take_ident(c, now);
            break;
        case State::Identified: // mode A and B go on by themselves
        case State::Acknowledged:
        case State::Reading:
            take_data(c, now);
            break;
        case State::WakingUp:
        case State::Pausing:
            break;
        }
    }
}

// Only telegrams put off the request: a byte of noise now and then must not.
void D0Session::hear(char c, Clock::time_point now) {
    constexpr std::size_t start_size = 4; // slash and manufacturer
    if (c == '/') {
        line_ = c;
    } else if (!line_.empty() && line_.size() < start_size) {
        line_ = is_letter(c) ? line_ + c : std::string();
        heard_at_ = now;
        heard_bytes_ = 0;
    }
    heard_bytes_ = std::min(heard_bytes_ + 1, most_heard);
    const auto elapsed = now - heard_at_;
    const bool flows = elapsed < listen_time + heard_bytes_ * slowest_flow;
    if (line_.size() == start_size && elapsed < longest_push && flows) {
        wake_at_ = now + listen_time;
    }
    if (c == '!') {
        line_.clear();
    }
}

void D0Session::take_ident(char c, Clock::time_point now) {
    if (c != '\r' && c != '\n') {
        if (c == '/' || line_.size() >= longest_identification) {
            line_.clear();
        }
        line_ += c;
        return;
    }
    if (!is_identification(line_)) {
        line_.clear();
        return;
    }
    if (c == '\r') {
        line_ += c; // its LF is still to come
        return;
    }
    const Offer offer = offer_of(line_[4]);
    fast_ = std::islower(static_cast<unsigned char>(line_[3])) != 0;
    acknowledge_ = offer.acknowledge;
    new_baud_ = options_.can_change_speed && offer.baud != 0 ? offer.baud : baud_;
    const bool now_or_never = !acknowledge_; // mode B changes by itself
    enter(State::Identified, now_or_never ? now : now + (fast_ ? fast_reaction_time : reaction_time));
}

// The end is ETX and one more byte; without ETX it is "!" and silence.
void D0Session::take_data(char c, Clock::time_point now) {
    constexpr char etx = '\x03';
    if (seen_ == Seen::Mark && before_ == etx) {
        seen_ = Seen::Checksum;
    } else if (seen_ == Seen::Nothing && c == '!') {
        seen_ = Seen::Mark;
    }
    before_ = c;
    ++data_bytes_;
    if (state_ == State::Reading) {
        wake_at_ = data_deadline(now);
    }
}

Clock::time_point D0Session::data_deadline(Clock::time_point now) const {
    if (seen_ == Seen::Checksum || data_bytes_ > max_data) {
        return now;
    }
    return now + (seen_ == Seen::Mark ? Clock::duration(end_gap) : Clock::duration(data_gap));
}

std::optional<D0Action> D0Session::next(Clock::time_point now) {
    if (now < wake_at_) {
        return std::nullopt;
    }
    switch (state_) {
    case State::Listening:
    case State::Pausing:
        return ask(now);
    case State::WakingUp:
        return send_request(now);
    case State::Identified:
        return acknowledge_ ? answer(now) : read_on(now, new_baud_);
    case State::Acknowledged:
        return read_on(now, new_baud_);
    case State::Requested:
    case State::Reading:
        return finish(now);
    }
    return std::nullopt;
}

std::optional<D0Action> D0Session::ask(Clock::time_point now) {
    asked_ = now;
    seen_ = Seen::Nothing;
    before_ = 0;
    data_bytes_ = 0;
    if (!options_.wakeup) {
        return send_request(now);
    }
    baud_ = options_.request_baud;
    const auto zeros = static_cast<std::size_t>(wakeup_time / 1ms * baud_ / bits_per_character / 1000);
    enter(State::WakingUp, now + wakeup_time + wakeup_pause);
    return D0Action{baud_, std::vector<std::uint8_t>(zeros)};
}

std::optional<D0Action> D0Session::send_request(Clock::time_point now) {
    baud_ = options_.request_baud;
    const auto request = bytes_of("/?" + options_.address + "!\r\n");
    enter(State::Requested, now + sending_time(request.size()) + answer_time);
    return D0Action{baud_, request};
}

// Protocol control '0', the speed offered, mode control '0': data readout.
std::optional<D0Action> D0Session::answer(Clock::time_point now) {
    const auto message = bytes_of(std::string("\x06"
                                              "0") +
                                  digit_of(new_baud_) + "0\r\n");
    enter(State::Acknowledged,
          now + sending_time(message.size()) + (fast_ ? fast_switch_margin : switch_margin));
    return D0Action{0, message};
}

std::optional<D0Action> D0Session::read_on(Clock::time_point now, int baud) {
    enter(State::Reading, data_deadline(now));
    const bool same = baud == baud_;
    baud_ = baud;
    return D0Action{same ? 0 : baud, {}};
}

std::optional<D0Action> D0Session::finish(Clock::time_point now) {
    const bool ended = seen_ != Seen::Nothing;
    failures_ = ended ? 0 : failures_ + 1;
    if (failures_ >= max_failures && options_.mode == ReadoutMode::Auto) {
        return listen(now);
    }
    const auto pause = ended ? Clock::duration(least_pause) : Clock::duration(retry_pause);
    enter(State::Pausing, std::max<Clock::time_point>(now + pause, asked_ + options_.interval));
    return std::nullopt;
}

void D0Session::give_up(Clock::time_point now) {
    seen_ = Seen::Nothing;
    finish(now);
}

std::optional<D0Action> D0Session::listen(Clock::time_point now) {
    failures_ = 0;
    baud_ = options_.listen_baud;
    enter(State::Listening, now + listen_time);
    return D0Action{baud_, {}};
}

} // namespace gridbridge
