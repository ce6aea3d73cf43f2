#include "app/history/sqlite_pages.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

// Where its code begins and ends: a section of its own (CMakeLists.txt), of which the linker tells.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" const char __start_sqlite_text[], __stop_sqlite_text[];

namespace gridbridge {
namespace {

struct PageRange {
    std::uintptr_t begin, end;
    std::size_t page;
};

// The pages that have nothing else.
PageRange sqlite_pages() {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<std::uintptr_t>(&__start_sqlite_text[0]);
    const auto end = reinterpret_cast<std::uintptr_t>(&__stop_sqlite_text[0]);
    return {(begin + page - 1) / page * page, end / page * page, page};
}

void* pointer_to(std::uintptr_t address) {
    return reinterpret_cast<void*>(address); // NOLINT(performance-no-int-to-ptr)
}

} // namespace

// At a fault the kernel maps the 64 kB around, as far as one mapping goes; so every other page gets an advice
// of its own, which makes a mapping of each: the pages that run are a third of all.
void spare_sqlite_pages() {
    const PageRange pages = sqlite_pages();
    static_cast<void>(::munlock(pointer_to(pages.begin), pages.end - pages.begin));
    for (std::uintptr_t at = pages.begin; at < pages.end; at += 2 * pages.page) {
        static_cast<void>(::madvise(pointer_to(at), pages.page, MADV_RANDOM));
    }
    release_sqlite_pages();
}

void release_sqlite_pages() {
    const PageRange pages = sqlite_pages();
    static_cast<void>(::madvise(pointer_to(pages.begin), pages.end - pages.begin, MADV_DONTNEED));
}

} // namespace gridbridge
