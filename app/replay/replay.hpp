// A service fed with what was recorded, in the time of the recording.
#pragma once

#include "app/replay/answering_wire.hpp"
#include "app/replay/replayed_wire.hpp"
#include "app/replay/virtual_service.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// By the URI of the first meter of a connection.
using RecordedWires = std::map<std::string, std::vector<WireRecord>>;

// A connection that begins in the middle.
struct CutWire {
    Clock::time_point at{};
    bool has_transaction_id = false; // Modbus TCP
};
using CutWires = std::map<std::string, CutWire>;

// A connection on which everything is recorded from the beginning on is replayed as it was, to the last bit.
// Of one that begins in the middle a stream says what it said; where a driver asks, it gets the answer that
// was given nearest to that time.
class Replay {
  public:
    // `parts` as they were at the beginning; their wires are not used.
    Replay(VirtualService::Parts parts, RecordedWires wires, const CutWires& cut = {});

    // As VirtualService::run().
    void run(Clock::time_point until, const std::vector<HeardMessage>& heard,
             const VirtualService::Say& say) {
        service_.run(until, heard, say);
    }

    // Connections on which a driver did otherwise than recorded, and how it began.
    std::vector<std::pair<std::string, std::string>> differences() const;

  private:
    std::map<std::string, RecordedAnswers> answers_; // of those that begin in the middle
    std::map<std::string, WireTrack> tracks_;
    VirtualService service_;
};

} // namespace gridbridge
