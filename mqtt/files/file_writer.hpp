// One thread that writes all files of the service, so that no other thread waits for a disk.
#pragma once

#include "drivers/waist/clock.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

// What became of a job: its text, or why it failed.
struct FileResult {
    std::string key;
    std::string text;  // what the job returned
    std::string error; // empty: done. Else (path, reason, fix); it is tried again
};

// A job writes one thing, on the writer's thread. It returns a text for whoever ordered it and throws
// std::exception (path, reason, fix) when the disk did not take it.
using FileJob = std::function<std::string()>;

// Told what became of a job, by deliver(): of each success, and of a failure once until its reason changes.
using FileDone = std::function<void(const FileResult& result)>;

// Jobs of different keys are done in the order they came; of one key only the newest counts. A job that fails
// is tried again until it succeeds or a newer one replaces it.
class FileWriter {
  public:
    FileWriter() = default;
    FileWriter(const FileWriter&) = delete;
    FileWriter& operator=(const FileWriter&) = delete;
    virtual ~FileWriter() = default;

    // False: too many are waiting, it was not taken.
    virtual bool put(const std::string& key, FileJob job, FileDone done) = 0;
    // Calls what was given with the jobs that came to a result since the last call, in order, on this thread.
    virtual void deliver() = 0;
    // Of each key whose newest job has failed and waits to be tried again: the reason.
    virtual std::vector<std::string> failing() const = 0;
    // Tries everything that waits once more, without pauses. False: the disk took longer than `limit`, or
    // something failed.
    virtual bool finish(std::chrono::milliseconds limit) = 0;
};

// On a thread of its own. Tries again after 1, 2, 5, 10, 30 s, then every 30 s. Any thread.
class ThreadedFileWriter final : public FileWriter {
  public:
    static constexpr std::size_t max_waiting = 1000; // jobs; more are a fault of ours, not of a disk

    // `wake` is called on the writer's thread when deliver() has something to tell.
    explicit ThreadedFileWriter(std::function<void()> wake);
    // Waits for nothing: what finish() has not done is left.
    ~ThreadedFileWriter() override;

    bool put(const std::string& key, FileJob job, FileDone done = {}) override;
    void deliver() override;
    std::vector<std::string> failing() const override;
    bool finish(std::chrono::milliseconds limit) override;

  private:
    struct Shared; // outlives this object while a disk holds the thread
    std::shared_ptr<Shared> shared_;
};

} // namespace gridbridge
