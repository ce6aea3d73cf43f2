// Work that several processes share.
#pragma once

#include <cerrno>
#include <cstdint>
#include <functional>
#include <new>
#include <system_error>

#include <sys/mman.h>

namespace gridbridge::mill {

// A value that this process has in common with all that it forks.
template <typename T>
class Shared {
  public:
    Shared() : place_(::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
        if (place_ == MAP_FAILED) {
            throw std::system_error(errno, std::generic_category(), "mmap");
        }
        value_ = new (place_) T();
    }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    ~Shared() { ::munmap(place_, sizeof(T)); }

    T& operator*() const { return *value_; }
    T* operator->() const { return value_; }

  private:
    void* place_;
    T* value_ = nullptr;
};

// One: of the threads of a job one runs at a time, and waking one on another core takes far longer.
enum class Cores : std::uint8_t { One, All };

// Each job in a process of its own; a single one in this process. `work` gets its number, and gives what the
// process ends with; `lost` is called for one that has ended otherwise. The highest that one has ended with.
int run_jobs(unsigned count, Cores cores, const std::function<int(unsigned job)>& work,
             const std::function<void(unsigned job)>& lost);

} // namespace gridbridge::mill
