#include "drivers/modbus/map/active_map.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

// Limits that meters and gateways have, and what is left to try below.
constexpr std::array<std::uint16_t, 10> usual_limits{100, 64, 50, 32, 20, 16, 11, 8, 4, 2};
// A block this short is not refused as absent for its length.
constexpr std::uint16_t shortest_of_absence = 11;
constexpr std::uint16_t shortest_of_silence = 16;

std::uint16_t limit_below(std::uint16_t words) {
    const auto* const found = std::find_if(usual_limits.begin(), usual_limits.end(),
                                           [words](std::uint16_t limit) { return limit < words; });
    return found == usual_limits.end() ? std::uint16_t{1} : *found;
}

// Power, which control rests on.
bool is_needed(const RegisterRow& row) {
    return row.pace == Pace::Fast && !row.optional;
}

} // namespace

void ActiveMap::begin(const ModelRow& model) {
    model_ = model;
    rows_ = {};
    trial_limit_ = known_limit_;
    longest_answered_ = 0;
    answered_.clear();
}

// Words that must come together shrink to those that are used of them.
void ActiveMap::tighten() {
    std::vector<RegisterRow> rows(model_.rows.begin(), model_.rows.end());
    for (RegisterRow& row : rows) {
        if (!row.with) {
            continue;
        }
        unsigned first = 0xFFFF;
        unsigned last = 0;
        const auto use = [&](unsigned address) {
            first = std::min(first, address);
            last = std::max(last, address);
        };
        for (const RegisterRow& beside : model_.rows) {
            if (!beside.with || beside.with->first != row.with->first ||
                beside.with->last != row.with->last) {
                continue;
            }
            use(first_word(beside));
            use(end_word(beside) - 1);
            if (beside.exponent) {
                use(number_of(*beside.exponent));
            }
            if (beside.zero_at) {
                use(number_of(beside.zero_at->address));
            }
        }
        const unsigned mark = model_.mark ? number_of(model_.mark->address) : 0;
        if (model_.mark && number_of(row.with->first) <= mark && mark <= number_of(row.with->last)) {
            use(mark);
            use(mark + 1);
        }
        row.with = {static_cast<RegisterAddress>(first), static_cast<RegisterAddress>(last)};
    }
    rows_ = std::move(rows);
    model_.rows = rows_;
}

std::uint16_t ActiveMap::longest() const {
    return std::min({model_.max_words, known_limit_, trial_limit_});
}

PlanLimits ActiveMap::limits() const {
    PlanLimits limits = limits_of(model_);
    limits.max_words = longest();
    return limits;
}

void ActiveMap::answered(const Block& block) {
    longest_answered_ = std::max(longest_answered_, block.words);
    for (const RegisterRow& row : model_.rows) {
        if (!contains(block, row)) {
            continue;
        }
        const auto at = std::lower_bound(answered_.begin(), answered_.end(), row.address);
        if (at == answered_.end() || *at != row.address) {
            answered_.insert(at, row.address);
        }
    }
}

bool ActiveMap::has_answered(const Block& block) const {
    return std::any_of(model_.rows.begin(), model_.rows.end(), [&](const RegisterRow& row) {
        return contains(block, row) && std::binary_search(answered_.begin(), answered_.end(), row.address);
    });
}

bool ActiveMap::shorten(const Block& block, Refusal refusal) {
    if (block.words <= longest_answered_ || block.words < 2) {
        return false; // it is not the length
    }
    std::uint16_t limit = limit_below(block.words);
    if (refusal == Refusal::Silence) {
        limit = block.words / 2; // each attempt takes a time-out
    }
    const bool is_too_short = (refusal == Refusal::Absence && block.words <= shortest_of_absence) ||
                              (refusal == Refusal::Silence && block.words <= shortest_of_silence);
    const auto is_possible = [&] {
        return std::all_of(model_.rows.begin(), model_.rows.end(), [limit](const RegisterRow& row) {
            return end_read(row) - first_read(row) <= limit;
        });
    };
    if (is_too_short) {
        return false;
    }
    if (!is_possible()) {
        tighten();
    }
    if (!is_possible()) {
        return false;
    }
    (refusal == Refusal::Length ? known_limit_ : trial_limit_) = limit;
    return true;
}

bool ActiveMap::remove(const Block& block) {
    const auto is_in_block = [&](const RegisterRow& row) { return contains(block, row); };
    if (has_answered(block) ||
        std::any_of(model_.rows.begin(), model_.rows.end(),
                    [&](const RegisterRow& row) { return is_in_block(row) && is_needed(row); })) {
        return false;
    }
    has_replaced_ = false;
    trial_limit_ = known_limit_; // it was not the length
    std::vector<RegisterRow> rows;
    for (const RegisterRow& row : model_.rows) {
        if (!is_in_block(row)) {
            rows.push_back(row);
            continue;
        }
        for (const RegisterRow& fallback : model_.fallbacks) {
            if (fallback.quantity == row.quantity && fallback.address != row.address) {
                rows.push_back(fallback);
                rows.back().optional = true;
                has_replaced_ = true;
            }
        }
    }
    std::sort(rows.begin(), rows.end(), [](const RegisterRow& left, const RegisterRow& right) {
        return first_word(left) < first_word(right);
    });
    rows_ = std::move(rows);
    model_.rows = rows_;
    return true;
}

} // namespace gridbridge
