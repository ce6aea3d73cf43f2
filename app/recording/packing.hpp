// Compresses a closed recording, a little at a time, so that whoever does it can do something else between.
#pragma once

#include "app/recording/zstd_stream.hpp"
#include "drivers/io/descriptor.hpp"

#include <string>

namespace gridbridge {

// `path` becomes `<path>.zst`; until then it stays as it is. One thread; waits for the disk.
class Packing {
  public:
    // Throws std::runtime_error (path, reason, fix), as step() does: nothing has changed then.
    explicit Packing(std::string path);
    Packing(const Packing&) = delete;
    Packing& operator=(const Packing&) = delete;
    ~Packing();

    // 64 kB of the file. False: it is done, or the file cannot be read and stays as it is.
    bool step();

  private:
    std::string path_;
    Descriptor from_;
    Descriptor to_;
    ZstdPacker packer_;
};

// All of it, in as few calls as the system lets. Returns an errno value; 0: done.
int write_whole(const Descriptor& file, std::span<const std::uint8_t> bytes);

} // namespace gridbridge
