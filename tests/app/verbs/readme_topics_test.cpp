// The table of topics in mqtt/README.md and what the outlets publish and subscribe to.
#include "drivers/text/text.hpp"
#include "mqtt/doctor/findings_outlet.hpp"
#include "mqtt/doctor/load_test_outlet.hpp"
#include "mqtt/homeassistant/homeassistant.hpp"
#include "mqtt/homeassistant/meter_states.hpp"
#include "mqtt/limits/limit_outlet.hpp"
#include "mqtt/readings/meter_readings.hpp"
#include "mqtt/status/incidents_outlet.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/telegrams/telegram_topics.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/app/verbs/documents.hpp"
#include "tests/fakes/folder.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/slow_disk.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <regex>
#include <set>

namespace gridbridge {
namespace {

const std::string portal = "c0619ab40123";

// Patterns of the table: `<portal>` stands for the portal id, `<path>` and `...` for the rest of a topic, any
// other `<name>` for one level.
std::vector<std::string> patterns() {
    static const std::regex in_quotes("`([A-Za-z]+/[^`]+)`");
    std::vector<std::string> patterns;
    for (const TableRow& row : table("mqtt/README.md", "| Topic | Meaning |")) {
        for (std::sregex_iterator found(row[0].begin(), row[0].end(), in_quotes), end; found != end;
             ++found) {
            patterns.push_back((*found)[1]);
        }
    }
    return patterns;
}

bool fits(const std::string& topic, const std::string& pattern) {
    std::string expression = std::regex_replace(pattern, std::regex("<portal>"), portal);
    expression = std::regex_replace(expression, std::regex("<path>|<setting>|\\.\\.\\."), ".+");
    expression = std::regex_replace(expression, std::regex("<[a-z_]+>"), "[^/]+");
    return std::regex_match(topic, std::regex(expression));
}

// One meter comes, is asked for everything, is lost and leaves.
std::set<std::string> published_topics() {
    const Clock::time_point now{std::chrono::hours(1)};
    Meter meter = live_grid_meter(now);
    meter.config.raw = true;
    meter.config.obis = {"1-0:1.8.0"};
    meter.telegram = std::make_shared<TelegramCopy>();
    meter.device_id = "cgwacs_BX0120064003P";
    meter.instance = 30;
    std::vector<std::unique_ptr<Outlet>> outlets;
    outlets.push_back(
        std::make_unique<OwnTopics>(OwnTopicsOptions{portal, "1", "c", "d", {}, {}, {}, {}, {}, {}, {}}));
    HomeAssistantOptions discovery;
    discovery.portal_id = portal;
    outlets.push_back(std::make_unique<HomeAssistant>(discovery));
    outlets.push_back(std::make_unique<MeterStates>(portal, std::chrono::seconds(5)));
    outlets.push_back(std::make_unique<TelegramTopics>(portal, Log()));
    VenusOptions venus;
    venus.portal_id = portal;
    venus.unix_time = [] { return 0LL; };
    outlets.push_back(std::make_unique<Venus>(venus));
    FindingsBook book{[](auto&&...) {}};
    FindingsOutletOptions findings{portal, [](const Meter&) {}, [](const Meter&, Clock::time_point) {},
                                   [](Clock::time_point) { return std::vector<Finding>(); },
                                   [] { return std::optional<std::int64_t>(); }};
    outlets.push_back(std::make_unique<FindingsOutlet>(book, findings));
    outlets.push_back(std::make_unique<LoadTestOutlet>(LoadTestOutletOptions{portal, {}}));
    IncidentTriggers triggers;
    IncidentsOptions incidents;
    incidents.portal_id = portal;
    incidents.keep = [](const std::string&, const std::string&, Clock::time_point) {};
    incidents.list = [] { return std::string("[]"); };
    incidents.changes = [] { return std::uint64_t{0}; };
    incidents.findings = [] { return std::span<const Finding>(); };
    incidents.tick = [](Clock::time_point) {};
    outlets.push_back(std::make_unique<IncidentsOutlet>(triggers, incidents));
    ReadingBook readings;
    const MeterReadingsOptions reading_options{portal, {}, [] { return std::optional<std::int64_t>(); }};
    outlets.push_back(std::make_unique<MeterReadings>(readings, reading_options));
    const TestFolder folder;
    SlowDisk disk;
    LimitFile limits(folder.path() + "/limits.jsonl", disk, {});
    outlets.push_back(std::make_unique<LimitOutlet>(
        LimitOutletOptions{portal, [] { return std::optional<std::int64_t>(1'800'000'000'000); }, {}},
        limits));
    Messages messages;
    for (const auto& outlet : outlets) {
        outlet->added(meter);
        outlet->connected(now, messages);
        if (auto* const listener = dynamic_cast<SettingListener*>(outlet.get())) {
            listener->setting("Devices/" + meter.device_id + "/CustomName", R"({"value":""})", now, messages);
        }
        outlet->reading(meter, now, messages);
        if (auto* const listener = dynamic_cast<ClientListener*>(outlet.get())) {
            listener->request({"R/" + portal + "/keepalive", {}}, now, messages);
            listener->request({"W/" + portal + "/grid/30/Limit", R"({"value":{"power":4200}})"}, now,
                              messages);
            disk.deliver();
            listener->request({"gridbridge/" + portal + "/load_test/set", R"({"watts":2000})"}, now,
                              messages);
        }
        if (auto* const timed = dynamic_cast<Timed*>(outlet.get())) {
            timed->tick(now, messages);
        }
        if (auto* const repeater = dynamic_cast<Repeater*>(outlet.get())) {
            repeater->repeat(now, messages);
        }
        if (auto* const listener = dynamic_cast<ForgetListener*>(outlet.get())) {
            listener->forget_answer({"OLD", ForgetResult::Forgotten}, messages);
        }
        outlet->lost(meter, now, messages);
        outlet->gone(meter, messages);
        outlet->leave(messages);
    }
    std::set<std::string> topics;
    for (const Message& message : messages) {
        topics.insert(message.topic);
    }
    return topics;
}

TEST(Readme, NamesEveryTopicThatIsPublished) {
    const auto told = patterns();
    const auto topics = published_topics();
    EXPECT_GE(topics.size(), 30U);
    for (const std::string& topic : topics) {
        EXPECT_TRUE(std::any_of(told.begin(), told.end(),
                                [&](const std::string& pattern) { return fits(topic, pattern); }))
            << topic << " is not in the table of topics";
    }
}

TEST(Readme, NamesNoTopicThatNobodyPublishes) {
    // Asked of the service, or published only with a broker that keeps settings and with a meter that signs.
    const std::regex other(
        "[RW]/.*|.*/(log_level|forget|load_test)/set|.*/ocmf/.*|gridbridge/<portal>/settings");
    const auto topics = published_topics();
    int compared = 0;
    for (const std::string& pattern : patterns()) {
        if (!std::regex_match(pattern, other)) {
            ++compared;
            EXPECT_TRUE(std::any_of(topics.begin(), topics.end(),
                                    [&](const std::string& topic) { return fits(topic, pattern); }))
                << pattern << " is published by no outlet";
        }
    }
    EXPECT_GE(compared, 8);
}

} // namespace
} // namespace gridbridge
