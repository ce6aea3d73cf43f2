// The files of a ring of recordings. One thread; waits for the disk.
#pragma once

#include "drivers/io/descriptor.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace gridbridge {

struct RingFile {
    std::uint64_t number = 0; // the oldest has the lowest
    std::string name;
    std::uint64_t size = 0;
    bool is_packed = false;
};

// gridbridge-<utc>-<n>.pcapng, of `unix_time` in s.
std::string ring_file_name(std::int64_t unix_time, std::uint64_t number);

// What was not packed to its end is removed.
void remove_unfinished(const std::string& directory);
// In the order of their numbers; other files are not looked at. Throws std::runtime_error (path, reason,
// fix), as the others.
std::vector<RingFile> ring_files(const std::string& directory);
// What there is to read: each number once. For a moment, or since a kill, a file is there both compressed and
// as it was.
std::vector<RingFile> recordings_in(const std::string& directory);
// To read it; `path` is its new name when it was compressed since it was listed. Not open: errno says why.
Descriptor open_recording(std::string& path);
bool is_folder(const std::string& path);
// Makes the folder, one level, when it is missing.
void make_ring_folder(const std::string& directory);
// Removes the oldest until all that are left have at most `bytes`; `keep` stays.
void make_ring_room(const std::string& directory, std::uint64_t bytes, const std::string& keep);

// path, reason, fix.
std::string ring_problem(const std::string& path, int error);

inline constexpr const char* packed_suffix = ".zst";
inline constexpr const char* unfinished_suffix = ".zst.new";

} // namespace gridbridge
