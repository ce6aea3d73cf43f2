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
// And with "begin" and "end" of a Stop that has its record.
std::string result_payload(const TransactionResult& result);

// `{"value":{"transaction_id":...,"cause":...}}`.
std::string ended_payload(const EndedByMeter& ended);
// `{"value":{"occasion":...,"transaction_id":...,"data":...,"signature":...,"public_key":...}}`, or null
// where the meter gives none.
std::string signed_value_payload(const SignedValue& value);

} // namespace gridbridge
