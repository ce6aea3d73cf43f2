// A service fed with what was recorded, in the time of the recording.
#pragma once

#include "app/replay/replayed_wire.hpp"
#include "app/replay/virtual_service.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// By the URI of the first meter of a connection.
using RecordedWires = std::map<std::string, std::vector<WireRecord>>;

class Replay {
  public:
    // `parts` as they were at the beginning; their wires are not used.
    Replay(VirtualService::Parts parts, RecordedWires wires);

    // As VirtualService::run().
    void run(Clock::time_point until, const std::vector<HeardMessage>& heard,
             const VirtualService::Say& say) {
        service_.run(until, heard, say);
    }

    // Connections on which a driver did otherwise than recorded, and how it began.
    std::vector<std::pair<std::string, std::string>> differences() const;

  private:
    std::map<std::string, WireTrack> tracks_;
    VirtualService service_;
};

} // namespace gridbridge
