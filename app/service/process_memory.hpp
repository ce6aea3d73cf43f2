// What the service asks of the kernel and the allocator about its memory.
#pragma once

namespace gridbridge {

// At the start of the service, before its threads. The program and its libraries are read ahead, and what
// runs of them is kept in memory as far as RLIMIT_MEMLOCK allows: a page of them that must first come from a
// busy disk would stop a thread for seconds. Threads share one arena: each would keep what its thread has
// freed.
void prepare_process_memory();

// After much has been freed: gives it back to the system.
void trim_process_memory();

} // namespace gridbridge
