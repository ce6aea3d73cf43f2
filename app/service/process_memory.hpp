// What the service asks of the kernel and the allocator about its memory.
#pragma once

#include <string>

namespace gridbridge {

// The first thing of the service. What its threads have freed they keep for themselves, each up to seven
// pieces of every size: a third of a megabyte for a few threads. glibc takes a limit only from the
// environment of a program that starts, so the program is started once more in its own process, with the same
// arguments. Returns when that has happened, or cannot: then it only takes more memory.
void limit_thread_caches();

// `set`: what GLIBC_TUNABLES has (tunables(7)). Empty: it limits these caches already.
std::string tunables_with_limit(const std::string& set);

// At the start of the service, before its threads. The program and its libraries are read ahead, and what
// runs of them is kept in memory as far as RLIMIT_MEMLOCK allows: a page of them that must first come from a
// busy disk would stop a thread for seconds. Threads share few arenas: each would keep what its thread has
// freed.
void prepare_process_memory();

// After much has been freed: gives it back to the system.
void trim_process_memory();

} // namespace gridbridge
