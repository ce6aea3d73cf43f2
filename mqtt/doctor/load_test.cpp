#include "mqtt/doctor/load_test.hpp"

#include "mqtt/outlet/finding.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto switching_patience = 2min;
constexpr double least_share = 0.5; // of the load: people know its size roughly
constexpr double most_share = 1.5;

struct ChannelRow {
    Quantity quantity;
    const char* name;
};
constexpr std::array<ChannelRow, 3> phase_rows{
    {{Quantity::PowerL1, "L1"}, {Quantity::PowerL2, "L2"}, {Quantity::PowerL3, "L3"}}};

// To 10 W, with its sign: "+1980 W".
std::string signed_watts(double watts) {
    const long rounded = std::lround(watts / 10) * 10;
    return (rounded > 0 ? "+" : "") + std::to_string(rounded) + " W";
}

std::string on_name(const std::string& name) {
    return name == "total" ? std::string() : " on " + name;
}

} // namespace

LoadTest::LoadTest(double watts, std::vector<std::size_t> phases, Clock::time_point now)
    : watts_(std::clamp(watts, least_watts, most_watts)), phases_(std::move(phases)) {
    prepare(now);
}

void LoadTest::take_channels(const Reading& reading) {
    for (std::size_t phase = 1; phase <= phase_rows.size() && phases_.empty(); ++phase) {
        const ChannelRow& row = phase_rows.at(phase - 1);
        if (reading.has(row.quantity)) {
            channels_.push_back({row.quantity, row.name, {}});
        }
    }
    for (const std::size_t phase : phases_) {
        const ChannelRow& row = phase_rows.at(phase - 1);
        channels_.push_back({row.quantity, row.name, {}});
    }
    if (channels_.empty() && reading.has(Quantity::Power)) {
        channels_.push_back({Quantity::Power, "total", {}});
    }
    results_.resize(channels_.size());
}

void LoadTest::reading(const Reading& reading, Clock::time_point now) {
    if (is_over()) {
        return;
    }
    if (channels_.empty()) {
        take_channels(reading);
        if (channels_.empty()) {
            return;
        }
    }
    for (Channel& channel : channels_) {
        if (const auto watts = reading.get(channel.quantity)) {
            channel.power.add(reading.received, *watts);
        }
    }
    if (progress_.state == LoadState::Lost || progress_.state == LoadState::Prepare) {
        if (progress_.state == LoadState::Lost || progress_.phase.empty()) {
            prepare(now);
        }
        if (wanted().power.is_ready()) {
            ask(LoadState::SwitchOn, now);
        }
        return;
    }
    const std::vector<Seen> steps = take_steps(now);
    if (progress_.state == LoadState::SwitchOn) {
        wait_for_step(steps, now);
    } else {
        wait_for_end(steps, now);
    }
    tick(now);
}

std::vector<LoadTest::Seen> LoadTest::take_steps(Clock::time_point now) {
    std::vector<Seen> steps;
    for (std::size_t i = 0; i < channels_.size(); ++i) {
        if (const auto size = channels_[i].power.step(least_share * watts_, most_share * watts_)) {
            channels_[i].power.accept();
            steps.push_back({i, *size, now});
        }
    }
    return steps;
}

void LoadTest::wait_for_step(const std::vector<Seen>& steps, Clock::time_point now) {
    for (const Seen& seen : steps) {
        Channel& channel = channels_.at(seen.channel);
        if (channel.load && std::signbit(*channel.load) != std::signbit(seen.size)) {
            channel.load.reset(); // ours, which was late to be switched off
        } else if (seen.channel == turn_) {
            found(seen, now);
            return;
        } else if (!elsewhere_) {
            elsewhere_ = seen;
        }
    }
    // Another appliance may have been a moment before ours.
    if (elsewhere_ && now - elsewhere_->at >= wanted().power.stay() + 2s) {
        found(*elsewhere_, now);
    }
}

void LoadTest::found(const Seen& seen, Clock::time_point now) {
    elsewhere_.reset();
    results_.at(turn_) = seen;
    channels_.at(seen.channel).load = seen.size;
    progress_.sentences.push_back(sentence_of(seen));
    ask(LoadState::SwitchOff, now);
}

