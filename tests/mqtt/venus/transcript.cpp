#include "tests/mqtt/venus/transcript.hpp"

#include "mqtt/outlet/venus_table.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <regex>

namespace gridbridge::testing_support {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

const std::string portal = "b827eb0a1b2c";
constexpr SourceId meter{0, 0};

// Not of an energy meter, or never measured by this one (the recording shows them as null).
constexpr std::array only_recorded{"Mgmt/Extra/", "Ac/PENVoltage", "Ac/N/Current", "Ac/L3/PowerFactor"};
constexpr std::array only_ours{"UpdateIndex", "ConfirmCounters", "/SupportMultiphase", "/IsMultiphase"};

bool mentions(const std::string& topic, std::span<const char* const> parts) {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const char* part) { return topic.find(part) != std::string::npos; });
}

bool is_of_interest(const std::string& topic) {
    const bool service = topic.starts_with("grid/") || topic.starts_with("pvinverter/");
    const bool settings = topic.starts_with("settings/0/Settings/Devices/") || topic.ends_with("DeviceIds");
    return (service || settings || topic == "system/0/Serial" || topic == "full_publish_completed") &&
           !mentions(topic, only_recorded) && !mentions(topic, only_ours) &&
           topic.find("Mgmt/Process") == std::string::npos && !topic.ends_with("L1ReverseEnergy");
}

// The recorded driver is another one of Victron's: its settings key starts with cg_.
std::string our_topic(std::string topic) {
    const auto key = topic.find("/cg_");
    return key == std::string::npos ? topic : topic.replace(key, 4, "/cgwacs_");
}

bool same_value(const json& recorded, const json& ours) {
    if (recorded.is_number() && ours.is_number()) {
        const double tolerance = 0.0051 + 1e-12 * std::abs(ours.get<double>());
        return std::abs(recorded.get<double>() - ours.get<double>()) <= tolerance;
    }
    return recorded == ours;
}

bool same_payload(const std::string& topic, const std::string& recorded, const std::string& ours) {
    if (recorded.empty() || ours.empty()) {
        return recorded == ours;
    }
    json left = json::parse(recorded);
    json right = json::parse(ours);
    if (topic == "full_publish_completed") {
        left["value"] = right["value"] = 0;
    }
    // A setting made while the recorded broker ran has no range until that broker restarts.
    if (!left.contains("min")) {
        right.erase("min");
        right.erase("max");
    }
    return left.size() == right.size() &&
           std::all_of(left.items().begin(), left.items().end(), [&](const auto& item) {
               return right.contains(item.key()) && same_value(item.value(), right[item.key()]);
           });
}

void take_line(const std::string& line, std::vector<TranscriptStep>& steps) {
    static const std::regex action("# t=([0-9.]+)s -- (.*)");
    static const std::regex publish("(?:asleep: )?PUBLISH ([^ ]+)  payload=(.*)");
    std::smatch match;
    if (!std::regex_match(line, match, action)) {
        const auto blank = line.find(' ');
        if (!line.starts_with("N/" + portal + "/") || line.substr(blank).starts_with(" 0 1 ")) {
            return; // comment, relayed request, or retained before the recording began
        }
        const std::string rest = line.substr(blank + 5);
        steps.back().expected.push_back(
            {line.substr(3 + portal.size(), blank - 3 - portal.size()), rest, false});
        return;
    }
    TranscriptStep step;
    step.at = std::stod(match[1]);
    const std::string text = match[2];
    std::smatch parts;
    if (std::regex_match(text, parts, publish)) {
        step.action = "PUBLISH";
        step.topic = parts[1];
        step.payload = parts[2] == "(empty)" ? std::string() : parts[2].str();
        if (step.payload.ends_with(" retain")) {
            step.payload.resize(step.payload.size() - 7);
        }
    } else if (const auto sets = text.find("GRID SERVICE sets "); sets != std::string::npos) {
        step.action = "sets";
        const std::string values =
            std::regex_replace(text.substr(sets + 18), std::regex("NaN|Infinity"), "null");
        step.values = json::parse(values);
    } else if (text.find("GRID SERVICE exits") != std::string::npos) {
        step.action = "exits";
    } else if (text.find("GRID SERVICE starts") != std::string::npos) {
        step.action = "starts";
    }
    step.topic = our_topic(step.topic);
    steps.push_back(std::move(step));
}

} // namespace

std::filesystem::path transcripts() {
    const char* const chosen = std::getenv("GRIDBRIDGE_CORPUS");
    std::filesystem::path folder(chosen == nullptr ? GRIDBRIDGE_DEFAULT_CORPUS : chosen);
    folder /= "venus-mqtt";
    return std::filesystem::exists(folder) ? folder : std::filesystem::path();
}

bool sets_impossible_power(const TranscriptStep& step) {
    const auto power = step.action == "sets" ? step.values.value("/Ac/Power", json(0)) : json(0);
    return power.is_number() &&
           std::abs(power.get<double>()) > quantity_table[index_of(Quantity::Power)].largest;
}

std::vector<TranscriptStep> read_transcript(const std::string& number) {
    std::vector<TranscriptStep> steps(1);
    for (const auto& entry : std::filesystem::directory_iterator(transcripts())) {
        if (entry.path().filename().string().starts_with(number + "-")) {
            std::ifstream file(entry.path());
            for (std::string line; std::getline(file, line);) {
                take_line(line, steps);
            }
        }
    }
    return steps;
}

