#include "drivers/modbus/map/register_job.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t most_to_read = max_read_words;
constexpr std::size_t most_to_write = max_words_to_write;

} // namespace

RegisterJob::RegisterJob(RegisterAddress address, bool is_write, std::size_t count,
                         std::vector<std::uint16_t> words)
    : address_(address), is_write_(is_write), count_(count), words_(std::move(words)) {}

RegisterJob RegisterJob::read(RegisterAddress address, std::size_t words) {
    return {address, false, words, {}};
}

RegisterJob RegisterJob::write(RegisterAddress address, std::vector<std::uint16_t> words) {
    const std::size_t count = words.size();
    return {address, true, count, std::move(words)};
}

std::uint16_t RegisterJob::chunk() const {
    return static_cast<std::uint16_t>(std::min(count_ - done_, is_write_ ? most_to_write : most_to_read));
}

RegisterRequest RegisterJob::request() const {
    const auto address = static_cast<RegisterAddress>(number_of(address_) + done_);
    if (!is_write_) {
        return {address, chunk()};
    }
    const auto first = words_.begin() + static_cast<std::ptrdiff_t>(done_);
    return {address, 0, {first, first + chunk()}};
}

bool RegisterJob::take(const std::vector<std::uint16_t>& words) {
    if (!is_write_) {
        words_.insert(words_.end(), words.begin(), words.end());
    }
    done_ += chunk();
    return done_ >= count_;
}

} // namespace gridbridge
