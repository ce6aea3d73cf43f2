#include "app/page/live_meters.hpp"

#include "app/page/meters_json.hpp"
#include "mqtt/outlet/payload.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

std::string event(std::string_view name, const std::string& data) {
    return "event: " + std::string(name) + "\ndata: " + data + "\n\n";
}

// As it was when the service started: the time since then is no news.
std::string lasting(Snapshot view, const std::string& portal_id, Clock::time_point now) {
    view.started = now;
    return service_json(view, portal_id, now);
}

void append(std::string& list, const std::string& element) {
    list.append(list.empty() ? "" : ",").append(element);
}

} // namespace

std::string LiveMeters::all(const Snapshot& view, Clock::time_point now) const {
    std::string text = meters_json(view, portal_id_, now);
    text.pop_back(); // a line end would end the data
    return event("all", text);
}

std::string LiveMeters::changes(const Snapshot& view, Clock::time_point now) {
    std::string service = lasting(view, portal_id_, now);
    std::string data;
    if (service != service_) {
        append(data, "\"service\":" + service_json(view, portal_id_, now));
        service_ = std::move(service);
    }
    if (const std::string gone = gone_meters(view); !gone.empty()) {
        append(data, "\"gone\":[" + gone + "]");
    }
    if (const std::string changed = changed_meters(view, now); !changed.empty()) {
        append(data, "\"meters\":[" + changed + "]");
    }
    return event("changes", "{" + data + "}");
}

std::string LiveMeters::changed_meters(const Snapshot& view, Clock::time_point now) {
    std::string list;
    for (const Meter& meter : view.meters) {
        std::string text = meter_json(meter, portal_id_, now);
        Told& told = meters_[meter_id(meter)];
        if (told.text != text || told.last_good != meter.last_good) {
            append(list, with_age(text, age_ms(meter, now)));
            told = {std::move(text), meter.last_good};
        }
    }
    return list;
}

std::string LiveMeters::gone_meters(const Snapshot& view) {
    std::string list;
    std::erase_if(meters_, [&](const auto& told) {
        const bool gone = std::none_of(view.meters.begin(), view.meters.end(),
                                       [&](const Meter& meter) { return meter_id(meter) == told.first; });
        if (gone) {
            append(list, json_text(told.first));
        }
        return gone;
    });
    return list;
}

std::string LiveMeters::stuck(const std::string& problem) {
    return event("changes", R"({"service":{"status":"down","problems":[)" + json_text(problem) +
                                R"(],"remarks":[],"connections":[]}})");
}

} // namespace gridbridge
