#include "drivers/modbus/signing/request_runner.hpp"

#include <utility>

namespace gridbridge {
namespace {

// EVerest: first contact 10 attempts 2 s apart.
constexpr int first_contact_attempts = 10;
constexpr std::chrono::seconds first_contact_delay{2};

} // namespace

void RequestRunner::go(StepJob next) {
    step_ = next.step;
    job_ = std::move(next.job);
}

void RequestRunner::rest() {
    step_ = Step::Rest;
    job_.reset();
}

RequestRunner::Outcome RequestRunner::take(const RegisterAnswer& answer) {
    if (!job_) {
        return Outcome::Unasked;
    }
    if (answer.kind != RegisterAnswer::Kind::Good) {
        return answer.kind == RegisterAnswer::Kind::Refused ? Outcome::Refused : Outcome::Lost;
    }
    attempts_ = 0;
    if (answer.words.size() != job_->request().words) {
        return Outcome::Lost;
    }
    if (!job_->take(answer.words)) {
        return Outcome::GoesOn;
    }
    words_ = job_->words();
    job_.reset();
    return Outcome::Done;
}

bool RequestRunner::retry(int attempts, Clock::time_point now) {
    if (attempts >= (contacted_ ? retries_ : first_contact_attempts)) {
        return false;
    }
    not_before_ = now + (contacted_ ? retry_delay_ : first_contact_delay);
    return true;
}

} // namespace gridbridge
