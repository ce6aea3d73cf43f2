// The topics of one Venus service (`N/<portal>/<type>/<instance>/...`) with their newest payloads.
#pragma once

#include "drivers/waist/quantity.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/venus/per_second.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Publisher thread only.
class VenusService {
  public:
    VenusService(std::string_view portal_id, std::string_view type, int instance, bool retain);
    VenusService(VenusService&&) noexcept = default; // not copied: paths are views of its own names
    VenusService& operator=(VenusService&&) noexcept = default;
    VenusService(const VenusService&) = delete;
    VenusService& operator=(const VenusService&) = delete;
    ~VenusService() = default;

    // Sets a path ("Ac/Power", no leading slash) to a payload; says it when it changed and the system is
    // awake.
    void set(std::string_view path, std::string_view payload, bool awake, Clock::time_point now,
             Messages& out);
    // The same for a row of venus_table, without a search by name.
    void set_row(std::size_t row, std::string_view payload, bool awake, Clock::time_point now, Messages& out);
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
    // Small: a meter has about 60. The topic is made when it is said.
    struct Leaf {
        std::string_view path; // of venus_table, or one of names_
        std::string value;     // of the payload, short enough to need no memory of its own; empty: removed
        Clock::time_point said{};
    };
    using Place = std::uint32_t; // in leaves_
    static constexpr Place no_leaf = static_cast<Place>(-1);

    // Where it is in by_path_, or would be.
    std::vector<Place>::const_iterator lower_bound(std::string_view path) const;
    Leaf* find(std::string_view path);
    // Made when it is new; `path` must live as long as this.
    Place leaf_at(std::string_view path);
    std::string topic_of(const Leaf& leaf) const;
    void set_leaf(Place leaf, std::string_view payload, bool awake, Clock::time_point now, Messages& out);
    void publish(Leaf& leaf, Clock::time_point now, Messages& out) const;
    void read_branch(std::string_view path, Clock::time_point now, Messages& out);

    std::string prefix_;
    bool retain_;
    std::vector<Leaf> leaves_;   // in the order of first mention
    std::vector<Place> by_path_; // sorted by path
    std::forward_list<std::string> names_;
    std::array<Place, quantity_count> leaf_of_row_;
    std::map<std::string, PerSecond, std::less<>> branch_reads_; // of branches that there are
};

} // namespace gridbridge
