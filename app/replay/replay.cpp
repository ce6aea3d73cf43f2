#include "app/replay/replay.hpp"

#include <algorithm>
#include <memory>

namespace gridbridge {
namespace {

using Tracks = std::map<std::string, WireTrack>;
using Answers = std::map<std::string, RecordedAnswers>;
using Kind = WireEvent::Kind;

bool is_asked(const std::vector<WireRecord>& records) {
    return std::any_of(records.begin(), records.end(),
                       [](const WireRecord& record) { return record.kind == Kind::Sent; });
}

// As if the stream had been opened at the cut; waits of another driver are none of this one.
std::vector<WireRecord> opened_at(Clock::time_point cut, std::vector<WireRecord> records) {
    std::erase_if(records, [](const WireRecord& record) {
        return record.kind == Kind::Woke || record.kind == Kind::Speed;
    });
    for (WireRecord& record : records) {
        record.at = std::max(record.at, cut);
        record.number = 0;
    }
    return records;
}

Tracks tracks_of(RecordedWires& wires, const CutWires& cut) {
    Tracks tracks;
    for (auto& [uri, records] : wires) {
        const auto found = cut.find(uri);
        if (found == cut.end()) {
            tracks.emplace(uri, WireTrack(std::move(records)));
        } else if (!is_asked(records)) {
            tracks.emplace(uri, WireTrack(opened_at(found->second.at, std::move(records))));
        }
    }
    return tracks;
}

// Of what has no track.
Answers answers_of(const RecordedWires& wires, const CutWires& cut) {
    Answers answers;
    for (const auto& [uri, wire] : cut) {
        if (const auto records = wires.find(uri); records != wires.end() && is_asked(records->second)) {
            answers.emplace(uri, RecordedAnswers(records->second, wire.at, wire.has_transaction_id));
        }
    }
    return answers;
}

VirtualService::Parts on_tracks(VirtualService::Parts parts, Tracks& tracks, const Answers& answers) {
    parts.wires = [&tracks, &answers](std::span<const MeterConfig> meters) {
        const std::string& uri = meters.front().uri;
        if (const auto found = answers.find(uri); found != answers.end()) {
            return DriverWire{[&answer = found->second, uri](const MeterConfig& /*meter*/) {
                return make_answering_wire(answer, uri);
            }};
        }
        auto& track = tracks.try_emplace(uri, std::vector<WireRecord>()).first->second;
        return DriverWire{[&track](const MeterConfig& /*meter*/) { return make_replayed_wire(track); },
                          std::make_unique<TrackTime>(track)};
    };
    return parts;
}

} // namespace

Replay::Replay(VirtualService::Parts parts, RecordedWires wires, const CutWires& cut)
    : answers_(answers_of(wires, cut)), tracks_(tracks_of(wires, cut)),
      service_(on_tracks(std::move(parts), tracks_, answers_)) {}

std::vector<std::pair<std::string, std::string>> Replay::differences() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& [uri, track] : tracks_) {
        if (track.difference()) {
            all.emplace_back(uri, *track.difference());
        }
    }
    return all;
}

} // namespace gridbridge
