// What waits for one client of a shared stream. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace gridbridge {

using SharedBytes = std::shared_ptr<const std::vector<std::uint8_t>>;

// Bounded: what finds no room is left out as a whole, so that a slow client sees fewer telegrams but no torn
// ones.
class ShareQueue {
  public:
    static constexpr std::size_t limit = 65536; // bytes

    // The client is given up when this many pieces in a row found no room.
    explicit ShareQueue(unsigned patience) : patience_(patience) {}

    // False: no room, left out.
    bool push(SharedBytes piece) {
        if (bytes_ + piece->size() > limit) {
            ++missed_in_a_row_;
            ++missed_;
            return false;
        }
        bytes_ += piece->size();
        missed_in_a_row_ = 0;
        pieces_.push_back(std::move(piece));
        return true;
    }

    bool empty() const { return pieces_.empty(); }
    const SharedBytes& front() const { return pieces_.front(); }
    void pop() {
        bytes_ -= pieces_.front()->size();
        pieces_.pop_front();
    }

    bool stays_behind() const { return missed_in_a_row_ >= patience_; }
    std::uint64_t missed() const { return missed_; }
    std::size_t bytes() const { return bytes_; }

  private:
    std::deque<SharedBytes> pieces_;
    std::size_t bytes_ = 0;
    unsigned patience_;
    unsigned missed_in_a_row_ = 0;
    std::uint64_t missed_ = 0;
};

} // namespace gridbridge
