#include "tests/mill/virtual_poll.hpp"

#include "app/gx/em24_feed.hpp"

#include <array>
#include <memory>
#include <span>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

// Of the answer to a request for all words; none: it is an exception.
std::vector<std::uint16_t> words_in(std::span<const std::uint8_t> pdu) {
    std::vector<std::uint16_t> words;
    for (std::size_t i = 2; pdu[0] < 0x80 && i + 1 < pdu.size(); i += 2) {
        words.push_back(static_cast<std::uint16_t>(pdu[i] << 8 | pdu[i + 1]));
    }
    return words;
}

} // namespace

class VirtualPoll::Polled final : public Em24Feed {
  public:
    explicit Polled(VirtualPoll& poll) : Em24Feed({}, "1.0.0"), poll_(poll) { poll_.polled_ = this; }
    Polled(const Polled&) = delete;
    Polled& operator=(const Polled&) = delete;
    ~Polled() override { poll_.polled_ = poll_.polled_ == this ? nullptr : poll_.polled_; }

  private:
    VirtualPoll& poll_;
};

OutletRow VirtualPoll::outlet() {
    return {"gx em24-ethernet", [this] { return std::make_unique<Polled>(*this); }};
}

Clock::time_point VirtualPoll::after_all(Clock::time_point now) {
    if (now >= next_) {
        next_ = now + PolledGx::pace;
        ask(now);
    }
    return next_;
}

void VirtualPoll::ask(Clock::time_point now) {
    constexpr std::array<std::uint8_t, 5> all_words{3, 0, 0, 0, PolledGx::words};
    std::vector<std::uint16_t> words;
    if (polled_ != nullptr) {
        words = words_in(polled_->answer(PolledGx::unit, all_words, now));
    }
    if (words.empty() && ways_.is_deaf_to_silence) {
        words = newest_;
    }
    if (words.empty()) {
        return;
    }
    newest_ = words;
    gx_.hear(words, now, 0s);
}

} // namespace gridbridge::mill
