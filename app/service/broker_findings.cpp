#include "app/service/broker_findings.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

void log_new(const Log& log, LogLevel level, const std::vector<std::string>& texts,
             const std::vector<std::string>& known) {
    for (const std::string& text : texts) {
        if (std::find(known.begin(), known.end(), text) == known.end()) {
            log(level, "mqtt", text);
        }
    }
}

} // namespace

void BrokerFindings::access(std::vector<std::string> problems, std::vector<std::string> remarks) {
    log_new(log_, LogLevel::Warn, problems, denied_);
    log_new(log_, LogLevel::Info, remarks, remarks_);
    if (problems.empty() && !denied_.empty()) {
        log_(LogLevel::Info, "mqtt", "the broker passes on everything now");
    }
    denied_ = std::move(problems);
    remarks_ = std::move(remarks);
}

void BrokerFindings::other_service(std::string problem) {
    if (problem.empty() && !other_service_.empty()) {
        log_(LogLevel::Info, "mqtt", "no other service is heard under our portal id any more");
    } else if (!problem.empty() && problem != other_service_) {
        log_(LogLevel::Warn, "mqtt", problem);
    }
    other_service_ = std::move(problem);
}

std::vector<std::string> BrokerFindings::problems() const {
    std::vector<std::string> all = denied_;
    if (!other_service_.empty()) {
        all.push_back(other_service_);
    }
    return all;
}

} // namespace gridbridge