void LoadTest::wait_for_end(const std::vector<Seen>& steps, Clock::time_point now) {
    const Seen first = results_.at(turn_).value();
    for (const Seen& seen : steps) {
        Channel& channel = channels_.at(seen.channel);
        if (seen.channel == first.channel && std::signbit(seen.size) != std::signbit(first.size)) {
            channel.load.reset();
            next_phase(now);
            return;
        }
        if (seen.channel == turn_ && first.channel != turn_) { // the other one was not ours
            channels_.at(first.channel).load.reset();
            progress_.sentences.pop_back();
            found(seen, now);
            return;
        }
    }
}

void LoadTest::lost(Clock::time_point now) {
    if (is_over() || progress_.state == LoadState::Lost) {
        return;
    }
    for (Channel& channel : channels_) {
        channel.power.clear();
        channel.load.reset();
    }
    elsewhere_.reset();
    progress_.state = LoadState::Lost;
    progress_.text =
        "The meter no longer answers. Switch the load off; the test goes on when the meter is back.";
    until_ = now + switching_patience;
}

void LoadTest::tick(Clock::time_point now) {
    if (is_over() || now < until_) {
        return;
    }
    switch (progress_.state) {
    case LoadState::SwitchOn:
        if (elsewhere_) {
            found(*elsewhere_, now);
            return;
        }
        progress_.sentences.push_back(progress_.phase + ": no step within 2 minutes");
        next_phase(now);
        break;
    case LoadState::SwitchOff:
        progress_.sentences.push_back(progress_.phase +
                                      ": no step back when it should be off: it may have been another load");
        is_unsure_ = true;
        next_phase(now);
        break;
    default:
        progress_.state = LoadState::Ended;
        progress_.text = "The meter has given no readings for 2 minutes: the test has ended.";
        break;
    }
}

void LoadTest::end() {
    if (!is_over()) {
        progress_.state = LoadState::Ended;
        progress_.text = "The test was ended.";
    }
}

Clock::time_point LoadTest::next_tick() const {
    return is_over() ? Clock::time_point::max() : until_;
}

void LoadTest::prepare(Clock::time_point now) {
    progress_.state = LoadState::Prepare;
    progress_.phase = channels_.empty() ? std::string() : wanted().name;
    progress_.text = "Leave everything as it is for some seconds: what flows now is measured.";
    until_ = now + switching_patience;
}

void LoadTest::ask(LoadState state, Clock::time_point now) {
    progress_.state = state;
    progress_.text = state == LoadState::SwitchOn
                         ? "Switch a load of about " + std::to_string(std::lround(watts_)) + " W" +
                               on_name(progress_.phase) + " on now."
                         : "Switch the load off again.";
    until_ = now + switching_patience;
}

void LoadTest::next_phase(Clock::time_point now) {
    elsewhere_.reset();
    if (++turn_ == channels_.size()) {
        --turn_;
        finish();
        return;
    }
    progress_.phase = wanted().name;
    if (wanted().power.is_ready()) {
        ask(LoadState::SwitchOn, now);
    } else {
        prepare(now);
    }
}

std::string LoadTest::sentence_of(const Seen& seen) const {
    const std::string size = signed_watts(seen.size);
    const std::string& name = channels_.at(turn_).name;
    if (seen.channel != turn_) {
        return name + ": the step came on " + channels_.at(seen.channel).name + " (" + size + ")";
    }
    return name + ": " + size + (seen.size > 0 ? ": right" : ": measured in reverse");
}

void LoadTest::finish() {
    progress_.state = LoadState::Done;
    std::string text;
    const auto add = [&](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence; };
    bool reversed = false;
    bool exchanged = false;
    bool is_unseen = is_unsure_;
    for (std::size_t i = 0; i < results_.size(); ++i) {
        const auto& seen = results_[i];
        is_unseen = is_unseen || !seen;
        reversed = reversed || (seen && seen->size < 0);
        exchanged = exchanged || (seen && seen->channel != i);
    }
    if (reversed) {
        add(std::string(finding_row(FindingCode::PhaseReversed).action));
    }
    if (exchanged) {
        add("A phase of the meter is not the one of that name in the house: if you are sure where the load "
            "was, exchange their wires, voltage and current together.");
    }
    if (is_unseen) {
        add("Repeat the test for what was not seen, with a larger load.");
    }
    progress_.is_right = text.empty();
    progress_.text = text.empty() ? "All is right." : text;
    progress_.phase.clear();
}

} // namespace gridbridge
