// What a signing meter tells, as clients read it. Pure.
#pragma once

#include "drivers/waist/transactions.hpp"

#include <string>
#include <string_view>

namespace gridbridge {

std::string_view name_of(TransactionState state);
std::string_view name_of(TransactionReason reason); // empty for None

// `{"value":{"transaction_id":...,"ok":...,"reason":...}}`, with "..._shortened" and "detail" where there
// is something to tell.
std::string result_payload(const TransactionResult& result);

} // namespace gridbridge
