#include "drivers/stream/obis/framing.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

FramingDecoder::FramingDecoder(TelegramSink sink, std::size_t limit)
    : sink_(std::move(sink)), limit_(limit) {}

void FramingDecoder::feed(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(bytes.size(), limit_ - buffer_.size()));
        buffer_.insert(buffer_.end(), piece.begin(), piece.end());
        bytes = bytes.subspan(piece.size());
        drain();
        buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
        scan_ -= std::min(scan_, at_);
        at_ = 0;
    }
}

void FramingDecoder::reset() {
    if (inside_) {
        count(Rejection::Truncated);
        inside_ = false;
    }
    skip_to(buffer_.size());
    buffer_ = std::vector<std::uint8_t>(); // what noise has filled need not stay
    at_ = scan_ = 0;
}

void FramingDecoder::end_of_stream() {
    silence();
    drain_end();
    reset();
}

void FramingDecoder::skip_to(std::size_t position) {
    counters_.skipped_bytes += position - at_;
    at_ = position;
}

void FramingDecoder::deliver(const Telegram& telegram, std::size_t end) {
    counters_.telegrams += 1;
    sink_(telegram, std::span<const std::uint8_t>(buffer_).subspan(at_, end - at_));
    at_ = end;
    inside_ = false;
}

} // namespace gridbridge
