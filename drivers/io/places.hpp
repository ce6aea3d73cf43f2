// Who of many TCP clients has one of the few places of a server. Pure.
#pragma once

#include "drivers/waist/clock.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// Everyone who comes is taken, and another one goes when the places are full: who never asked anything first,
// then who has been silent for long, then the most silent one of the address that has most places. Who was
// served first keeps its place while it goes on asking, and its address after it has gone: a GX that is being
// served cannot be pushed out.
class Places {
  public:
    static constexpr std::chrono::seconds silent{10};  // may go before one who asks
    static constexpr std::chrono::seconds keeping{60}; // without a request until the kept place is free

    struct Limits { // none by default
        std::size_t total = std::numeric_limits<std::size_t>::max();
        std::size_t per_address =
            std::numeric_limits<std::size_t>::max(); // but for those that speak for many
    };
    using Id = std::uint64_t;
    struct Entry {
        Id id = 0;
        std::optional<Id> leaves; // to be closed; has no place any more
    };

    explicit Places(Limits limits) : limits_(limits) {}

    // `speaks_for_many`: a proxy, or this machine.
    Entry enter(const std::string& address, bool speaks_for_many, Clock::time_point now);
    void served(Id id, Clock::time_point now); // it asked, or took what it was sent
    void left(Id id);                          // also of one that had to leave
    std::size_t taken() const { return clients_.size(); }

  private:
    struct Client {
        Id id = 0;
        std::string address;
        bool was_served = false;
        Clock::time_point last; // came, or was served
    };

    bool is_kept(const Client& client, Clock::time_point now) const;
    std::optional<Id> who_leaves(const std::string* only_of, Clock::time_point now) const;
    std::size_t count(const std::string& address) const;

    Limits limits_;
    Id last_id_ = 0;
    std::vector<Client> clients_; // in the order they came
    std::string kept_address_;    // of who was served first; empty: nobody yet
    std::optional<Id> kept_;      // its connection, if it has one
    Clock::time_point kept_served_;
};

// The place of one client, free again when this ends. Not for several threads at once with others of the
// same server; in_all() by any thread.
class Place {
  public:
    Place(std::shared_ptr<Places> places, Places::Id id) : places_(std::move(places)), id_(id) { ++in_all_; }
    Place(Place&&) noexcept = default; // the one it was moved from has none
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() {
        if (places_) {
            places_->left(id_);
            --in_all_;
        }
    }

    Places::Id id() const { return id_; }
    void served(Clock::time_point now) { places_->served(id_, now); }
    static std::size_t in_all() { return in_all_; } // clients of all servers of the process

  private:
    static inline std::atomic<std::size_t> in_all_ = 0;
    std::shared_ptr<Places> places_;
    Places::Id id_;
};

} // namespace gridbridge
