#include "drivers/modbus/line_remarks.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

// Without figures: "answers come up to 412 ms late" is said once.
std::string kind_of(std::string text) {
    std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
    return text;
}

} // namespace

std::string LineRemarks::advice_after(const std::string& of_meter) const {
    return of_meter + (of_meter.empty() || advice_.empty() ? "" : "; ") + advice_;
}

std::vector<std::string> LineRemarks::take(const LineHealth& health) {
    std::vector<std::string> news;
    is_shared_ = health.is_shared;
    reopened_ += health.reopened - std::exchange(seen_reopened_, health.reopened);
    if (health.echoes && !std::exchange(echoes_, true)) {
        news.emplace_back("the adapter sends requests back before their answers: they are taken off");
    }
    const std::string kind = kind_of(health.advice);
    if (kind == said_) {
        return news;
    }
    said_ = kind;
    advice_ = health.advice;
    if (!advice_.empty()) {
        news.push_back(advice_);
    }
    return news;
}

} // namespace gridbridge
