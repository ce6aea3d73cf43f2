#include "app/sinks/point_stamps.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <string>

namespace gridbridge {
namespace {

constexpr const char* stamps_name = "stamps";
constexpr std::size_t most_boots = 16; // that may have points in one queue
constexpr std::size_t longest_file = 4096;

} // namespace

PointStamps::PointStamps(std::uint64_t boot, QueueStore& store) : boot_(boot) {
    const std::string text = store.read(stamps_name, 0, longest_file);
    for (const std::string_view line : split(text, '\n')) {
        const auto parts = split(line, ' ');
        const auto of_boot = parse_integer(parts.front());
        const auto offset = parts.size() == 2 ? parse_integer(parts.back()) : std::nullopt;
        if (of_boot && offset) {
            kept_.emplace_back(static_cast<std::uint64_t>(*of_boot), *offset);
        }
    }
}

Stamp PointStamps::of(const QueuedPoint& point, std::optional<std::int64_t> wall_minus_steady_ms,
                      QueueStore& store) {
    if (point.boot == 0) {
        return {Stamp::Kind::Known, point.time_ms};
    }
    const auto known =
        std::find_if(kept_.begin(), kept_.end(), [&](const auto& row) { return row.first == point.boot; });
    if (known != kept_.end()) {
        return {Stamp::Kind::Known, point.time_ms + known->second};
    }
    if (point.boot != boot_) {
        return {Stamp::Kind::Never, 0};
    }
    if (!wall_minus_steady_ms) {
        return {Stamp::Kind::NotYet, 0};
    }
    auto kept = kept_;
    kept.emplace_back(boot_, *wall_minus_steady_ms);
    if (kept.size() > most_boots) {
        kept.erase(kept.begin());
    }
    std::string text;
    for (const auto& [boot, offset] : kept) {
        // As a signed number, because that is what is read.
        text += std::to_string(static_cast<std::int64_t>(boot)) + " " + std::to_string(offset) + "\n";
    }
    store.replace(stamps_name, text);
    kept_ = std::move(kept);
    return {Stamp::Kind::Known, point.time_ms + *wall_minus_steady_ms};
}

} // namespace gridbridge
