#include "drivers/modbus/signing/side_reads.hpp"

#include "drivers/modbus/signing/ocmf_registers.hpp"

#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto status_period = 1min;
constexpr std::size_t most_wanted = 4; // a start, an end, a request, and one more

StepJob status_job(Step step) {
    switch (step) {
    case Step::ChargingStatus:
        return {step, RegisterJob::read(ocmf::charging_status, 1)};
    case Step::LastId:
        return {step, RegisterJob::read(ocmf::last_id, ocmf::last_id_words)};
    case Step::ClockStatus:
        return {step, RegisterJob::read(ocmf::clock_status, 1)};
    default:
        return {Step::IdDefinition, RegisterJob::read(ocmf::id_definition, 1)};
    }
}

} // namespace

void SideReads::looked(const std::optional<std::string>& running, Clock::time_point now) {
    const RunningTransaction seen{running};
    if (running_ == seen) {
        return;
    }
    if (running_) { // the first look after the start of the program has seen neither start nor end
        if (running_->transaction_id) {
            want_value(SignedValue::Occasion::End, *running_->transaction_id);
        }
        if (running) {
            want_value(SignedValue::Occasion::Start, *running);
        }
        status_due_ = now;
    }
    running_ = seen;
    outbox_.tell(seen);
}

bool SideReads::was_running(const std::string& transaction_id) const {
    return running_ && running_->transaction_id == transaction_id;
}

void SideReads::want_value(SignedValue::Occasion occasion, std::string transaction_id) {
    if (wanted_.size() < most_wanted) {
        wanted_.push_back({occasion, std::move(transaction_id)});
    }
}

void SideReads::refuse_values() {
    while (!wanted_.empty()) {
        value_read({});
    }
}

std::optional<StepJob> SideReads::next(Clock::time_point now) {
    if (!wanted_.empty()) {
        const std::size_t words = ocmf::signed_map_words + keys_.layout().signature_words;
        return StepJob{Step::SignedValue, RegisterJob::read(ocmf::signed_map, words)};
    }
    return now >= status_due_ ? std::optional(status_job(next_status_)) : std::nullopt;
}

void SideReads::answered(Step step, std::span<const std::uint16_t> words, Clock::time_point now) {
    if (step == Step::SignedValue) {
        value_read(words);
    } else {
        status_read(step, words, now);
    }
}

void SideReads::value_read(std::span<const std::uint16_t> words) {
    if (wanted_.empty()) {
        return;
    }
    const Wanted wanted = std::move(wanted_.front());
    wanted_.pop_front();
    SignedValue value{wanted.occasion, wanted.transaction_id, {}, {}, keys_.key().raw};
    if (words.size() > ocmf::signed_map_words) {
        value.data = ocmf::hex_of(words.first(ocmf::signed_map_words));
        value.signature = ocmf::hex_of(words.subspan(ocmf::signed_map_words));
    }
    outbox_.tell(std::move(value));
}

void SideReads::status_read(Step step, std::span<const std::uint16_t> words, Clock::time_point now) {
    const auto number = words.empty() ? std::nullopt : std::optional<int>(words.front());
    switch (step) {
    case Step::ChargingStatus:
        status_.charging_status = number;
        next_status_ = Step::LastId;
        return;
    case Step::LastId:
        status_.last_id = words.empty() ? std::nullopt : std::optional(ocmf::decode_text(words));
        next_status_ = Step::ClockStatus;
        return;
    case Step::ClockStatus:
        status_.clock_status = number;
        next_status_ = Step::IdDefinition;
        return;
    default:
        status_.id_definition = number;
        next_status_ = Step::ChargingStatus;
        status_due_ = now + status_period;
    }
    if (told_ != status_) {
        told_ = status_;
        outbox_.tell(status_);
    }
}

} // namespace gridbridge
