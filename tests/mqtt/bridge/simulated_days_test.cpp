// A month of a publisher's life in seconds: what it keeps must not grow with the time it runs.
#include "mqtt/bridge/publisher.hpp"
#include "mqtt/homeassistant/homeassistant.hpp"
#include "mqtt/homeassistant/meter_states.hpp"
#include "mqtt/leftovers/retained_values.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/status/snapshot_board.hpp"
#include "mqtt/status/statistics.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <malloc.h>

// Of the sanitizers, whose malloc counts for itself.
extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak)); // NOLINT

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t meters = 3;
constexpr auto step = 60s;
constexpr auto days = 30;

std::size_t allocated_bytes() {
    return __sanitizer_get_current_allocated_bytes != nullptr ? __sanitizer_get_current_allocated_bytes()
                                                              : ::mallinfo2().uordblks;
}

// Takes everything and keeps nothing.
class ForgetfulClient final : public MqttClient {
  public:
    explicit ForgetfulClient(ClientInbox& inbox) : inbox_(inbox) {}

    void connect(std::size_t /*server*/, const std::vector<std::string>& /*filters*/) override {
        inbox_.push({ClientEvent::Kind::Connected, {}, {}});
    }
    Sent publish(const Message& message) override {
        ++messages_;
        bytes_ += message.topic.size() + message.payload.size();
        return Sent::Taken;
    }
    std::size_t queued() const override { return 0; }
    bool ask_echo() override {
        inbox_.push({ClientEvent::Kind::Echo, {}, {}});
        return true;
    }
    void disconnect(std::chrono::milliseconds /*limit*/) override {}

    std::size_t messages() const { return messages_; }

  private:
    ClientInbox& inbox_;
    std::size_t messages_ = 0;
    std::size_t bytes_ = 0;
};

class SimulatedDays : public testing::Test {
  protected:
    // All that is made anew when a configuration is reloaded; the settings come from what was kept.
    struct Life {
        explicit Life(SimulatedDays& days) : settings(Settings::from_json(days.kept_).value_or(Settings())) {
            VenusOptions venus{"p", "1.0"};
            venus.unix_time = [] { return 1LL; };
            OwnTopicsOptions own;
            own.portal_id = "p";
            HomeAssistantOptions discovery;
            discovery.portal_id = "p";
            BridgeOptions options;
            options.meters.resize(meters);
            std::vector<OutletRow> rows;
            rows.push_back(outlet_row<MeterStates>(std::string("p"), 5s));
            rows.push_back(outlet_row<OwnTopics>(own));
            rows.push_back(outlet_row<RetainedValues>(RetainedValuesOptions{"p", 60s}));
            rows.push_back(outlet_row<HomeAssistant>(discovery));
            rows.push_back(outlet_row<Venus>(venus));
            rows.push_back(outlet_row<Statistics>(
                StatisticsOptions{15min, [](const Meter& /*meter*/, const std::string& /*text*/) {}}));
            rows.push_back(outlet_row<SnapshotOutlet>(std::ref(board), SnapshotOptions{}));
            bridge = std::make_unique<Bridge>(std::move(options), settings, std::move(rows));
            publisher = std::make_unique<Publisher>(
                Publisher::Parts{handoff,
                                 inbox,
                                 client,
                                 *bridge,
                                 link,
                                 settings,
                                 days.state_file_,
                                 files,
                                 [](LogLevel, std::string_view, std::string_view) {},
                                 "gridbridge-p",
                                 {"mqtt://a:1883"},
                                 "gridbridge/p/settings"});
        }
        Handoff handoff;
        ClientInbox inbox{[] {}};
        ForgetfulClient client{inbox};
        Link link{1, [] { return 0.5; }};
        Settings settings;
        FileWriter files{[] {}};
        SnapshotBoard board{[] {}};
        std::unique_ptr<Bridge> bridge;
        std::unique_ptr<Publisher> publisher;
    };

    SimulatedDays() = default;
    ~SimulatedDays() override { std::filesystem::remove_all(folder_); }

    // Readings every minute; what else happens does so at hours that differ from day to day.
    void minute(Life& life, int minute) {
        std::vector<MeterUpdate> updates;
        for (std::uint16_t i = 0; i < meters; ++i) {
            const bool is_away = i == 2 && minute % 1440 < 120; // an inverter at night
            const bool is_told = minute % 60 == 0;
            auto info = is_told ? std::optional(em24_info("S" + std::to_string(i))) : std::nullopt;
            energy_[i] += 0.01;
            Reading reading = grid_reading(now_, 100 + 900 * std::sin(minute * 0.01 + i));
            reading.set(Quantity::EnergyForward, energy_[i]);
            updates.push_back(is_away ? update_of({i, 0}, {}, {}, "does not answer")
                                      : update_of({i, 0}, std::move(info), reading));
        }
        if (minute % 360 == 77) {
            life.inbox.push({ClientEvent::Kind::Lost, "cut", {}});
        }
        if (minute % 30 == 7) {
            life.inbox.push(
                {ClientEvent::Kind::Received, {}, {"R/p/keepalive", R"({"keepalive-options":[]})"}});
            life.inbox.push({ClientEvent::Kind::Received,
                             {},
                             {"W/p/grid/30/CustomName", R"({"value":")" + std::to_string(minute) + R"("})"}});
            life.inbox.push({ClientEvent::Kind::Received, {}, {"homeassistant/status", "online"}});
        }
        ASSERT_TRUE(life.publisher->step(updates, now_));
        now_ += step;
    }

    void day(int number) {
        if (!life_ || number % 3 == 0) { // reloaded
            if (life_) {
                life_->publisher->end(now_);
                kept_ = life_->settings.to_json();
            }
            life_.reset();
            life_ = std::make_unique<Life>(*this);
            life_->publisher->begin(now_);
        }
        for (int i = 0; i < 1440; ++i) {
            minute(*life_, number * 1440 + i);
        }
        ASSERT_GT(life_->client.messages(), 1440U);
        ASSERT_TRUE(life_->link.up());
    }

    static std::string make_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "gridbridge-test-XXXXXX").string();
        return ::mkdtemp(name.data());
    }

    const std::string folder_ = make_folder();
    const StateFile state_file_{folder_};
    std::string kept_;
    Clock::time_point now_ = Clock::now();
    std::array<double, meters> energy_{1000, 2000, 3000};
    std::unique_ptr<Life> life_;
};

TEST_F(SimulatedDays, KeepNoMoreThanTheFirst) {
    std::size_t first = 0;
    for (int number = 0; number < days; ++number) {
        ASSERT_NO_FATAL_FAILURE(day(number));
        if (number == 2) { // as long after a reload as the last day is
            first = allocated_bytes();
        }
    }
    const std::size_t last = allocated_bytes();
    std::printf("%d days: %zu kB after the third, %zu kB at the end\n", days, first / 1024, last / 1024);
    EXPECT_LT(last, first + 64 * 1024);
}

} // namespace
} // namespace gridbridge
