// Clients, the Venus outlet and the bridge: what is written and what is said.
#pragma once

#include "mqtt/bridge/bridge.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

inline constexpr SourceId first{0, 0};
inline constexpr SourceId second_service{0, 1};
inline constexpr SourceId other{1, 0};
inline const std::string device = "settings/0/Settings/Devices/cgwacs_BX0120064003P";

class WritesTest : public testing::Test {
  protected:
    void SetUp() override { start(); }
    void start() {
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 1LL; };
        OwnTopicsOptions own;
        own.portal_id = "p";
        BridgeOptions options;
        options.meters.resize(2);
        options.meters[0].name = "Grid";
        options.meters[0].position = 1;
        options.orders = &orders_;
        options.log = [this](LogLevel, std::string_view, std::string_view message) {
            log_ += std::string(message) + "\n";
        };
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<Venus>(venus));
        outlets.push_back(outlet_row<OwnTopics>(own));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        MeterInfo info = em24_info();
        info.supports_multiphase = true;
        info.phases = 3;
        update(first, info);
    }
    // The service ends and starts again with what it has kept.
    void restart() {
        Messages out;
        bridge_->store_energy(now_, out);
        settings_ = Settings::from_json(settings_.to_json()).value();
        orders_.take(first);
        start();
    }
    Messages update(SourceId source, std::optional<MeterInfo> info, double l1 = 1.0) {
        Messages out;
        bridge_->update(update_of(source, std::move(info), grid_reading(now_, l1)), now_, out);
        return out;
    }
    // Answers below N/p/, as text.
    std::string write(const std::string& topic, const std::string& payload) {
        return venus(request("W/p/" + topic, payload));
    }
    std::string read(const std::string& topic) { return venus(request("R/p/" + topic, "")); }
    Messages request(const std::string& topic, const std::string& payload) {
        Messages out;
        bridge_->request({topic, payload, false}, now_, out);
        return out;
    }
    static std::string venus(const Messages& messages) {
        std::string text;
        for (const Message& message : messages) {
            if (message.topic.starts_with("N/p/")) {
                text += message.topic.substr(4) + " " + message.payload + "\n";
            }
        }
        return text;
    }
    MeterInfo second_info() {
        MeterInfo info = em24_info("BX0120064003P_S");
        info.default_role = "pvinverter";
        info.multiphase = false;
        info.phases = 1;
        return info;
    }

    Settings settings_;
    Orders orders_;
    std::unique_ptr<Bridge> bridge_;
    std::string log_;
    Clock::time_point now_ = Clock::time_point{} + std::chrono::hours(1);
};

} // namespace gridbridge
