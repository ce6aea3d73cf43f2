// What the thread of RecordingFiles does. One thread; waits for the disk.
#pragma once

#include "app/recording/packing.hpp"
#include "app/recording/recording_files.hpp"
#include "app/recording/recording_writer.hpp"
#include "app/recording/wire_beginnings.hpp"

#include <deque>
#include <optional>

namespace gridbridge {

class RecordingRing {
  public:
    explicit RecordingRing(const RecordingFilesOptions& options) : options_(options), head_(options.head) {}

    void add(const RecordedConnection& connection);
    void add(const Record& record, Clock::time_point now);
    void flush(Clock::time_point now);
    void finish(Clock::time_point now); // the file is closed
    // Closed files are compressed, a little at each call. False: there is nothing to do.
    bool pack(Clock::time_point now);

    std::uint64_t records() const { return records_; }
    std::uint64_t left_out() const { return left_out_; }
    const std::string& problem() const { return problem_; }
    const std::string& file() const { return path_; } // empty: none is open

  private:
    bool open(Clock::time_point first, Clock::time_point now);
    void make_file(Clock::time_point first, Clock::time_point now);
    void write();
    void close();
    void fail(const std::string& problem, Clock::time_point now);

    const RecordingFilesOptions& options_;
    RecordedHead head_;
    std::map<unsigned, RecordedConnection> connections_;
    WireBeginnings beginnings_{std::size_t{256} * 1024};
    std::optional<RecordingWriter> writer_;
    Descriptor file_;
    std::string path_;
    std::uint64_t written_ = 0; // bytes of the file, whole blocks
    std::uint64_t in_file_ = 0; // records
    Clock::time_point opened_at_{};
    std::optional<std::uint64_t> next_number_;
    std::optional<Clock::time_point> retry_at_;
    std::string problem_;
    std::uint64_t records_ = 0;
    std::uint64_t unwritten_ = 0; // records since the last write
    std::uint64_t left_out_ = 0;
    std::uint64_t unsaid_ = 0; // left out, and no record says so yet
    std::deque<std::string> to_pack_;
    std::optional<Packing> packing_;
};

} // namespace gridbridge
