// The code of SQLite in the memory of a service that seldom runs it.
#pragma once

namespace gridbridge {

// At the start, behind prepare_process_memory(): pages of it are neither kept nor mapped ahead. Nobody but
// the writer and whoever asks for the history waits for one.
void spare_sqlite_pages();

// After it has run: gives back what the kernel has mapped of it. Any thread, also while another one runs it.
void release_sqlite_pages();

} // namespace gridbridge
