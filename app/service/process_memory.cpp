#include "app/service/process_memory.hpp"

#include <cstddef>
#include <cstdint>

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace gridbridge {
namespace {

constexpr int arenas = 2; // of glibc's malloc, which would make eight per core
// Bytes. What is as large lives for moments (texts for Home Assistant, saved settings, copies of all meters):
// it gets pages of its own, which go back at once. Among small things that stay it leaves holes.
constexpr int short_lived = 16 * 1024;

// Of one loaded file. What the kernel refuses is left as it was.
int keep(dl_phdr_info* file, std::size_t /*size*/, void* /*unused*/) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (int i = 0; i < file->dlpi_phnum; ++i) {
        const auto& segment = file->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) {
            continue;
        }
        const std::uintptr_t begin = (file->dlpi_addr + segment.p_vaddr) & ~(page - 1);
        const std::uintptr_t end = file->dlpi_addr + segment.p_vaddr + segment.p_memsz;
        auto* const first = reinterpret_cast<void*>(begin); // NOLINT(performance-no-int-to-ptr)
        static_cast<void>(::madvise(first, end - begin, MADV_WILLNEED));
        static_cast<void>(::mlock2(first, end - begin, MLOCK_ONFAULT));
    }
    return 0;
}

} // namespace

void prepare_process_memory() {
    ::mallopt(M_ARENA_MAX, arenas);           // NOLINT(concurrency-mt-unsafe): before any thread
    ::mallopt(M_MMAP_THRESHOLD, short_lived); // NOLINT(concurrency-mt-unsafe)
    ::dl_iterate_phdr(keep, nullptr);
}

void trim_process_memory() {
    ::malloc_trim(0);
}

} // namespace gridbridge
