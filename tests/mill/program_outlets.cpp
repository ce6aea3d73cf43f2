#include "tests/mill/program_outlets.hpp"

#include "mqtt/homeassistant/homeassistant.hpp"
#include "mqtt/homeassistant/meter_states.hpp"
#include "mqtt/leftovers/retained_values.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/venus/venus.hpp"

#include <chrono>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

const std::string portal = "mill";

std::unique_ptr<Outlet> make_own_topics() {
    OwnTopicsOptions options;
    options.portal_id = portal;
    options.service_id = [] { return portal; };
    return std::make_unique<OwnTopics>(std::move(options));
}

std::unique_ptr<Outlet> make_home_assistant() {
    HomeAssistantOptions options;
    options.portal_id = portal;
    return std::make_unique<HomeAssistant>(std::move(options));
}

std::unique_ptr<Outlet> make_venus(const std::function<double()>& unix_time, bool retains) {
    VenusOptions options;
    options.portal_id = portal;
    options.version = "mill";
    options.retain = retains;
    options.unix_time = [unix_time] { return std::llround(unix_time()); };
    return std::make_unique<Venus>(std::move(options));
}

std::unique_ptr<Outlet> make_readings(ReadingBook& readings, const std::function<double()>& unix_time) {
    const auto unix_ms = [unix_time] {
        return std::optional<std::int64_t>(std::llround(unix_time() * 1000));
    };
    return std::make_unique<MeterReadings>(readings, MeterReadingsOptions{portal, 0s, unix_ms});
}

} // namespace

std::vector<OutletRow> program_outlets(ReadingBook& readings, const std::function<double()>& unix_time,
                                       bool retains) {
    std::vector<OutletRow> rows;
    rows.push_back({"meter states", [] { return std::make_unique<MeterStates>(portal, 5s); }});
    rows.push_back({"own topics", make_own_topics});
    if (retains) {
        rows.push_back({"retained values", [] {
                            return std::make_unique<RetainedValues>(RetainedValuesOptions{portal, 60s});
                        }});
    }
    rows.push_back({"home assistant", make_home_assistant});
    rows.push_back({"venus", [=] { return make_venus(unix_time, retains); }});
    rows.push_back({"readings", [=, &readings] { return make_readings(readings, unix_time); }});
    return rows;
}

} // namespace gridbridge::mill
