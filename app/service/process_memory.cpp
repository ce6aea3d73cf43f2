#include "app/service/process_memory.hpp"

#include <cstddef>
#include <cstdint>

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

namespace gridbridge {
namespace {

// Of glibc's malloc, which would make eight per core. A second one cost 40 kB and saved no time.
constexpr int arenas = 1;
// Bytes. What is as large lives for moments (texts for Home Assistant, saved settings, copies of all meters):
// it gets pages of its own, which go back at once. Among small things that stay it leaves holes.
constexpr int short_lived = 16 * 1024;

// The loader has changed its code, so its pages are not those of the file.
bool has_relocated_text(const dl_phdr_info& file) {
    for (int i = 0; i < file.dlpi_phnum; ++i) {
        if (file.dlpi_phdr[i].p_type != PT_DYNAMIC) {
            continue;
        }
        const std::uintptr_t at = file.dlpi_addr + file.dlpi_phdr[i].p_vaddr;
        const auto* entry = reinterpret_cast<const ElfW(Dyn)*>(at); // NOLINT(performance-no-int-to-ptr)
        for (; entry->d_tag != DT_NULL; ++entry) {
            if (entry->d_tag == DT_TEXTREL ||
                (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL) != 0)) {
                return true;
            }
        }
    }
    return false;
}

// Of one loaded file. What the kernel refuses is left as it was.
int keep(dl_phdr_info* file, std::size_t /*size*/, void* /*unused*/) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const bool is_as_on_disk = !has_relocated_text(*file);
    for (int i = 0; i < file->dlpi_phnum; ++i) {
        const auto& segment = file->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) {
            continue;
        }
        const std::uintptr_t begin = (file->dlpi_addr + segment.p_vaddr) & ~(page - 1);
        const std::uintptr_t end = file->dlpi_addr + segment.p_vaddr + segment.p_memsz;
        auto* const first = reinterpret_cast<void*>(begin); // NOLINT(performance-no-int-to-ptr)
        if (is_as_on_disk) { // what only the loader has read is not kept; the rest is there again when it
                             // runs
            static_cast<void>(::madvise(first, end - begin, MADV_DONTNEED));
        }
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
