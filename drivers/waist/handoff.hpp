// The only way data crosses from driver threads to the publisher thread.
#pragma once

#include "drivers/waist/guarded.hpp"
#include "drivers/waist/reading.hpp"
#include "drivers/waist/telegram_copy.hpp"

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace gridbridge {

// Everything new about one source since the last take().
struct MeterUpdate {
    SourceId source;
    std::optional<MeterInfo> info;   // newest, if announced again
    std::optional<Reading> reading;  // newest reading
    std::optional<std::string> lost; // reason, if the driver declared the meter lost after that reading
    std::optional<MeterCounters> counters;
    SharedTelegram telegram{}; // newest, if telegrams are kept
};

// Whether the publisher is to look now, or when wake() is called: what came in one telegram is taken at once.
enum class Wake : std::uint8_t { Now, Later };

// Latest state per source: a newer reading replaces an older one, so it is bounded by the number of sources
// and never stale. All functions may be called from any thread; take() from one thread only.
class Handoff {
  public:
    void announce(SourceId source, MeterInfo info);
    void put(SourceId source, const Reading& reading, const MeterCounters& counters, Wake wake = Wake::Now);
    void lose(SourceId source, std::string reason, const MeterCounters& counters);
    void count(SourceId source, const MeterCounters& counters); // does not wake the publisher

    // Queries ask for telegrams of every meter; said before the drivers start. Of a meter that publishes them
    // they are kept in any case.
    void keep_telegrams() { keeps_telegrams_ = true; }
    bool keeps_telegrams() const { return keeps_telegrams_; }
    // Between announce() and the put() of its reading. A newer one replaces an older one that was not taken.
    void keep(SourceId source, SharedTelegram telegram);

    // Makes take() return although no meter has news.
    void wake();

    // Whether take() would return at once.
    bool is_woken() const;

    // Waits until there is news, wake() was called, the deadline has passed or stop was requested.
    // Returns the news ordered by source; may be empty.
    std::vector<MeterUpdate> take(Clock::time_point deadline, const std::stop_token& stop);

  private:
    template <typename Change>
    void change(SourceId source, Wake wake, Change&& apply);

    struct State {
        std::map<SourceId, MeterUpdate> news;
        bool woken = false;
    };
    Guarded<State> state_;
    std::atomic<bool> keeps_telegrams_ = false;
};

// Wakes the publisher at its end, whatever happened before. `handoff` must outlive it.
class WakeAtEnd {
  public:
    explicit WakeAtEnd(Handoff& handoff) : handoff_(handoff) {}
    WakeAtEnd(const WakeAtEnd&) = delete;
    WakeAtEnd& operator=(const WakeAtEnd&) = delete;
    ~WakeAtEnd() { handoff_.wake(); }

  private:
    Handoff& handoff_;
};

} // namespace gridbridge
