#include "app/replay/answering_wire.hpp"

#include "drivers/io/stop_wait.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t transaction_id_size = 2;

class AnsweringWire final : public Wire {
  public:
    AnsweringWire(const RecordedAnswers& answers, std::string name)
        : answers_(answers), name_(std::move(name)) {}

    void open(const std::stop_token& /*stop*/) override {}

    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override {
        const bool comes = !coming_.empty() && coming_.front().first <= std::max(deadline, Clock::now());
        if (!wait_until(comes ? coming_.front().first : deadline, stop) || !comes) {
            return 0;
        }
        auto& bytes = coming_.front().second;
        const std::size_t size = std::min(buffer.size(), bytes.size());
        std::copy_n(bytes.begin(), size, buffer.begin());
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        if (bytes.empty()) {
            coming_.pop_front();
        }
        return size;
    }

    void write(std::span<const std::uint8_t> bytes, const std::stop_token& /*stop*/) override {
        const auto now = Clock::now();
        coming_.clear();
        for (auto& piece : answers_.answer(bytes, now)) {
            coming_.emplace_back(now + piece.after, std::move(piece.bytes));
        }
    }

    void close() noexcept override { coming_.clear(); }
    std::string name() const override { return name_; }

  private:
    const RecordedAnswers& answers_;
    std::string name_;
    std::deque<std::pair<Clock::time_point, std::vector<std::uint8_t>>> coming_;
};

} // namespace

RecordedAnswers::RecordedAnswers(const std::vector<WireRecord>& records, Clock::time_point cut,
                                 bool has_transaction_id)
    : id_size_(has_transaction_id ? transaction_id_size : 0), cut_(cut) {
    for (const WireRecord& record : records) {
        if (record.kind == WireEvent::Kind::Sent && record.bytes.size() >= id_size_) {
            exchanges_.push_back(
                {{record.bytes.begin() + static_cast<std::ptrdiff_t>(id_size_), record.bytes.end()},
                 record.at,
                 {}});
        } else if (record.kind == WireEvent::Kind::Received && !exchanges_.empty() && !record.bytes.empty()) {
            Exchange& exchange = exchanges_.back();
            exchange.pieces.push_back({record.at - exchange.at, record.bytes});
        }
    }
}

const RecordedAnswers::Exchange* RecordedAnswers::find(std::span<const std::uint8_t> request,
                                                       Clock::time_point now) const {
    const Exchange* nearest = nullptr;
    const Exchange* before = nullptr; // of the beginning, the newest
    for (const Exchange& exchange : exchanges_) {
        if (!std::equal(request.begin(), request.end(), exchange.request.begin(), exchange.request.end())) {
            continue;
        }
        if (exchange.at < cut_) {
            before = &exchange;
        } else if (nearest == nullptr ||
                   std::chrono::abs(exchange.at - now) < std::chrono::abs(nearest->at - now)) {
            nearest = &exchange;
        }
    }
    if (now < cut_ + introduction && before != nullptr &&
        (nearest == nullptr || nearest->at > now + same_moment)) {
        return before;
    }
    if (nearest == nullptr) {
        return nullptr;
    }
    return std::chrono::abs(nearest->at - now) <= same_moment ? nearest : nullptr;
}

std::vector<RecordedAnswers::Piece> RecordedAnswers::answer(std::span<const std::uint8_t> request,
                                                            Clock::time_point now) const {
    const Exchange* const exchange =
        request.size() < id_size_ ? nullptr : find(request.subspan(id_size_), now);
    if (exchange == nullptr) {
        return {};
    }
    std::vector<Piece> pieces = exchange->pieces;
    std::size_t number = 0; // of the octet of the answer
    for (Piece& piece : pieces) {
        for (std::uint8_t& byte : piece.bytes) {
            if (number < id_size_) {
                byte = request[number];
            }
            ++number;
        }
    }
    return pieces;
}

std::unique_ptr<Wire> make_answering_wire(const RecordedAnswers& answers, std::string name) {
    return std::make_unique<AnsweringWire>(answers, std::move(name));
}

} // namespace gridbridge
