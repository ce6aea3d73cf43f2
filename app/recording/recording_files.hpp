// Recordings on disk: a ring of files in a folder.
#pragma once

#include "app/recording/record.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace gridbridge {

// What is called owns what it needs: a disk that hangs may hold the thread longer than RecordingFiles lives.
struct RecordingFilesOptions {
    std::string directory;                    // made, one level, when it is missing
    std::uint64_t total_bytes = 0;            // of all files in it; the oldest go. 1 MB or more
    RecordedHead head;                        // its clock follows the ClockSet records
    std::function<std::int64_t()> wall_clock; // Unix time in s, for the names of files; writer thread
    // A problem (path, reason, fix), once until it is over; then an empty text. Writer thread.
    std::function<void(const std::string& problem)> on_problem;
    std::chrono::milliseconds flush_every{1000}; // what is younger is lost with the process
    std::chrono::milliseconds retry{std::chrono::minutes(1)};
    std::chrono::milliseconds file_at_most{std::chrono::hours(1)};
    std::size_t max_queued = std::size_t{1024} * 1024; // bytes
};

struct RecordingState {
    std::uint64_t records = 0;  // on disk, of this run
    std::uint64_t left_out = 0; // the disk was too slow, full or not there
    std::string file;           // that is written
    std::string problem;        // why nothing is written; empty: it is
};

// Files are named gridbridge-<utc>-<n>.pcapng; after a sixteenth of the total size or an hour they are closed
// and become .pcapng.zst. One that is not closed, because the process was killed, is whole up to its last
// flush, and compressed by the next run. A thread of its own does all that. Any thread.
class RecordingFiles {
  public:
    explicit RecordingFiles(RecordingFilesOptions options);
    // Waits for nothing: what finish() has not done is left.
    ~RecordingFiles();
    RecordingFiles(const RecordingFiles&) = delete;
    RecordingFiles& operator=(const RecordingFiles&) = delete;

    // Before the first record of it; again when it has changed.
    void add(const RecordedConnection& connection);
    // Never waits for the disk. What does not fit into the queue is counted, and a Note says at that place
    // how much was left out.
    void offer(Record record) noexcept;
    // Everything that was offered before is on disk. False: the disk took longer than `limit`, or did not
    // take it.
    bool flush(std::chrono::milliseconds limit);
    // As flush(), and the file is closed; nothing is recorded any more.
    bool finish(std::chrono::milliseconds limit);

    RecordingState state() const;

  private:
    bool ask(std::chrono::milliseconds limit, bool is_last);

    struct Shared; // outlives this object while a disk holds the thread
    std::shared_ptr<Shared> shared_;
};

} // namespace gridbridge
