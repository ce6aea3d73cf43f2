#include "tests/mill/virtual_gx.hpp"

#include "drivers/json/json.hpp"
#include "mqtt/gx/gx_devices.hpp"
#include "mqtt/gx/gx_fallback.hpp"
#include "mqtt/gx/gx_grid.hpp"
#include "mqtt/gx/gx_registration.hpp"
#include "tests/mill/installation.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr auto on_the_way = 200ms; // to the GX and through its driver
constexpr const char* managed = "RunWithoutGridMeter";
constexpr const char* grid_topic = "gridbridge/mill/gx-grid";

Course with_troubles(const GxCourse& course) {
    Course around;
    around.troubles = course.troubles;
    return around;
}

} // namespace

VirtualGx::VirtualGx(const GxCourse& course, const Plan& plan, const std::vector<Truth>& truths,
                     Witness& witness, const Ways& ways)
    : course_(course), witness_(witness), ways_(ways), around_(with_troubles(course)),
      truths_(at_place_of_first(plan, truths)),
      broker_(around_, mill_begin,
              {[this](const Message& message, Clock::time_point now) { hear(message, now); },
               [this](Clock::time_point /*now*/) { shown_.clear(); }}) {
    driver_.settings = {{managed, 0}, {"GridMeterRequired", 0}, {"Hub4Mode", 1}};
    broker_.say(driver_.start().front(), mill_begin);
}

Message VirtualGx::last_will() const {
    const std::string id = gx_client_id("mill");
    return course_.mode == GxMode::Devices ? Message{gx_status_topic(id), gx_farewell(id, "vmill")}
                                           : Message();
}

void VirtualGx::add_outlets(std::vector<OutletRow>& rows, const std::string& portal_id, const Log& log,
                            const std::function<bool()>& linked) const {
    if (course_.mode == GxMode::Devices) {
        rows.push_back(
            {"gx mqtt-devices", [=] {
                 return std::make_unique<GxDevices>(GxDevicesOptions{portal_id, "vmill", {}, log, linked});
             }});
    } else {
        rows.push_back({"gx mqtt-grid", [] { return std::make_unique<GxGrid>(grid_topic, ""); }});
    }
    rows.push_back({"gx run without grid meter", [=] {
                        return std::make_unique<GxFallback>(GxFallbackOptions{portal_id, {}, log, linked});
                    }});
}

void VirtualGx::run_until(Clock::time_point now) {
    broker_.run_until(now);
    after_all(now);
}

void VirtualGx::hear(const Message& message, Clock::time_point now) {
    const bool restores = message.topic.starts_with("W/") && message.topic.ends_with(managed) &&
                          message.payload == R"({"value":0})";
    if (ways_.stays_without_meter && restores) {
        return;
    }
    if (message.topic == grid_topic) {
        check_grid(message.payload, now);
        return;
    }
    for (Message& answer : driver_.take(message)) {
        see(as_heard(answer, ways_), now);
        answers_.push_back(std::move(answer));
    }
}

// What the driver puts on D-Bus, "N/<portal>/grid/1/Ac/Power".
void VirtualGx::see(const Message& message, Clock::time_point now) {
    const auto below = message.topic.find("/Ac/");
    const std::size_t above = driver_.portal.size() + 3;
    if (below == std::string::npos || below < above) {
        return;
    }
    const std::string service = message.topic.substr(above, below - above);
    const std::string path = message.topic.substr(below + 4);
    const auto json = nlohmann::json::parse(message.payload, nullptr, false);
    const bool is_known = json.is_object() && json["value"].is_number();
    if (path == "Power") {
        shown_.erase(service);
    }
    if (!is_known) {
        return;
    }
    check(path, json["value"].get<double>(), now);
    if (path == "Power") {
        shown_[service] = json["value"].get<double>();
    }
}

void VirtualGx::check(const std::string& path, double number, Clock::time_point now) {
    const auto more = on_the_way + (is_late(now) ? Clock::duration(6s) : Clock::duration());
    const bool is_true = std::any_of(truths_.begin(), truths_.end(), [&](const Truth* truth) {
        return witness_.was_true(*truth, path, number, now, more);
    });
    if (!is_true) {
        witness_.violated(now, "the GX is told that " + path + " is " + std::to_string(number) +
                                   ", which it never was");
    }
}

void VirtualGx::check_grid(const std::string& payload, Clock::time_point now) {
    const auto json = nlohmann::json::parse(payload, nullptr, false);
    const bool has_power = json.is_object() && json.contains("grid") && json["grid"].contains("power");
    if (!has_power) {
        witness_.violated(now, "the GX is told " + payload);
        return;
    }
    check("Power", ways_.lies ? 77777 : json["grid"]["power"].get<double>(), now);
}

bool VirtualGx::is_away(double seconds) const {
    return is_in(around_, Trouble::Down, seconds) || is_in(course_.absences, seconds);
}

// Its driver, which tells what it knew is gone.
void VirtualGx::come_and_go(Clock::time_point now) {
    const bool is_running = !is_away(mill_seconds(now));
    if (std::exchange(driver_.running, is_running) == is_running) {
        return;
    }
    for (Message& message : is_running ? driver_.start() : driver_.stop()) {
        see(message, now);
        answers_.push_back(std::move(message));
    }
    driver_.running = is_running;
}

Clock::time_point VirtualGx::after_all(Clock::time_point now) {
    come_and_go(now);
    for (const Message& answer : std::exchange(answers_, {})) {
        broker_.say(answer, now);
    }
    look(now);
    constexpr auto glance = 500ms;
    return now + glance;
}

// Nobody can tell of what stands in a network.
bool VirtualGx::is_late(Clock::time_point now) const {
    constexpr double until_known = 12;
    return std::any_of(course_.troubles.begin(), course_.troubles.end(), [&](const PlannedTrouble& planned) {
        return planned.trouble == Trouble::Stall && planned.begin <= mill_seconds(now) &&
               mill_seconds(now) <= planned.end + until_known;
    });
}

void VirtualGx::look(Clock::time_point now) {
    for (const std::string& fault : std::exchange(driver_.faults, {})) {
        witness_.violated(now, "the GX is told what it cannot take: " + fault);
    }
    if (is_late(now) || shown_.empty()) {
        return;
    }
    if (shown_.size() > 1) {
        witness_.violated(now, "the GX shows " + std::to_string(shown_.size()) + " meters");
    }
    const bool may_be_known = std::any_of(truths_.begin(), truths_.end(), [&](const Truth* truth) {
        return witness_.may_be_known(*truth, now, on_the_way);
    });
    if (!may_be_known) {
        witness_.violated(now, "the GX shows the power of a meter that is silent");
        shown_.clear(); // once
    }
}

void VirtualGx::end(Clock::time_point now) {
    const auto there = std::find_if(truths_.begin(), truths_.end(), [&](const Truth* truth) {
        return mill_seconds(now) < truth->meter().until;
    });
    const std::string shown_as = witness_.class_of(std::string((*there)->meter().kind->serial));
    const bool can_be_shown = shown_as == "grid" || shown_as == "pvinverter" || shown_as == "evcharger";
    if (course_.mode == GxMode::Devices && can_be_shown != !shown_.empty()) {
        witness_.violated(now, can_be_shown ? "the meter is not back on the GX" : "the GX shows a meter");
    }
    if (driver_.settings[managed] != 0) {
        witness_.violated(now, "the GX still runs without a grid meter");
    }
}

} // namespace gridbridge::mill
