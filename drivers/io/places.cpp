#include "drivers/io/places.hpp"

#include <algorithm>
#include <tuple>

namespace gridbridge {

Places::Entry Places::enter(const std::string& address, bool speaks_for_many, Clock::time_point now) {
    std::optional<Id> leaves;
    if (!speaks_for_many && count(address) >= limits_.per_address) {
        leaves = who_leaves(&address, now);
    } else if (clients_.size() >= limits_.total) {
        leaves = who_leaves(nullptr, now);
    }
    if (leaves) {
        left(*leaves);
    }
    clients_.push_back({++last_id_, address, false, now});
    return {last_id_, leaves};
}

void Places::served(Id id, Clock::time_point now) {
    const auto client =
        std::find_if(clients_.begin(), clients_.end(), [id](const Client& one) { return one.id == id; });
    if (client == clients_.end()) {
        return;
    }
    client->was_served = true;
    client->last = now;
    const bool free = kept_address_.empty() || now - kept_served_ >= keeping;
    if (free || (!kept_ && client->address == kept_address_)) {
        kept_ = id;
        kept_address_ = client->address;
    }
    if (kept_ == id) {
        kept_served_ = now;
    }
}

void Places::left(Id id) {
    std::erase_if(clients_, [id](const Client& client) { return client.id == id; });
    if (kept_ == id) {
        kept_.reset();
    }
}

bool Places::is_kept(const Client& client, Clock::time_point now) const {
    return kept_ == client.id && now - kept_served_ < keeping;
}

// Among all, or those of one address: the first in the order of who can best be missed.
std::optional<Places::Id> Places::who_leaves(const std::string* only_of, Clock::time_point now) const {
    const auto rank = [&](const Client& client) {
        const bool asks = client.was_served && now - client.last < silent;
        const std::size_t fewer = asks ? clients_.size() - count(client.address) : 0;
        return std::tuple(is_kept(client, now), client.was_served, asks, fewer, client.last, client.id);
    };
    const Client* leaves = nullptr;
    for (const Client& client : clients_) {
        const bool asked_for = only_of == nullptr || client.address == *only_of;
        if (asked_for && (leaves == nullptr || rank(client) < rank(*leaves))) {
            leaves = &client;
        }
    }
    return leaves == nullptr ? std::nullopt : std::optional(leaves->id);
}

std::size_t Places::count(const std::string& address) const {
    return static_cast<std::size_t>(std::count_if(
        clients_.begin(), clients_.end(), [&](const Client& client) { return client.address == address; }));
}

} // namespace gridbridge
