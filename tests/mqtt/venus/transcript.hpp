// Recorded talks of clients with a GX device, played against the Venus outlet.
#pragma once

#include "mqtt/bridge/bridge.hpp"
#include "mqtt/venus/venus.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge::testing_support {

// The folder with the transcripts; empty: there is none on this machine.
std::filesystem::path transcripts();

struct TranscriptStep {
    double at = 0;      // s since the start
    std::string action; // "PUBLISH topic", "sets", "exits", "starts"; empty: only time passes
    std::string topic;
    std::string payload;
    nlohmann::json values;         // "sets"
    std::vector<Message> expected; // what the GX sent until the next step, without relayed requests
};
// A power that no meter measures: unknown to us.
bool sets_impossible_power(const TranscriptStep& step);
// `number` is the start of the file name, "04".
std::vector<TranscriptStep> read_transcript(const std::string& number);

// Topic behind the portal id to the payloads in order.
using Said = std::multimap<std::string, std::string>;

// The grid meter of the transcripts (grid-service-model.json) behind our bridge, publishing only when asked.
class TranscriptPlayer {
  public:
    TranscriptPlayer();

    void set(const nlohmann::json& values); // {"/Ac/Power": -1.0}
    void wake();                            // without a replay
    // Lets time pass until the step and does what it says; what was said since the last call.
    Said play(const TranscriptStep& step);
    Said pass(double until); // s
    Said request(const std::string& topic, const std::string& payload);
    Said vanish();
    Said come_back();
    Bridge& bridge() { return *bridge_; }
    const MeterInfo& info() const { return info_; }
    const Reading& reading() const { return reading_; }
    Messages connect();

  private:
    void send_reading();
    Said take();

    Settings settings_;
    std::unique_ptr<Bridge> bridge_;
    MeterInfo info_;
    Reading reading_;
    bool present_ = true;
    Clock::time_point start_ = Clock::time_point{} + std::chrono::hours(1);
    Clock::time_point now_ = start_;
    Messages out_;
};

// Removes what the recording has and an energy meter of ours need not have, and the other way round.
Said comparable(const std::vector<Message>& recorded);
Said comparable(const Said& said);
// Empty when both say the same; numbers within the rounding of the topics, times of day whatever they are.
std::string difference(const Said& recorded, const Said& ours);

} // namespace gridbridge::testing_support
