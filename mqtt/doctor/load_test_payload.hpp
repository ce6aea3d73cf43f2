// JSON of a load test: what starts it, and how far it is. Pure.
#pragma once

#include "mqtt/doctor/load_test.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace gridbridge {

struct LoadTestRequest {
    std::string meter; // serial number; empty: the grid meter
    double watts = 0;
};

std::string load_test_request(const LoadTestRequest& request);
// A text is the reason why it is none, for people.
std::variant<LoadTestRequest, std::string> parse_load_test_request(std::string_view payload);

// `{"state":"switch_on","meter":...,"watts":...,"phase":"L1","text":...,"sentences":[...],"right":false}`
std::string load_progress_payload(const LoadProgress& progress, const LoadTestRequest& request);
// State `refused`, with the reason.
std::string load_refusal_payload(const std::string& reason);

struct LoadProgressTold {
    std::string state, text;
    std::vector<std::string> sentences;
    bool is_right = false;
    bool is_over = false; // nothing will follow
};
std::optional<LoadProgressTold> parse_load_progress(std::string_view payload);

} // namespace gridbridge
