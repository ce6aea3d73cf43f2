// Whether a replay says what was said when it was recorded. Pure; one thread.
#pragma once

#include "app/replay/recorded_service.hpp"
#include "app/replay/virtual_service.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// Each reading, to the last bit, with the one of that meter and moment that was published. Must outlive the
// outlet of its row.
class ReadingComparison {
  public:
    // `begins_in_the_middle`: what came before the first one is not known, so that it is not compared.
    ReadingComparison(const std::vector<PublishedReading>& recorded, bool begins_in_the_middle);

    OutletRow row();

    std::size_t equal() const { return equal_; }
    const std::vector<PublishedReading>& different() const { return different_; } // in order
    // Of each meter how many of how many recorded readings are not in the replay, where that is not 0.
    std::map<std::string, std::pair<std::size_t, std::size_t>> missing() const;

  private:
    using Readings = std::map<Clock::time_point, std::uint64_t>; // hash, by time
    void take(const Meter& meter);

    bool begins_in_the_middle_;
    std::map<std::string, Readings> recorded_; // by serial number
    std::map<std::string, std::size_t> found_;
    std::size_t equal_ = 0;
    std::vector<PublishedReading> different_;
};

// A value that was published of a meter and is another one now.
struct ValueDifference {
    std::string meter; // "grid/30"
    std::string path;  // "Ac/Power"; "everything" of a meter that the replay does not have
    Clock::time_point at{};
    std::string was, is;   // payloads; "nothing" for none
    std::size_t count = 1; // of this path; the rest is of the first
};

// The published text itself, where it was recorded.
class MessageComparison {
  public:
    explicit MessageComparison(std::span<const HeardMessage> recorded);

    void take(const Messages& said, Clock::time_point now);
    std::size_t compared() const { return recorded_.size(); }
    std::vector<ValueDifference> differences() const; // in order of time

  private:
    struct Value {
        std::string key; // meter and path, as a topic has them
        Clock::time_point at{};
        std::string payload;
    };
    using Said = std::map<Clock::time_point, std::string>;
    bool says(const std::string& meter) const;
    static std::string value_at(const Said& said, Clock::time_point at);
    static bool was_said(const Said& said, const Value& was);

    std::vector<Value> recorded_;
    std::map<std::string, Said> said_; // by key
};

} // namespace gridbridge
