#include "app/sinks/sink_queue.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::string_view segment_suffix = ".points";
constexpr const char* position_name = "position";
constexpr const char* run_name = "run";
constexpr std::size_t chunk = std::size_t{256} * 1024; // bytes read at once
constexpr std::uint64_t segments_of_queue = 16;        // what is dropped at once is a part of it
constexpr std::uint64_t smallest_segment = 16'000;
constexpr std::uint64_t largest_segment = 4'000'000;

std::string segment_name(std::uint64_t first) {
    constexpr std::size_t digits = 20;
    const std::string number = std::to_string(first);
    return std::string(digits - number.size(), '0') + number + std::string(segment_suffix);
}

std::optional<std::uint64_t> first_of(std::string_view name) {
    if (!name.ends_with(segment_suffix)) {
        return std::nullopt;
    }
    const auto number = parse_integer(name.substr(0, name.size() - segment_suffix.size()));
    return number && *number > 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

std::uint64_t segment_limit(std::uint64_t max_size) {
    return std::clamp(max_size / segments_of_queue, smallest_segment, largest_segment);
}

} // namespace

SinkQueue::SinkQueue(std::unique_ptr<QueueStore> store, SinkQueueOptions options)
    : store_(std::move(store)), options_(std::move(options)) {
    open();
}

// Without a position nobody knows which seqs were given under a run: another one begins.
bool SinkQueue::take_run(bool has_position) {
    constexpr std::size_t longest = 64;
    run_ = trim(store_->read(run_name, 0, longest));
    const bool is_new = run_.empty() || !has_position;
    if (is_new) {
        run_ = options_.make_run();
        store_->replace(run_name, run_ + "\n");
    }
    return is_new;
}

void SinkQueue::open() {
    const auto kept = read_position(store_->read(position_name, 0, 2 * position_slot));
    const bool is_new = take_run(kept.has_value());
    position_ = kept.value_or(QueuePosition{});
    acknowledged_.seq = position_.acknowledged;
    std::vector<std::uint64_t> firsts;
    for (const std::string& name : store_->names()) {
        if (const auto first = first_of(name)) {
            firsts.push_back(*first);
        }
    }
    std::sort(firsts.begin(), firsts.end());
    std::uint64_t next = std::max(position_.next, position_.acknowledged + 1);
    for (const std::uint64_t first : firsts) {
        Segment segment{first, first - 1, 0};
        scan(segment, first == firsts.back());
        if (segment.size == 0) {
            store_->remove(segment_name(first));
            continue;
        }
        next = std::max(next, segment.last + 1);
        segments_.push_back(segment);
    }
    needs_segment_ = segments_.empty();
    position_.next = next;
    if (!is_new && kept->boot != options_.boot) {
        position_.next += seq_leap;
        needs_segment_ = true;
    } else if (!segments_.empty()) {
        needs_segment_ = segments_.back().last + 1 != next;
    }
    position_.boot = options_.boot;
    read_ = acknowledged_;
    write_position();
    store_->sync(position_name); // before a point of this run gets its seq
    remove_acknowledged();
}

// Finds its end, and where what is not acknowledged begins.
void SinkQueue::scan(Segment& segment, bool is_last) {
    const std::string name = segment_name(segment.first);
    for (;;) {
        const std::string bytes = store_->read(name, segment.size, chunk);
        std::string_view left = bytes;
        QueuedPoint point;
        std::size_t size = 0;
        RecordState state = RecordState::Incomplete;
        while ((state = read_record(left, point, size)) == RecordState::Whole &&
               point.seq == segment.last + 1) {
            left.remove_prefix(size);
            segment.size += size;
            segment.last = point.seq;
            if (point.seq <= position_.acknowledged) {
                acknowledged_ = {segment.first, segment.size, position_.acknowledged};
            }
        }
        if (left.empty() && bytes.size() < chunk) {
            return;
        }
        const bool has_more = state == RecordState::Incomplete && bytes.size() == chunk;
        if (!has_more && !(left.empty() && bytes.size() == chunk)) {
            damaged_ +=
                is_last && state == RecordState::Incomplete ? 0U : 1U; // what a kill leaves is no damage
            store_->cut(name, segment.size);
            return;
        }
    }
}

void SinkQueue::write_position() {
    ++position_.count;
    store_->write(position_name, position_.count % 2 * position_slot, position_bytes(position_));
    is_synced_ = false;
}

std::uint64_t SinkQueue::unacknowledged(const Segment& segment) const {
    return segment.last - std::min(segment.last, std::max(segment.first - 1, acknowledged_.seq));
}

std::uint64_t SinkQueue::waiting() const {
    std::uint64_t count = 0;
    for (const Segment& segment : segments_) {
        count += unacknowledged(segment);
    }
    return count;
}

std::uint64_t SinkQueue::size() const {
    std::uint64_t size = 0;
    for (const Segment& segment : segments_) {
        size += segment.size;
    }
    return size;
}

