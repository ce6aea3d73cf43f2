#include "mqtt/doctor/load_test_payload.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/choice.hpp"
#include "drivers/text/json_bounds.hpp"

#include <cmath>

namespace gridbridge {
namespace {

constexpr Names<LoadState, 6> load_state_names{{{"prepare", LoadState::Prepare},
                                                {"switch_on", LoadState::SwitchOn},
                                                {"switch_off", LoadState::SwitchOff},
                                                {"lost", LoadState::Lost},
                                                {"done", LoadState::Done},
                                                {"ended", LoadState::Ended}}};
constexpr const char* refused_state = "refused";
constexpr JsonBounds request_bounds{1024, 2, 8};
constexpr JsonBounds progress_bounds{std::size_t{16} * 1024, 3, 64};
constexpr const char* request_form = R"(a load test is asked for as {"meter":"SERIAL","watts":2000})";

Json object_of(std::string_view payload, const JsonBounds& bounds) {
    Json json = is_within(payload, bounds) ? parse_json(payload) : Json(Json::value_t::discarded);
    return json.is_object() ? json : Json();
}

} // namespace

std::string load_test_request(const LoadTestRequest& request) {
    return write_json(OrderedJson{{"meter", request.meter}, {"watts", request.watts}});
}

std::variant<LoadTestRequest, std::string> parse_load_test_request(std::string_view payload) {
    const Json json = object_of(payload, request_bounds);
    if (!json.contains("watts") || !json["watts"].is_number() ||
        (json.contains("meter") && !json["meter"].is_string())) {
        return std::string(request_form);
    }
    const auto watts = json["watts"].get<double>();
    if (!(watts >= LoadTest::least_watts && watts <= LoadTest::most_watts)) {
        return "watts must be between " + std::to_string(std::lround(LoadTest::least_watts)) + " and " +
               std::to_string(std::lround(LoadTest::most_watts)) +
               ": a smaller load is not told from others, a larger one is not switched on by hand";
    }
    return LoadTestRequest{json.value("meter", std::string()), watts};
}

std::string load_progress_payload(const LoadProgress& progress, const LoadTestRequest& request) {
    return write_json(OrderedJson{{"state", name_in(load_state_names, progress.state)},
                                  {"meter", request.meter},
                                  {"watts", request.watts},
                                  {"phase", progress.phase},
                                  {"text", progress.text},
                                  {"sentences", progress.sentences},
                                  {"right", progress.is_right}});
}

std::string load_refusal_payload(const std::string& reason) {
    return write_json(OrderedJson{
        {"state", refused_state}, {"text", reason}, {"sentences", OrderedJson::array()}, {"right", false}});
}

std::optional<LoadProgressTold> parse_load_progress(std::string_view payload) {
    const Json json = object_of(payload, progress_bounds);
    if (!json.contains("state") || !json["state"].is_string() || !json.contains("text") ||
        !json["text"].is_string() || !json.contains("sentences") || !json["sentences"].is_array()) {
        return std::nullopt;
    }
    LoadProgressTold told;
    told.state = json["state"].get<std::string>();
    told.text = json["text"].get<std::string>();
    for (const Json& sentence : json["sentences"]) {
        told.sentences.push_back(sentence.is_string() ? sentence.get<std::string>() : std::string());
    }
    told.is_right = json.contains("right") && json["right"] == true;
    told.is_over = told.state == refused_state || told.state == "done" || told.state == "ended";
    return told;
}

} // namespace gridbridge
