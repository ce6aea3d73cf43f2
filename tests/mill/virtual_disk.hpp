// The writer of files of a program in simulated time: real files, at the pace and with the faults of a
// course.
#pragma once

#include "drivers/waist/clock.hpp"
#include "mqtt/files/file_writer.hpp"
#include "tests/mill/course.hpp"

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge::mill {

// One thread. What waits when it goes is never written: the program was killed.
class VirtualDisk final : public FileWriter {
  public:
    VirtualDisk(const Course& course, Clock::time_point begin) : course_(course), begin_(begin) {}

    bool put(const std::string& key, FileJob job, FileDone done) override;
    void deliver() override;
    std::vector<std::string> failing() const override;
    bool finish(std::chrono::milliseconds limit) override;

    void run_until(Clock::time_point now);
    bool has_results() const { return !results_.empty(); } // to deliver
    Clock::time_point next() const;                        // max: nothing waits

  private:
    struct Waiting {
        std::string key;
        FileJob job;
        FileDone done;
        Clock::time_point due;
        std::string failure;
    };
    bool is(Trouble trouble, Clock::time_point now) const {
        return is_in(course_, trouble, Seconds(now - begin_).count());
    }
    Clock::duration pace(Clock::time_point now) const;
    void write(Waiting waiting, Clock::time_point now);

    const Course& course_;
    Clock::time_point begin_;
    std::deque<Waiting> waiting_;
    std::vector<std::pair<FileDone, FileResult>> results_;
};

} // namespace gridbridge::mill
