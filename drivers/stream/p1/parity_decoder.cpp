#include "drivers/stream/p1/parity_decoder.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace gridbridge {
namespace {

std::uint8_t without_even_parity(std::uint8_t byte) {
    return std::popcount(byte) % 2 == 0 ? static_cast<std::uint8_t>(byte & 0x7FU) : std::uint8_t{0};
}

} // namespace

ParityDecoder::ParityDecoder(TelegramSink sink, P1Options options) : sink_(std::move(sink)) {
    plain_.emplace(sink_for(Choice::Plain), options);
    masked_.emplace(sink_for(Choice::Masked), options);
}

TelegramSink ParityDecoder::sink_for(Choice choice) {
    return [this, choice](const Telegram& telegram, std::span<const std::uint8_t> raw) {
        if (choice_ == Choice::None) {
            choice_ = choice;
        }
        if (choice_ == choice) {
            sink_(telegram, raw);
        }
    };
}

void ParityDecoder::feed(std::span<const std::uint8_t> bytes) {
    if (plain_) {
        plain_->feed(bytes);
        leave_other();
    }
    if (masked_) {
        without_parity_.resize(bytes.size());
        std::transform(bytes.begin(), bytes.end(), without_parity_.begin(), without_even_parity);
        masked_->feed(without_parity_);
        leave_other();
    }
}

// Not while one of them decodes.
void ParityDecoder::leave_other() {
    if (choice_ == Choice::Plain) {
        masked_.reset();
        without_parity_ = std::vector<std::uint8_t>();
    } else if (choice_ == Choice::Masked) {
        plain_.reset();
    }
}

void ParityDecoder::reset() {
    for (auto* const decoder : {&plain_, &masked_}) {
        if (*decoder) {
            (*decoder)->reset();
        }
    }
}

void ParityDecoder::end_of_stream() {
    for (auto* const decoder : {&plain_, &masked_}) {
        if (*decoder) {
            (*decoder)->end_of_stream();
        }
    }
    leave_other();
}

const StreamCounters& ParityDecoder::counters() const {
    return choice_ == Choice::Masked ? masked_->counters() : plain_->counters();
}

} // namespace gridbridge
