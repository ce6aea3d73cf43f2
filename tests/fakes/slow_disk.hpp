// A file writer without a thread.
#pragma once

#include "mqtt/files/file_writer.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// Writes at once, or when it is told to.
class SlowDisk final : public FileWriter {
  public:
    bool put(const std::string& /*key*/, FileJob job, FileDone done) override {
        waiting_ = {std::move(job), std::move(done)};
        if (!is_slow) {
            work();
        }
        return true;
    }
    void work() {
        if (waiting_.first) {
            const auto [job, done] = std::exchange(waiting_, {});
            job();
            results_.push_back(done);
        }
    }
    void deliver() override {
        for (const FileDone& done : std::exchange(results_, {})) {
            done({});
        }
    }
    std::vector<std::string> failing() const override { return {}; }
    bool finish(std::chrono::milliseconds /*limit*/) override { return true; }

    bool is_slow = false;

  private:
    std::pair<FileJob, FileDone> waiting_;
    std::vector<FileDone> results_;
};

} // namespace gridbridge