TranscriptPlayer::TranscriptPlayer() {
    VenusOptions venus;
    venus.portal_id = portal;
    venus.always = false;
    venus.unix_time = [] { return 1795169045LL; };
    BridgeOptions options;
    options.meters.resize(3);
    options.meters[0].instance = options.meters[1].instance = options.meters[2].instance = 40;
    options.meters[2].role = "pvinverter";
    std::vector<OutletRow> outlets;
    outlets.push_back(outlet_row<Venus>(venus));
    bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
    std::ifstream file(transcripts() / "grid-service-model.json");
    const json model = json::parse(file);
    const json& paths = model["paths"];
    info_.kind = "cgwacs";
    info_.serial = paths["/Serial"];
    info_.model = paths["/Model"];
    info_.product_name = model["productname"];
    info_.product_id = model["productid"];
    info_.connection = model["connection"];
    info_.firmware = model["firmware"];
    info_.hardware = model["hardware"];
    info_.device_type = paths["/DeviceType"];
    info_.error_code = paths["/ErrorCode"];
    info_.phases = paths["/NrOfPhases"].get<int>();
    info_.phase_config = paths["/PhaseConfig"].get<int>();
    info_.switch_position = paths["/SwitchPos"].get<int>();
    info_.refresh_time = std::chrono::milliseconds(paths["/RefreshTime"].get<int>());
    set(paths);
    bridge_->update({meter, info_, {}, {}, {}}, now_, out_);
    send_reading();
    take();
}

void TranscriptPlayer::set(const json& values) {
    for (const auto& [path, value] : values.items()) {
        for (const VenusRow& row : venus_table) {
            if ("/" + std::string(row.path) == path) {
                reading_.set(row.quantity,
                             value.is_number() ? std::optional(value.get<double>()) : std::nullopt);
            }
        }
    }
}

void TranscriptPlayer::send_reading() {
    reading_.received = now_;
    if (present_) {
        bridge_->update({meter, {}, reading_, {}, {}}, now_, out_);
    }
}

Said TranscriptPlayer::take() {
    Said said;
    for (const Message& message : out_) {
        said.emplace(message.topic.substr(3 + portal.size()), message.payload);
    }
    out_.clear();
    return said;
}

Messages TranscriptPlayer::connect() {
    bridge_->connected(now_, out_);
    return std::exchange(out_, {});
}

Said TranscriptPlayer::pass(double until) {
    const auto end = start_ + std::chrono::milliseconds(static_cast<int>(until * 1000));
    while (now_ + 100ms <= end) {
        now_ += 100ms;
        send_reading();
        bridge_->tick(now_, out_);
    }
    now_ = std::max(now_, end);
    return take();
}

Said TranscriptPlayer::request(const std::string& topic, const std::string& payload) {
    bridge_->request({topic, payload, false}, now_, out_);
    return take();
}

void TranscriptPlayer::wake() {
    request("R/" + portal + "/keepalive", R"({"keepalive-options":["suppress-republish"]})");
}

Said TranscriptPlayer::vanish() {
    present_ = false;
    bridge_->update({meter, {}, {}, "exits", {}}, now_, out_);
    out_.clear(); // null first, which a GX driver leaves out
    bridge_->tick(now_ + 61s, out_);
    return take();
}

Said TranscriptPlayer::come_back() {
    present_ = true;
    bridge_->update({meter, info_, {}, {}, {}}, now_, out_);
    send_reading();
    return take();
}

Said TranscriptPlayer::play(const TranscriptStep& step) {
    Said said = pass(step.at);
    if (step.action == "PUBLISH") {
        said.merge(request(step.topic, step.payload));
    } else if (step.action == "sets") {
        set(step.values);
        send_reading();
        said.merge(take());
    } else if (step.action == "exits") {
        said.merge(vanish());
    } else if (step.action == "starts") {
        said.merge(come_back());
    }
    return said;
}

Said comparable(const std::vector<Message>& recorded) {
    Said said;
    for (const Message& message : recorded) {
        if (is_of_interest(message.topic)) {
            said.emplace(our_topic(message.topic), message.payload);
        }
    }
    return said;
}

Said comparable(const Said& said) {
    Said kept;
    std::copy_if(said.begin(), said.end(), std::inserter(kept, kept.end()),
                 [](const auto& entry) { return is_of_interest(entry.first); });
    return kept;
}

std::string difference(const Said& recorded, const Said& ours) {
    std::string text;
    auto left = recorded.begin();
    auto right = ours.begin();
    while (left != recorded.end() || right != ours.end()) {
        if (right == ours.end() || (left != recorded.end() && left->first < right->first)) {
            text += "missing: " + left->first + " " + left->second + "\n";
            ++left;
        } else if (left == recorded.end() || right->first < left->first) {
            text += "too much: " + right->first + " " + right->second + "\n";
            ++right;
        } else {
            if (!same_payload(left->first, left->second, right->second)) {
                text += "differs: " + left->first + " " + left->second + " ours " + right->second + "\n";
            }
            ++left;
            ++right;
        }
    }
    return text;
}

} // namespace gridbridge::testing_support
