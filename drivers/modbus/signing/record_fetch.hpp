// Reads the record that a meter holds, until what was read can be relied on. Pure.
#pragma once

#include "drivers/modbus/signing/request_runner.hpp"
#include "drivers/waist/transactions.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

namespace gridbridge {

class RecordFetch {
  public:
    explicit RecordFetch(int retries) : retries_(retries) {}

    struct Failed {
        std::string reason;
    };
    struct Complete {};
    // What is to be read next, or how it ended.
    using Next = std::variant<StepJob, Complete, Failed>;

    // `id`: by the meter's text, may be empty. `is_corrupted`: by the meter's state; then whatever can be
    // read is taken. Of a good record nothing less than all.
    Next begin(std::string id, bool is_corrupted);
    Next size_read(std::uint16_t words);
    Next file_read(std::span<const std::uint16_t> words);
    Next number_read(std::span<const std::uint16_t> words); // two
    Next file_refused(const std::string& reason);           // or its size
    Next number_refused() { return Complete{}; }
    void interrupted() { fetches_ = 0; }

    // After Complete. The id in the record counts more than that of the text; empty: there is none.
    const std::string& transaction_id() const { return id_; }
    TransactionRecord record(const std::string& serial, const TransactionKey& key) const;

  private:
    Next complete() const;

    const int retries_;
    bool says_corrupted_ = false;
    std::string id_;
    std::string file_;
    bool is_corrupted_ = false;
    std::optional<std::string> before_; // as read the time before, when it did not look right
    int fetches_ = 0;
};

} // namespace gridbridge
