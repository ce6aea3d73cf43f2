// Any bytes as a record, as a request for a transaction and as the journal: nothing that is not signed is
// valid, and what is accepted can be published.
#include "app/signing/ocmf.hpp"
#include "app/signing/ocmf_rules.hpp"
#include "app/signing/ocmf_signature.hpp"
#include "app/simulate/signing_key.hpp"
#include "drivers/text/hex.hpp"
#include "mqtt/outlet/transaction_payload.hpp"
#include "mqtt/transactions/transaction_journal.hpp"
#include "mqtt/transactions/transaction_request.hpp"

#include <cstdlib>
#include <string>

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

void take_record(const std::string& text) {
    using namespace gridbridge;
    static const SigningKey other(256); // nothing here is signed with it
    for (const OcmfFinding& finding : ocmf_findings(text)) {
        require(!finding.field.empty() && !finding.problem.empty() && !finding.rule.empty());
    }
    const auto file = parse_ocmf_file(text);
    const auto parts = file ? split_ocmf(file->record) : std::nullopt;
    if (!parts) {
        return;
    }
    parse_ocmf_payload(parts->payload);
    if (const auto signature = parse_ocmf_signature(parts->signature)) {
        require(!why_not_valid(parts->payload, *signature, other.point()).empty());
        const auto key = bytes_of_hex(file->public_key);
        why_not_valid(parts->payload, *signature, key.value_or(std::vector<std::uint8_t>()));
    }
}

void take_request(const std::string& text) {
    using namespace gridbridge;
    const auto start = parse_start(text);
    if (const auto* const good = std::get_if<StartTransaction>(&start)) {
        require(is_transaction_id(good->transaction_id));
        require((good->evse_id + good->tariff_text + good->identification_data).find_first_of("|\"\\\n") ==
                std::string::npos);
    }
    const auto stop = parse_stop(text);
    if (const auto* const good = std::get_if<StopTransaction>(&stop)) {
        require(good->transaction_id.empty() || is_transaction_id(good->transaction_id));
    }
    TransactionResult result;
    result.detail = text;
    result_payload(result);
    record_json({"s", "i", text, {}, false});
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    take_record(text);
    take_request(text);
    if (const auto journal = gridbridge::TransactionJournal::from_json(text)) {
        require(gridbridge::TransactionJournal::from_json(journal->to_json()).has_value());
    }
    return 0;
}
