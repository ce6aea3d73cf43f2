// Requests for signed transactions as clients write them, and the answers. Pure.
#pragma once

#include "drivers/waist/transactions.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace gridbridge {

// What is wrong with a request, for people; the id where it has a good one.
struct BadRequest {
    std::string transaction_id;
    std::string problem;
};

// The payload of a write, `{"value":{...}}`: every key known and of its type, every text without control
// characters, '|', '"' and '\' (OCMF 1.2 forbids the first, the meter is not known to escape the others).
std::variant<StartTransaction, BadRequest> parse_start(std::string_view payload);
// Its id may be empty: the transaction that runs.
std::variant<StopTransaction, BadRequest> parse_stop(std::string_view payload);

// `{"ocmf":...,"public_key":...,"public_key_der":...,"serial":...,"transaction_id":...}`. Bytes that are no
// UTF-8 would not survive JSON: nothing.
std::optional<std::string> record_json(const TransactionRecord& record);

} // namespace gridbridge
