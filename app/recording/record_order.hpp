// The numbers of records in a file: those of one packet are together there, though others were between them.
#pragma once

#include <cstdint>
#include <set>

namespace gridbridge {

// Writer and reader see the same packets, so both expect the same number, and only another one is written.
// Pure.
class RecordOrder {
  public:
    std::uint64_t expected() const { return next_; } // the lowest that was not seen
    std::size_t ahead() const { return ahead_.size(); }

    void seen(std::uint64_t number) {
        if (number != next_) {
            if (number > next_) {
                ahead_.insert(number);
            }
            return;
        }
        ++next_;
        while (!ahead_.empty() && *ahead_.begin() == next_) {
            ahead_.erase(ahead_.begin());
            ++next_;
        }
    }

  private:
    std::uint64_t next_ = 0;
    std::set<std::uint64_t> ahead_;
};

} // namespace gridbridge
