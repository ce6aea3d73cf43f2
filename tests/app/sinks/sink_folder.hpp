// A folder of one test, and queues in it.
#pragma once

#include "app/sinks/sink_queue.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace gridbridge {

class SinkFolder {
  public:
    SinkFolder() {
        std::string name = std::filesystem::temp_directory_path() / "gridbridge-sink-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    SinkFolder(const SinkFolder&) = delete;
    SinkFolder& operator=(const SinkFolder&) = delete;
    ~SinkFolder() { std::filesystem::remove_all(path_); }
    std::string path() const { return path_ + "/sinks/test"; }

    // Whether only one can be open at a time is up to the caller.
    SinkQueue open(std::uint64_t max_size = 64'000'000, std::uint64_t boot = 1,
                   const std::string& run = "r") const {
        return {make_disk_store(path()), {max_size, boot, [run] { return run; }}};
    }

  private:
    std::string path_;
};

inline std::vector<QueuedPoint> numbered(int first, int count, std::size_t bytes = 20) {
    std::vector<QueuedPoint> points;
    for (int i = first; i < first + count; ++i) {
        points.push_back({0, i, 0, "S", std::to_string(i) + std::string(bytes, ' ')});
    }
    return points;
}

// Reads everything that is left, without acknowledging it: the numbers.
inline std::vector<std::int64_t> numbers_in(SinkQueue& queue) {
    std::vector<std::int64_t> numbers;
    queue.rewind();
    for (auto taken = queue.read(5'000, 1'000'000); !taken.empty(); taken = queue.read(5'000, 1'000'000)) {
        for (const TakenPoint& one : taken) {
            numbers.push_back(one.point.time_ms);
        }
    }
    return numbers;
}

} // namespace gridbridge
