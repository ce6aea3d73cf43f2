#include "drivers/modbus/signing/key_fetch.hpp"

namespace gridbridge {

StepJob KeyFetch::begin() {
    return {Step::SignatureType, RegisterJob::read(ocmf::signature_type, 1)};
}

NextAction KeyFetch::answered(Step step, std::span<const std::uint16_t> words, Clock::time_point now) {
    switch (step) {
    case Step::SignatureType:
        return type_read(words[0], now);
    case Step::RawKey:
        key_.raw = ocmf::raw_key_of(words);
        return StepJob{Step::DerKey, RegisterJob::read(ocmf::der_key, layout_.der_words)};
    default:
        key_.der = ocmf::der_key_of(words);
        tell_key();
        return LookNow{};
    }
}

NextAction KeyFetch::type_read(std::uint16_t type, Clock::time_point now) {
    const auto layout = ocmf::key_layout(type);
    if (!layout) {
        return does_not_sign(now);
    }
    layout_ = *layout;
    return StepJob{Step::RawKey, RegisterJob::read(ocmf::raw_key, layout_.raw_words)};
}

NextAction KeyFetch::does_not_sign(Clock::time_point now) {
    signs_ = false;
    warnings_.add("it has no signing hardware: live values only, no transactions");
    outbox_.forget_state();
    if (inbox_.request() != nullptr) {
        inbox_.answer(TransactionReason::NotSupported, "this meter does not sign");
    }
    return RestUntil{now};
}

void KeyFetch::tell_key() {
    if (key_.raw.empty() || key_.der.empty()) {
        warnings_.add("its public key is unreadable: records cannot be checked with it");
    }
    if (key_ != told_) {
        told_ = key_;
        outbox_.tell(key_);
    }
}

} // namespace gridbridge
