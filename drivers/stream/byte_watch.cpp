#include "drivers/stream/byte_watch.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds patience = 10s;
constexpr std::chrono::seconds patience_of_guesses = 25s; // where telegrams are deciphered
constexpr std::chrono::seconds longest_stand = 35s;       // the latest that a stream is stale by default
constexpr std::chrono::hours quiet = 1h;                  // of the log about a kind it has named

bool is_guess(const StreamFinding& finding) {
    return stream_kind_row(finding.kind).guessed;
}

bool is_proved(const StreamFinding& finding) {
    return finding.kind != StreamKind::Nothing && !is_guess(finding);
}

std::optional<CipherKeys> keys_of(const MeterConfig& meter) {
    const auto key = parse_cipher_key(meter.key);
    return key ? std::optional(CipherKeys{*key, parse_cipher_key(meter.auth_key)}) : std::nullopt;
}

// The choice of P1's parity changes which counters count.
std::uint64_t since(std::uint64_t now, std::uint64_t before) {
    return now - std::min(now, before);
}

} // namespace

ByteWatch::ByteWatch(const MeterConfig& meter, int haste)
    : read_{meter.driver, keys_of(meter), {}}, stands_(meter.stale_after.value_or(longest_stand)),
      haste_(haste) {}

void ByteWatch::received(std::span<const std::uint8_t> bytes, Clock::time_point now) {
    if (bytes.empty() || is_proved(said_)) {
        return;
    }
    first_ = first_.value_or(now);
    next_look_ = std::min(next_look_, std::max(*first_, looked_) + of(patience));
    bytes = bytes.last(std::min(bytes.size(), recognised_bytes));
    const std::size_t all = bytes_.size() + bytes.size();
    const std::size_t excess = all - std::min(all, recognised_bytes);
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(excess));
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void ByteWatch::telegram(const StreamCounters& counters, Clock::time_point now) {
    forget_bytes();
    last_telegram_ = now;
    before_ = counters;
}

void ByteWatch::reopened() {
    if (said_.kind != StreamKind::Nothing) {
        forget_bytes();
    }
}

void ByteWatch::forget_bytes() {
    bytes_.clear();
    first_.reset();
    kept_ = said_ = {};
    said_lost_ = false;
    looked_ = {};
    next_look_ = Clock::time_point::max();
}

// Text that may become a telegram speaks against what other settings made it look like.
void ByteWatch::changed_settings(const StreamCounters& counters, Clock::time_point now) {
    constexpr std::size_t some_bytes = 16;
    StreamFinding found = find(counters);
    if (is_proved(found) || (!is_proved(kept_) && bytes_.size() >= some_bytes)) {
        kept_ = std::move(found);
    }
    bytes_.clear();
    before_ = counters;
    if (first_ && !is_proved(said_)) {
        next_look_ = std::max(*first_ + of(patience), now);
    }
}

StreamFinding ByteWatch::find(const StreamCounters& counters) const {
    ReadAs read = read_;
    std::transform(counters.rejected.begin(), counters.rejected.end(), before_.rejected.begin(),
                   read.rejected.begin(), since);
    return recognise(bytes_, read);
}

// Nothing when what was said stands.
StreamFinding ByteWatch::find_news(const WatchedLine& line, Clock::time_point now) {
    StreamFinding found = is_proved(kept_) ? kept_ : find(line.counters);
    if (found.kind == StreamKind::Nothing) {
        found = kept_;
    }
    if (!is_guess(found)) {
        return found;
    }
    if (read_.keys && first_ && now < *first_ + of(patience_of_guesses)) {
        next_look_ = *first_ + of(patience_of_guesses);
        return {};
    }
    return line.may_guess && said_.kind == StreamKind::Nothing ? found : StreamFinding{};
}

std::optional<Complaint> ByteWatch::look(const WatchedLine& line, Clock::time_point now) {
    if (now < next_look_) {
        return std::nullopt;
    }
    next_look_ = Clock::time_point::max();
    if (last_telegram_ && now < *last_telegram_ + line.interval + of(patience)) {
        next_look_ = *last_telegram_ + line.interval + of(patience);
        return std::nullopt;
    }
    looked_ = now;
    const StreamFinding news = is_proved(said_) ? StreamFinding{} : find_news(line, now);
    return say(news.kind == StreamKind::Nothing ? said_ : news, line.tried_settings, now);
}

// Of a meter that has been heard it is said at once, and once more when its values do not stand any more.
std::optional<Complaint> ByteWatch::say(const StreamFinding& finding, std::string_view tried,
                                        Clock::time_point now) {
    if (finding.kind == StreamKind::Nothing) {
        return std::nullopt;
    }
    const bool is_lost = !last_telegram_ || now >= *last_telegram_ + stands_ / haste_;
    if (!is_lost) {
        next_look_ = std::min(next_look_, *last_telegram_ + stands_ / haste_);
    }
    if (finding.kind == said_.kind && is_lost == said_lost_) {
        return std::nullopt;
    }
    const bool is_news = finding.kind != said_.kind && (finding.kind != logged_ || now - logged_at_ >= quiet);
    said_ = finding;
    said_lost_ = is_lost;
    if (is_news) {
        logged_ = finding.kind;
        logged_at_ = now;
    }
    return Complaint{finding_text(finding, read_.driver, tried), is_news, is_lost};
}

} // namespace gridbridge
