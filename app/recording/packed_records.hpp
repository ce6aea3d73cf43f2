// Records in few bytes of memory, of which the oldest go. Pure; one thread at a time.
#pragma once

#include "app/recording/record.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

namespace gridbridge {

// In blocks of some kB, all but the newest compressed: what meters say is much the same each time. Copies
// share what is compressed, on any threads.
class PackedRecords {
  public:
    static constexpr std::size_t block_size = std::size_t{16} * 1024;

    void add(const Record& record);
    bool empty() const { return blocks_.empty(); }
    // Of the memory it has, about.
    std::size_t bytes() const { return bytes_; }
    // The newest time of the oldest block. Not empty.
    Clock::time_point oldest_block_ends() const { return blocks_.front().last; }

    using Use = std::function<void(Record record)>;
    // All, in the order they were added in.
    void each(const Use& use) const;
    // Takes out the oldest block, record by record. Not empty.
    void drop_oldest_block(const Use& use);

  private:
    struct Block {
        Bytes plain;
        std::shared_ptr<const Bytes> packed; // of `plain`, which is empty then
        Clock::time_point last{};            // the newest time in it

        std::size_t capacity() const { return packed ? packed->capacity() : plain.capacity(); }
    };

    void seal(Block& block);
    static void read(const Block& block, const Use& use);

    std::list<Block> blocks_;
    std::size_t bytes_ = 0;
    std::int64_t previous_ns_ = 0; // time of the last record of the newest block
};

} // namespace gridbridge
