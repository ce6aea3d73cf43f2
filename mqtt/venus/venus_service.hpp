// The topics of one Venus service (`N/<portal>/<type>/<instance>/...`) with their newest payloads.
#pragma once

#include "drivers/waist/quantity.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/venus/per_second.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Publisher thread only.
class VenusService {
  public:
    VenusService(std::string_view portal_id, std::string_view type, int instance, bool retain);

    // Sets a path ("Ac/Power", no leading slash) to a payload; says it when it changed and the system is
    // awake.
    void set(std::string_view path, std::string payload, bool awake, Clock::time_point now, Messages& out);
    // The same for a row of venus_table, without a search by name.
    void set_row(std::size_t row, std::string payload, bool awake, Clock::time_point now, Messages& out);
    // Zero bytes, also while asleep; it is there again when it is set.
    void remove(std::string_view path, Messages& out);
    bool has_row(std::size_t row) const { return leaf_of_row_.at(row) != no_leaf; }

    void publish_all(Clock::time_point now, Messages& out);
    // Paths whose value was last said before `limit`.
    void repeat(Clock::time_point limit, Clock::time_point now, Messages& out);
    // Answers R/ for `path`: a leaf, a sub-tree ("Ac/L1"), or "" for the whole service. Silent when there is
    // none, and to a sub-tree that has been answered three times within a second.
    void read(std::string_view path, Clock::time_point now, Messages& out);
    // Zero bytes on every topic.
    void withdraw(Messages& out) const;

  private:
    struct Leaf {
        std::string path;
        std::string topic;
        std::string payload; // empty: removed
        Clock::time_point said{};
    };
    static constexpr std::size_t no_leaf = static_cast<std::size_t>(-1);

    std::size_t leaf_at(std::string_view path); // made when it is new
    void set_leaf(std::size_t leaf, std::string payload, bool awake, Clock::time_point now, Messages& out);
    void publish(Leaf& leaf, Clock::time_point now, Messages& out) const;
    void read_branch(std::string_view path, Clock::time_point now, Messages& out);

    std::string prefix_;
    bool retain_;
    std::vector<Leaf> leaves_; // in the order of first mention
    std::map<std::string, std::size_t, std::less<>> by_path_;
    std::array<std::size_t, quantity_count> leaf_of_row_;
    std::map<std::string, PerSecond, std::less<>> branch_reads_; // of branches that there are
};

} // namespace gridbridge
