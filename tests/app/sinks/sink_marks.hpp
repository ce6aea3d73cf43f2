// What a program that is killed has done, in memory that outlives it.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <stdexcept>
#include <string>

namespace gridbridge {

inline constexpr std::size_t most_sink_points = 2'000'000;
// Wall minus steady clock of the program, ms; up to a second more each time it is asked.
inline constexpr std::int64_t sink_unset_offset = 1'000'000'000;

struct SinkMarks {
    std::atomic<std::uint32_t> made;
    // By number of the point: its seq, once it is in the queue; 0: not.
    std::array<std::atomic<std::uint64_t>, most_sink_points> seq;
};

class SinkMarksFile {
  public:
    explicit SinkMarksFile(const std::string& path) {
        const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (file < 0 || ::ftruncate(file, sizeof(SinkMarks)) != 0) {
            throw std::runtime_error(path);
        }
        marks_ = ::mmap(nullptr, sizeof(SinkMarks), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        ::close(file);
    }
    SinkMarksFile(const SinkMarksFile&) = delete;
    SinkMarksFile& operator=(const SinkMarksFile&) = delete;
    ~SinkMarksFile() { ::munmap(marks_, sizeof(SinkMarks)); }
    SinkMarks& marks() { return *static_cast<SinkMarks*>(marks_); }

  private:
    void* marks_;
};

} // namespace gridbridge
