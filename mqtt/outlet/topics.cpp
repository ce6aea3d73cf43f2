#include "mqtt/outlet/topics.hpp"

#include <algorithm>

namespace gridbridge {

std::string topic_level(std::string text) {
    std::replace_if(
        text.begin(), text.end(),
        [](char c) { return c == '/' || c == '+' || c == '#' || static_cast<unsigned char>(c) < 0x20; }, '_');
    return text;
}

std::string status_topic(const std::string& portal_id) {
    return "gridbridge/" + portal_id + "/status";
}

std::string findings_topic(const std::string& portal_id) {
    return "gridbridge/" + portal_id + "/findings";
}

std::string incidents_topic(const std::string& portal_id) {
    return "gridbridge/" + portal_id + "/incidents";
}

std::string load_test_topic(const std::string& portal_id) {
    return "gridbridge/" + portal_id + "/load_test";
}

std::string forget_topic(const std::string& portal_id) {
    return "gridbridge/" + portal_id + "/forget";
}

std::string meter_topic(const std::string& portal_id, const std::string& serial) {
    return "gridbridge/" + portal_id + "/meter/" + topic_level(serial);
}

} // namespace gridbridge
