#include "drivers/modbus/signing/record_fetch.hpp"

#include "drivers/modbus/signing/ocmf_registers.hpp"

#include <utility>

namespace gridbridge {
namespace {

StepJob read_size() {
    return {Step::FileSize, RegisterJob::read(ocmf::file_size, 1)};
}

} // namespace

RecordFetch::Next RecordFetch::begin(std::string id, bool is_corrupted) {
    id_ = std::move(id);
    says_corrupted_ = is_corrupted;
    return read_size();
}

RecordFetch::Next RecordFetch::size_read(std::uint16_t words) {
    if (words < 1 || words > ocmf::max_file_words) {
        return file_refused("its record cannot have " + std::to_string(words) + " words");
    }
    return StepJob{Step::File, RegisterJob::read(ocmf::file, words)};
}

// What reads the same twice is what the meter holds.
RecordFetch::Next RecordFetch::file_read(std::span<const std::uint16_t> words) {
    file_ = ocmf::decode_text(words);
    const std::string id = ocmf::id_of_record(file_);
    const bool is_whole = !says_corrupted_ && ocmf::is_record(file_);
    const bool is_expected = is_whole && (id_.empty() || id == id_);
    if (!says_corrupted_ && !is_expected && before_ != file_) {
        before_ = file_;
        if (++fetches_ > retries_) {
            return Failed{"its record reads differently each time"};
        }
        return read_size();
    }
    before_.reset();
    fetches_ = 0;
    is_corrupted_ = !is_whole;
    if (is_whole || id_.empty() || is_transaction_id(id)) {
        id_ = id;
    }
    return complete();
}

RecordFetch::Next RecordFetch::number_read(std::span<const std::uint16_t> words) {
    id_ = "T" + std::to_string(words[0] | std::uint32_t{words[1]} << 16);
    return Complete{};
}

RecordFetch::Next RecordFetch::file_refused(const std::string& reason) {
    if (!says_corrupted_) {
        return Failed{reason};
    }
    file_.clear();
    is_corrupted_ = true;
    return complete();
}

RecordFetch::Next RecordFetch::complete() const {
    if (id_.empty()) {
        return StepJob{Step::Number, RegisterJob::read(ocmf::number_register, 2)};
    }
    return Complete{};
}

TransactionRecord RecordFetch::record(const std::string& serial, const TransactionKey& key) const {
    return {serial, id_.empty() ? "T0" : id_, file_, key, is_corrupted_};
}

} // namespace gridbridge
