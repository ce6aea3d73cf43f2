#include "drivers/modbus/map/block_cover.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

namespace gridbridge {
namespace {

constexpr unsigned most_padding = 2; // words

// What makes a cover worse, in words.
constexpr unsigned like_neighbour = 10'000;
constexpr unsigned like_beside = 3'000;
constexpr unsigned like_another = 1'000;
constexpr unsigned asked_by_others = 10;
// One register, one value, the values of three phases.
constexpr std::array<unsigned, 3> usual_lengths{1, 2, 6};

// A large map has no use for the last word that could be saved: the search ends there.
constexpr std::size_t most_steps = 200'000;

struct Span {
    unsigned first = 0, end = 0;
    unsigned words() const { return end - first; }
};

// A register that must be read alone lies in the span.
bool crosses_single_word(Span span, std::span<const RegisterAddress> single_word) {
    return std::any_of(single_word.begin(), single_word.end(), [span](RegisterAddress address) {
        return span.first <= number_of(address) && number_of(address) < span.end;
    });
}

class Search {
  public:
    Search(const std::vector<RegisterRow>& rows, const PlanLimits& limits, const std::vector<Block>& beside)
        : rows_(rows), limits_(limits), spans_(rows.size()), fewest_(rows.size() + 1, 0) {
        for (const Block& block : beside) {
            taken_.push_back(block.words);
        }
        for (std::size_t first = rows.size(); first-- > 0;) {
            spans_[first] = spans_from(first);
            fewest_[first] = 1 + fewest_[first + spans_[first].size()];
        }
    }

    std::vector<Block> run() {
        step(0, 0);
        return best_;
    }

  private:
    Span span_of(std::size_t first) const { return {first_read(rows_[first]), end_read(rows_[first])}; }

    // The span with the next row, or an empty one where that cannot be in the same read.
    Span joined(Span span, std::size_t first, std::size_t next) const {
        const RegisterRow& row = rows_[next];
        const Span both{std::min(span.first, first_read(row)), std::max(span.end, end_read(row))};
        const bool fits = rows_[first].optional == row.optional && both.words() <= limits_.max_words &&
                          first_read(row) <= span.end + limits_.max_gap &&
                          !crosses_single_word(both, limits_.single_word);
        return fits ? both : Span{};
    }

    // Of the blocks that begin with row `first`, by how many rows are in the block.
    std::vector<Span> spans_from(std::size_t first) const {
        std::vector<Span> spans{span_of(first)};
        for (std::size_t next = first + 1; next < rows_.size(); ++next) {
            const Span span = joined(spans.back(), first, next);
            if (span.words() == 0) {
                break;
            }
            spans.push_back(span);
        }
        return spans;
    }

    unsigned cost_of(unsigned words) const {
        unsigned cost = words;
        if (!blocks_.empty() && blocks_.back().words == words) {
            cost += like_neighbour;
        }
        const auto beside = std::count(taken_.begin(), taken_.end(), words);
        const auto like = std::count_if(blocks_.begin(), blocks_.end(),
                                        [words](const Block& block) { return block.words == words; });
        cost += like_beside * static_cast<unsigned>(beside) + like_another * static_cast<unsigned>(like);
        const bool is_usual =
            std::find(usual_lengths.begin(), usual_lengths.end(), words) != usual_lengths.end();
        return cost + (is_usual ? asked_by_others : 0);
    }

    bool may_be_padded(Span span, unsigned padding) const {
        return padding == 0 || (span.words() + padding <= limits_.max_words &&
                                span.end + padding <= number_of(limits_.map.last) + 1U &&
                                !crosses_single_word({span.first, span.end + padding}, limits_.single_word));
    }

    // Rows from `first` on, where those before cost `cost`.
    void step(std::size_t first, unsigned cost) {
        if (cost >= best_cost_ || ++steps_ > most_steps) {
            return;
        }
        if (first == rows_.size()) {
            best_ = blocks_;
            best_cost_ = cost;
            return;
        }
        const std::vector<Span>& spans = spans_[first];
        for (std::size_t count = spans.size(); count > 0; --count) {
            if (1 + fewest_[first + count] <= fewest_[first]) {
                take(first, count, spans[count - 1], cost);
            }
        }
    }

    void take(std::size_t first, std::size_t count, Span span, unsigned cost) {
        for (unsigned padding = 0; padding <= most_padding && may_be_padded(span, padding); ++padding) {
            const unsigned words = span.words() + padding;
            const unsigned added = cost_of(words);
            blocks_.push_back({static_cast<RegisterAddress>(span.first), static_cast<std::uint16_t>(words),
                               rows_[first].pace, rows_[first].optional});
            step(first + count, cost + added);
            blocks_.pop_back();
        }
    }

    const std::vector<RegisterRow>& rows_;
    const PlanLimits& limits_;
    std::vector<std::vector<Span>> spans_; // by the first row
    std::vector<std::size_t> fewest_;      // blocks for the rows from that one on
    std::vector<unsigned> taken_;
    std::vector<Block> blocks_;
    std::vector<Block> best_;
    unsigned best_cost_ = std::numeric_limits<unsigned>::max();
    std::size_t steps_ = 0;
};

} // namespace

std::vector<Block> cover(const std::vector<RegisterRow>& rows, const PlanLimits& limits,
                         const std::vector<Block>& beside) {
    return Search(rows, limits, beside).run();
}

} // namespace gridbridge
