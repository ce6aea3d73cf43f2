// Meters that the page has added: files in a folder of their own below state_dir. The main file wins, and
// nothing in them keeps the service from starting.
#pragma once

#include "app/config/config.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

inline constexpr std::size_t most_added_files = 256;
inline constexpr std::size_t longest_added_file = 65536; // bytes

struct AddedFile {
    std::string path;
    std::string text;
    std::string problem; // why it was not read; empty: it was
};

std::string added_folder(const std::string& state_dir); // without a directory: empty

// Its files *.toml in the order of their names. Waits for the disk. None when there is no such folder.
std::vector<AddedFile> read_added_files(const std::string& state_dir);

// The tables that can be used beside the meters of `config` and each other; a warning for every other one. A
// conflict names both places. Pure.
std::vector<MeterTable> added_meters(const Config& config, std::span<const AddedFile> files,
                                     Findings& findings);

// A warning that this meter is not used.
Problem left_out(const MeterConfig& meter, const std::string& reason);

// Why `meter` cannot be used beside those of `config`, with the place of the other; empty: it can. One whose
// `where` begins with `but` does not count. Pure.
std::string conflict_in(const Config& config, const MeterConfig& meter, const std::string& but = {});

} // namespace gridbridge
