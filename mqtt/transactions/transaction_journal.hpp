// What must be known of transactions after the program was killed: requests not yet answered, and records
// that no broker has acknowledged. Pure.
#pragma once

#include "drivers/waist/transactions.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

struct TransactionJournal {
    struct Request {
        std::string serial; // of the meter
        TransactionRequest what;
        long long unix_time = 0; // when it came, by the wall clock
        bool operator==(const Request&) const = default;
    };
    struct Record {
        std::string serial, transaction_id;
        bool operator==(const Record&) const = default;
    };

    std::vector<Request> requests;
    std::vector<Record> unpublished;

    std::string to_json() const;
    // Nothing: it is no journal.
    static std::optional<TransactionJournal> from_json(std::string_view text);
};

} // namespace gridbridge