void SinkQueue::begin_segment() {
    if (!segments_.empty()) {
        store_->sync(segment_name(segments_.back().first)); // sync() looks at the last one only
    }
    segments_.push_back({position_.next, position_.next - 1, 0});
    needs_segment_ = false;
}

void SinkQueue::drop_oldest() {
    const Segment oldest = segments_.front();
    store_->remove(segment_name(oldest.first));
    dropped_ += unacknowledged(oldest);
    segments_.pop_front();
}

void SinkQueue::append(std::span<QueuedPoint> points) {
    const std::uint64_t limit = segment_limit(options_.max_size);
    while (!points.empty()) {
        if (needs_segment_ || segments_.back().size >= limit) {
            begin_segment();
        }
        std::size_t count = 0;
        std::size_t bytes = 0;
        while (count < points.size() && (count == 0 || segments_.back().size + bytes < limit)) {
            bytes += record_size(points[count++]);
        }
        while (size() + bytes > options_.max_size && segments_.size() > 1) {
            drop_oldest();
        }
        write_some(points.first(count));
        points = points.subspan(count);
    }
}

void SinkQueue::write_some(std::span<QueuedPoint> points) {
    std::string bytes;
    std::uint64_t next = position_.next;
    for (QueuedPoint& point : points) {
        if (record_size(point) > max_record) {
            ++dropped_;
            continue;
        }
        point.seq = next++;
        append_record(bytes, point);
    }
    Segment& segment = segments_.back();
    try {
        store_->write(segment_name(segment.first), segment.size, bytes);
    } catch (...) { // none of them has one
        std::for_each(points.begin(), points.end(), [](QueuedPoint& point) { point.seq = 0; });
        throw;
    }
    segment.size += bytes.size();
    segment.last = next - 1;
    position_.next = next;
    is_synced_ = false;
}

const SinkQueue::Segment* SinkQueue::next_segment(std::uint64_t first) const {
    for (const Segment& segment : segments_) {
        if (segment.first >= first) {
            return &segment;
        }
    }
    return nullptr;
}

// It cannot be read any further.
void SinkQueue::skip_rest(const Segment& segment) {
    ++damaged_;
    dropped_ += segment.last - std::max(read_.seq, segment.first - 1);
    read_ = {segment.first, segment.size, segment.last};
}

std::vector<TakenPoint> SinkQueue::read_segment(const Segment& segment, std::size_t most_points,
                                                std::size_t most_bytes) {
    std::vector<TakenPoint> taken;
    const auto wanted = static_cast<std::size_t>(
        std::min<std::uint64_t>(std::max(most_bytes, max_record), segment.size - read_.offset));
    const std::string bytes = store_->read(segment_name(segment.first), read_.offset, wanted);
    std::string_view left = bytes;
    std::size_t used = 0;
    while (taken.size() < most_points && !left.empty()) {
        TakenPoint next;
        std::size_t size = 0;
        const RecordState state = read_record(left, next.point, size);
        if (state != RecordState::Whole || next.point.seq != std::max(read_.seq + 1, segment.first)) {
            if ((state != RecordState::Incomplete || bytes.size() < wanted) && taken.empty()) {
                skip_rest(segment);
            }
            break;
        }
        if (!taken.empty() && used + size > most_bytes) {
            break;
        }
        used += size;
        left.remove_prefix(size);
        read_ = {segment.first, read_.offset + size, next.point.seq};
        next.after = read_;
        taken.push_back(std::move(next));
    }
    if (bytes.empty()) { // shorter than it was
        skip_rest(segment);
    }
    return taken;
}

std::vector<TakenPoint> SinkQueue::read(std::size_t most_points, std::size_t most_bytes) {
    for (;;) {
        const Segment* segment = next_segment(read_.segment);
        if (segment != nullptr && (segment->first != read_.segment || read_.offset >= segment->size)) {
            if (segment->first == read_.segment) {
                segment = next_segment(read_.segment + 1);
            }
            if (segment != nullptr) {
                read_ = {segment->first, 0, std::max(read_.seq, segment->first - 1)};
            }
        }
        if (segment == nullptr || segment->size == 0) {
            return {};
        }
        if (auto taken = read_segment(*segment, most_points, most_bytes); !taken.empty()) {
            return taken;
        }
    }
}

void SinkQueue::rewind() {
    read_ = acknowledged_;
}

void SinkQueue::acknowledge(const QueueCursor& after) {
    if (after.seq <= acknowledged_.seq) {
        return;
    }
    acknowledged_ = after;
    position_.acknowledged = after.seq;
    write_position();
    remove_acknowledged();
}

// The last one is written into.
void SinkQueue::remove_acknowledged() {
    while (segments_.size() > 1 && segments_.front().last <= acknowledged_.seq) {
        store_->remove(segment_name(segments_.front().first));
        segments_.pop_front();
    }
}

void SinkQueue::sync() {
    if (is_synced_) {
        return;
    }
    if (!segments_.empty()) {
        store_->sync(segment_name(segments_.back().first));
    }
    store_->sync(position_name);
    is_synced_ = true;
}

} // namespace gridbridge
