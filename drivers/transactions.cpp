#include "drivers/transactions.hpp"

#include "drivers/text.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gridbridge {

bool is_transaction_id(std::string_view text) {
    constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    static_assert(form.size() == transaction_id_bytes);
    return text.size() == form.size() &&
           std::equal(text.begin(), text.end(), form.begin(),
                      [](char c, char f) { return f == '-' ? c == '-' : hex_digit(c).has_value(); });
}

bool is_record_text(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F || c == '|' || c == '"' || c == '\\';
    });
}

void TransactionDesk::attach(std::function<void()> wake,
                             std::function<bool(const std::string& transaction_id)> has_record) {
    const std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
    has_record_ = std::move(has_record);
}

bool TransactionDesk::ask(SourceId meter, TransactionWish wish) {
    const std::lock_guard lock(mutex_);
    auto& waiting = boxes_[meter].wishes;
    if (waiting.size() >= max_waiting) {
        return false;
    }
    waiting.push_back(std::move(wish));
    return true;
}

void TransactionDesk::kept(SourceId meter, RecordKept record) {
    const std::lock_guard lock(mutex_);
    boxes_[meter].kept.push_back(std::move(record)); // as many as there were records
}

std::vector<std::pair<SourceId, TransactionEvent>> TransactionDesk::take_events() {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<SourceId, TransactionEvent>> events(std::make_move_iterator(events_.begin()),
                                                              std::make_move_iterator(events_.end()));
    events_.clear();
    return events;
}

std::optional<TransactionWish> TransactionDesk::wish(SourceId meter) const {
    const std::lock_guard lock(mutex_);
    const auto found = boxes_.find(meter);
    return found == boxes_.end() || found->second.wishes.empty()
               ? std::nullopt
               : std::optional(found->second.wishes.front());
}

void TransactionDesk::done(SourceId meter) {
    const std::lock_guard lock(mutex_);
    auto& waiting = boxes_[meter].wishes;
    if (!waiting.empty()) {
        waiting.pop_front();
    }
}

std::optional<RecordKept> TransactionDesk::take_kept(SourceId meter) {
    const std::lock_guard lock(mutex_);
    auto& kept = boxes_[meter].kept;
    if (kept.empty()) {
        return std::nullopt;
    }
    RecordKept record = std::move(kept.front());
    kept.pop_front();
    return record;
}

bool TransactionDesk::has_record(const std::string& transaction_id) const {
    std::function<bool(const std::string&)> ask;
    {
        const std::lock_guard lock(mutex_);
        ask = has_record_;
    }
    return ask && ask(transaction_id);
}

bool TransactionDesk::tell(SourceId meter, TransactionEvent event) {
    std::function<void()> wake;
    {
        const std::lock_guard lock(mutex_);
        if (events_.size() >= max_events) {
            return false;
        }
        events_.emplace_back(meter, std::move(event));
        wake = wake_;
    }
    if (wake) {
        wake();
    }
    return true;
}

} // namespace gridbridge
