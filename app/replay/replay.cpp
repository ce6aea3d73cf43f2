#include "app/replay/replay.hpp"

#include <memory>

namespace gridbridge {
namespace {

using Tracks = std::map<std::string, WireTrack>;

Tracks tracks_of(RecordedWires&& wires) {
    Tracks tracks;
    for (auto& [uri, records] : wires) {
        tracks.emplace(uri, WireTrack(std::move(records)));
    }
    return tracks;
}

VirtualService::Parts on_tracks(VirtualService::Parts parts, Tracks& tracks) {
    parts.wires = [&tracks](std::span<const MeterConfig> meters) {
        auto& track = tracks.try_emplace(meters.front().uri, std::vector<WireRecord>()).first->second;
        return DriverWire{[&track](const MeterConfig& /*meter*/) { return make_replayed_wire(track); },
                          std::make_unique<TrackTime>(track)};
    };
    return parts;
}

} // namespace

Replay::Replay(VirtualService::Parts parts, RecordedWires wires)
    : tracks_(tracks_of(std::move(wires))), service_(on_tracks(std::move(parts), tracks_)) {}

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
