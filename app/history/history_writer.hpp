// Puts finished rows of the history on disk, on a thread of its own.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/history/history_memory.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace gridbridge {

struct HistoryWriterOptions {
    std::string path;
    int minute_days = 31;
    int quarter_days = 400;
    std::function<std::int64_t()> wall_clock; // Unix time in ms; writer thread
    Log log;
    std::function<void()> after_batch = {};              // writer thread: memory was freed
    std::chrono::seconds pause{std::chrono::minutes(5)}; // between batches: each costs a card some pages
};

// At the start it looks whether the file is whole, and sets a broken one aside; after each pause it takes
// what is finished. What the disk does not take stays in memory, within the bounds of HistoryMemory, and is
// tried again with the next batch. Any thread.
class HistoryWriter {
  public:
    HistoryWriter(std::shared_ptr<HistoryMemory> memory, HistoryWriterOptions options);
    // Waits for nothing: what finish() has not done is left.
    ~HistoryWriter();
    HistoryWriter(const HistoryWriter&) = delete;
    HistoryWriter& operator=(const HistoryWriter&) = delete;

    // Writes what is finished now. False: the disk took longer than `limit`, or did not take it.
    bool flush(std::chrono::milliseconds limit);
    // The last batch; nothing is written any more.
    bool finish(std::chrono::milliseconds limit);
    // Why the newest batch is not on disk, for people; empty: it is.
    std::string problem() const;

  private:
    bool ask(std::chrono::milliseconds limit, bool is_last);

    struct Shared; // outlives this object while a disk holds the thread
    std::shared_ptr<Shared> shared_;
};

// Renames a file that is broken, with its log, to <path>.broken-<time>; never over another, and the newest
// three stay. Returns the new name. Throws std::system_error.
std::string set_history_aside(const std::string& path, std::int64_t unix_time);

} // namespace gridbridge
