// The Home Assistant outlet between the service's other outlets: meter news in, discovery messages out.
#pragma once

#include "mqtt/homeassistant/homeassistant.hpp"

#include "mqtt/bridge/bridge.hpp"
#include "mqtt/homeassistant/meter_states.hpp"
#include "mqtt/outlet/topics.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"
#include "tests/mqtt/homeassistant/discovery_check.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

inline const std::string device_topic = "homeassistant/device/gridbridge_BX0120064003P/config";

inline std::vector<SeenMessage> seen(const Messages& messages) {
    std::vector<SeenMessage> all;
    for (const Message& message : messages) {
        all.push_back({message.topic, message.payload, message.retain});
    }
    return all;
}

inline Reading full_reading(Clock::time_point at) {
    Reading reading;
    reading.received = at;
    for (std::size_t i = 0; i < quantity_count; ++i) {
        reading.set(static_cast<Quantity>(i), 1.0);
    }
    return reading;
}

// All is well.
class NoFindings final : public Outlet {
  public:
    void connected(Clock::time_point /*now*/, Messages& out) override {
        out.push_back({findings_topic("p"), "[]", true});
    }
};

class HomeAssistantTest : public testing::Test {
  protected:
    void start(std::size_t meters = 1, HomeAssistantOptions options = {}) {
        options.portal_id = "p";
        options.version = "1.2.3";
        OwnTopicsOptions own;
        own.portal_id = "p";
        VenusOptions venus;
        venus.portal_id = "p";
        venus.version = "1.2.3";
        venus.unix_time = [] { return 1795169056LL; };
        BridgeOptions bridge;
        bridge.meters.resize(meters);
        bridge.meters[0].uri = "cg+rtu:///dev/ttyUSB0";
        bridge.meters[0].name = name_;
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<MeterStates>(options.portal_id, options.interval));
        outlets.push_back(outlet_row<OwnTopics>(std::move(own)));
        outlets.push_back(outlet_row<HomeAssistant>(options));
        outlets.push_back(outlet_row<NoFindings>());
        outlets.push_back(outlet_row<Venus>(std::move(venus)));
        bridge_ = std::make_unique<Bridge>(std::move(bridge), settings_, std::move(outlets));
        step([&](Messages& out) { bridge_->connected(now_, out); });
    }
    // As the publisher does it: news, then tick.
    Messages step(const std::function<void(Messages&)>& news = {}) {
        Messages out;
        if (news) {
            news(out);
        }
        bridge_->tick(now_, out);
        all_.insert(all_.end(), out.begin(), out.end());
        return out;
    }
    Messages read(const Reading& reading, SourceId source = {}, std::optional<MeterInfo> info = em24_info()) {
        return step(
            [&](Messages& out) { bridge_->update(update_of(source, std::move(info), reading), now_, out); });
    }
    Messages birth() {
        return step([&](Messages& out) {
            bridge_->request({"homeassistant/status", "online", false}, now_, out);
        });
    }
    // Runs the clock to `until` as the publisher would.
    Messages run_until(Clock::time_point until) {
        Messages out;
        while (bridge_->next_tick(now_) <= until) {
            now_ = std::max(now_ + std::chrono::milliseconds(1), bridge_->next_tick(now_));
            const Messages more = step();
            out.insert(out.end(), more.begin(), more.end());
        }
        now_ = until;
        return out;
    }
    static std::vector<std::string> topics(const Messages& messages) {
        std::vector<std::string> topics;
        std::transform(messages.begin(), messages.end(), std::back_inserter(topics),
                       [](const Message& message) { return message.topic; });
        return topics;
    }
    static std::vector<std::string> topics_with(const Messages& messages, const std::string& part) {
        std::vector<std::string> found = topics(messages);
        std::erase_if(found, [&](const std::string& topic) { return topic.find(part) == std::string::npos; });
        return found;
    }
    static std::size_t discoveries(const Messages& messages) {
        return static_cast<std::size_t>(
            std::count_if(messages.begin(), messages.end(), [](const Message& message) {
                return message.topic.starts_with("homeassistant/") && !message.payload.empty();
            }));
    }
    nlohmann::json payload(const std::string& topic = device_topic) const {
        for (auto message = all_.rbegin(); message != all_.rend(); ++message) {
            if (message->topic == topic) {
                return message->payload.empty() ? nlohmann::json() : nlohmann::json::parse(message->payload);
            }
        }
        return {};
    }
    // The newest state of the meter, or one of its members.
    nlohmann::json state() const { return payload("gridbridge/p/meter/BX0120064003P/state"); }
    std::vector<std::string> problems(const DiscoveryRules& rules = {}) const {
        return discovery_problems(seen(all_), rules);
    }

    std::string name_ = "Grid";
    Settings settings_;
    std::unique_ptr<Bridge> bridge_;
    Clock::time_point now_ = Clock::time_point{} + std::chrono::hours(1);
    Messages all_;
};

} // namespace gridbridge
