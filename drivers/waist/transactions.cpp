#include "drivers/waist/transactions.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace gridbridge {

bool is_uuid(std::string_view text) {
    constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    static_assert(form.size() == transaction_id_bytes);
    return text.size() == form.size() &&
           std::equal(text.begin(), text.end(), form.begin(),
                      [](char c, char f) { return f == '-' ? c == '-' : hex_digit(c).has_value(); });
}

bool is_transaction_id(std::string_view text) {
    if (text.empty() || text.size() > transaction_id_bytes || text.front() == ' ' || text.back() == ' ') {
        return false;
    }
    const bool is_printable = is_record_text(text) &&
                              std::none_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
    const bool is_number = text.size() > 1 && text.front() == 'T' &&
                           std::all_of(text.begin() + 1, text.end(), [](char c) { return is_digit(c); });
    return is_printable && !is_number && text.find("<=>") == std::string_view::npos;
}

std::string as_name(std::string_view text, std::string_view others) {
    std::string name;
    for (const char c : text) {
        if (is_letter(c) || is_digit(c) || c == '-' || c == '_' || others.find(c) != std::string_view::npos) {
            name += c;
        } else {
            const std::array byte{static_cast<std::uint8_t>(c)};
            name += "%" + hex_text(byte, HexCase::Upper);
        }
    }
    return name;
}

bool is_record_text(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7F || c == '|' || c == '"' || c == '\\';
    });
}

void TransactionDesk::attach(std::function<void()> wake,
                             std::function<bool(const std::string& transaction_id)> has_record) {
    state_.with([&](State& state) {
        state.wake = std::move(wake);
        state.has_record = std::move(has_record);
    });
}

bool TransactionDesk::ask(SourceId meter, TransactionRequest request) {
    return state_.with([&](State& state) {
        auto& waiting = state.boxes[meter].requests;
        const bool has_room = waiting.size() < max_waiting;
        if (has_room) {
            waiting.push_back(std::move(request));
        }
        return has_room;
    });
}

void TransactionDesk::kept(SourceId meter, RecordKept record) {
    // As many as there were records.
    state_.with([&](State& state) { state.boxes[meter].kept.push_back(std::move(record)); });
}

std::vector<std::pair<SourceId, TransactionEvent>> TransactionDesk::take_events() {
    auto events = state_.with([](State& state) { return std::exchange(state.events, {}); });
    return {std::make_move_iterator(events.begin()), std::make_move_iterator(events.end())};
}

std::optional<TransactionRequest> TransactionDesk::request(SourceId meter) const {
    return state_.with([&](const State& state) {
        const auto found = state.boxes.find(meter);
        return found == state.boxes.end() || found->second.requests.empty()
                   ? std::nullopt
                   : std::optional(found->second.requests.front());
    });
}

bool TransactionDesk::has_any(SourceId meter) const {
    return state_.with([&](const State& state) {
        const auto found = state.boxes.find(meter);
        return found != state.boxes.end() &&
               (!found->second.requests.empty() || !found->second.kept.empty() || found->second.wants_value);
    });
}

void TransactionDesk::done(SourceId meter) {
    state_.with([&](State& state) {
        auto& waiting = state.boxes[meter].requests;
        if (!waiting.empty()) {
            waiting.pop_front();
        }
    });
}

std::optional<RecordKept> TransactionDesk::take_kept(SourceId meter) {
    return state_.with([&](State& state) -> std::optional<RecordKept> {
        const auto found = state.boxes.find(meter);
        if (found == state.boxes.end() || found->second.kept.empty()) {
            return std::nullopt;
        }
        RecordKept record = std::move(found->second.kept.front());
        found->second.kept.pop_front();
        return record;
    });
}

void TransactionDesk::ask_value(SourceId meter) {
    state_.with([&](State& state) { state.boxes[meter].wants_value = true; });
}

bool TransactionDesk::take_value_request(SourceId meter) {
    return state_.with([&](State& state) {
        const auto found = state.boxes.find(meter);
        return found != state.boxes.end() && std::exchange(found->second.wants_value, false);
    });
}

bool TransactionDesk::has_record(const std::string& transaction_id) const {
    const auto ask = state_.with([](const State& state) { return state.has_record; });
    return ask && ask(transaction_id);
}

bool TransactionDesk::tell(SourceId meter, TransactionEvent event) {
    std::function<void()> wake;
    const bool has_room = state_.with([&](State& state) {
        if (state.events.size() >= max_events) {
            return false;
        }
        state.events.emplace_back(meter, std::move(event));
        wake = state.wake;
        return true;
    });
    if (wake) {
        wake();
    }
    return has_room;
}

} // namespace gridbridge
