// From bytes and register words to the ordered list of MQTT messages, through every pure layer.
#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/modbus_image.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/simulated_values.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "app/verbs/json_lines.hpp"
#include "drivers/modbus/map/block_plan.hpp"
#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/p1/p1.hpp"
#include "drivers/stream/sml/sml.hpp"
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/status/own_topics.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/golden.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// A bridge with the service's outlets and one meter.
class Pipeline {
  public:
    explicit Pipeline(const std::string& uri) {
        BridgeOptions options;
        options.meters.resize(1);
        static_cast<void>(parse_meter_uri(uri, options.meters[0]));
        VenusOptions venus;
        venus.standalone = false; // the meter alone
        venus.portal_id = "c0619ab40123";
        venus.version = "1.2.3";
        venus.unix_time = [] { return 1795169056LL; };
        OwnTopicsOptions own;
        own.portal_id = "c0619ab40123";
        own.version = "1.2.3";
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<OwnTopics>(std::move(own)));
        outlets.push_back(outlet_row<Venus>(std::move(venus)));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        bridge_->connected(now_, out_);
        out_.clear();
    }
    void take(const std::string& title, std::optional<MeterInfo> info, Reading reading) {
        reading.received = now_;
        bridge_->update(update_of({0, 0}, std::move(info), reading), now_, out_);
        text_ += "-- " + title + "\n" + as_text(out_);
        out_.clear();
        now_ += 1s;
    }
    const std::string& text() const { return text_; }

  private:
    Settings settings_;
    std::unique_ptr<Bridge> bridge_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
    Messages out_;
    std::string text_;
};

MeterInfo stream_info(const std::string& kind, const Telegram& telegram) {
    MeterInfo info;
    info.kind = kind;
    info.serial = telegram.serial;
    info.model = telegram.ident;
    info.connection = "/dev/ttyUSB0";
    info.product_name = "Smart meter";
    return info;
}

template <typename Decoder, typename Encode>
void stream_golden(const std::string& kind, const std::string& uri, Encode&& encode,
                   const std::string& file) {
    Pipeline pipeline(uri);
    double seconds = 0;
    int telegrams = 0;
    Decoder decoder([&](const Telegram& telegram, std::span<const std::uint8_t>) {
        std::optional<MeterInfo> info;
        if (telegrams++ == 0) {
            info = stream_info(kind, telegram);
        }
        pipeline.take("telegram at " + std::to_string(static_cast<int>(seconds)) + " s", info,
                      to_reading(telegram));
    });
    for (; seconds < 20; seconds += 10) {
        const auto bytes = encode(simulate_values(seconds));
        const std::vector<std::uint8_t> octets(bytes.begin(), bytes.end());
        decoder.feed(octets);
    }
    EXPECT_EQ(telegrams, 2);
    expect_golden(file, pipeline.text());
}

TEST(Golden, P1Telegrams) {
    stream_golden<P1Decoder>(
        "p1", "p1+serial:///dev/ttyUSB0", [](const SimulatedValues& values) { return p1_telegram(values); },
        "p1.txt");
}

TEST(Golden, D0Telegrams) {
    stream_golden<D0Decoder>(
        "d0", "d0+serial:///dev/ttyUSB0", [](const SimulatedValues& values) { return d0_telegram(values); },
        "d0.txt");
}

TEST(Golden, SmlTelegrams) {
    stream_golden<SmlDecoder>(
        "sml", "sml+serial:///dev/ttyUSB0",
        [](const SimulatedValues& values) { return sml_telegram(values); }, "sml.txt");
}

TEST(Golden, SmlMeterWithoutPinHasNoPower) {
    SmlMeter locked;
    locked.has_power = false;
    stream_golden<SmlDecoder>(
        "sml", "sml+serial:///dev/ttyUSB0",
        [&](const SimulatedValues& values) { return sml_telegram(values, locked); }, "sml-without-pin.txt");
}

Reading decoded(const ModelRow& model, const ModbusImage& image) {
    Reading reading;
    for (const Block& block : plan_blocks(model.rows, limits_of(model))) {
        std::vector<std::uint16_t> words;
        for (std::uint16_t i = 0; i < block.words; ++i) {
            const auto found = image.registers.find(
                static_cast<std::uint16_t>(static_cast<std::uint16_t>(block.address) + i));
            words.push_back(found == image.registers.end() ? std::uint16_t{0} : found->second);
        }
        decode_block(model, block, words, reading);
    }
    derive_whole_totals(reading, 3);
    return reading;
}

class RegisterGolden : public testing::TestWithParam<const char*> {};

TEST_P(RegisterGolden, WordsToMessages) {
    const std::string name = GetParam();
    const ModelRow& model = name == "em24" ? em24_rtu : em500;
    auto image = built_in_image(name);
    ASSERT_TRUE(image);
    Pipeline pipeline("cg+rtu:///dev/ttyUSB0");
    MeterInfo info = em24_info("KY123");
    info.estimate_reverse_per_phase = true;
    for (const int seconds : {0, 10}) {
        image->move(*image, seconds);
        pipeline.take("registers at " + std::to_string(seconds) + " s", info, decoded(model, *image));
    }
    expect_golden(name + "-registers.txt", pipeline.text());
}

INSTANTIATE_TEST_SUITE_P(Golden, RegisterGolden, testing::Values("em24", "em540"),
                         [](const auto& param) { return std::string(param.param); });

TEST(JsonLines, TelegramAndVenusForms) {
    Telegram telegram;
    telegram.objects.push_back({{1, 0, 1, 8, 1}, 51.775, "kWh", "", "", {}, {}, 0, 0});
    telegram.objects.push_back({{0, 1, 24, 2, 1}, 0.107, "m3", "", "150117180000W", {}, {}, 0, 0});
    telegram.objects.push_back({{0, 0, 96, 14, 0}, {}, "", "0002", "", {}, {}, 0, 0});
    telegram.objects.push_back({{1, 0, 99, 97, 0}, {}, "", "", "", {"0", "0-0:96.7.19"}, {}, 0, 0});
    EXPECT_EQ(
        telegram_json(telegram),
        R"({"1-0:1.8.1":{"value":51.775,"unit":"kWh"},"0-1:24.2.1":{"value":0.107,"unit":"m3","time":"150117180000W"},)"
        R"("0-0:96.14.0":{"value":"0002"},"1-0:99.97.0":{"groups":["0","0-0:96.7.19"]}})");
    Reading reading;
    reading.set(Quantity::Power, -320.0);
    reading.set(Quantity::CurrentL1, -1.4);
    EXPECT_EQ(venus_json(venus_measurements(reading)), R"({"Ac/Power":-320.0,"Ac/L1/Current":-1.4})");
}

} // namespace
} // namespace gridbridge
