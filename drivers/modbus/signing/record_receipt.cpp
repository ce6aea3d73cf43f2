#include "drivers/modbus/signing/record_receipt.hpp"

namespace gridbridge {

bool RecordReceipt::open(const TransactionRecord& record) {
    is_open_ = true;
    if (told_ == record) {
        return false;
    }
    told_ = record;
    is_kept_ = false;
    return true;
}

void RecordReceipt::keep(const std::string& transaction_id) {
    is_kept_ = is_kept_ || is_of(transaction_id);
}

void RecordReceipt::close() {
    is_open_ = false;
}

} // namespace gridbridge
