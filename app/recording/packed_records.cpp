#include "app/recording/packed_records.hpp"

#include "app/recording/byte_order.hpp"
#include "app/recording/zstd_stream.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <span>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t around_a_block = 64; // of the allocator and the list
constexpr unsigned group_bits = 7;
constexpr std::uint64_t group_end = 0x80;

// Small numbers in one byte: seven bits each, the lowest first.
void append_number(Bytes& out, std::uint64_t number) {
    for (; number >= group_end; number >>= group_bits) {
        out.push_back(static_cast<std::uint8_t>(number | group_end));
    }
    out.push_back(static_cast<std::uint8_t>(number));
}

void append_signed(Bytes& out, std::int64_t number) {
    const auto bits = static_cast<std::uint64_t>(number);
    append_number(out, number < 0 ? ~(bits << 1U) : bits << 1U);
}

void append_record(Bytes& out, const Record& record, std::int64_t after_ns) {
    out.push_back(static_cast<std::uint8_t>(record.kind));
    append_number(out, record.connection);
    append_signed(out, after_ns);
    append_signed(out, record.number);
    append_number(out, record.text.size());
    append_number(out, record.bytes.size());
    out.push_back(record.hash != 0 ? 1 : 0);
    if (record.hash != 0) {
        append_little(out, record.hash);
    }
    out.insert(out.end(), record.text.begin(), record.text.end());
    out.insert(out.end(), record.bytes.begin(), record.bytes.end());
}

// What append_record() appends at most.
std::size_t weight_of(const Record& record) {
    constexpr std::size_t numbers = 64;
    return numbers + record.text.size() + record.bytes.size();
}

// Of what append_record() made: lengths are right.
class RecordsIn {
  public:
    explicit RecordsIn(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    bool has_more() const { return at_ < bytes_.size(); }
    Record next() {
        Record record;
        record.kind = static_cast<Record::Kind>(bytes_[at_++]);
        record.connection = static_cast<unsigned>(number());
        ns_ += signed_number();
        record.at = Clock::time_point(std::chrono::nanoseconds(ns_));
        record.number = signed_number();
        const auto text_size = static_cast<std::size_t>(number());
        const auto bytes_size = static_cast<std::size_t>(number());
        if (bytes_[at_++] != 0) {
            record.hash = little_at<std::uint64_t>(bytes_, at_);
            at_ += sizeof(record.hash);
        }
        const auto text = take(text_size);
        record.text.assign(text.begin(), text.end());
        const auto bytes = take(bytes_size);
        record.bytes.assign(bytes.begin(), bytes.end());
        return record;
    }

  private:
    std::uint64_t number() {
        std::uint64_t number = 0;
        for (unsigned shift = 0;; shift += group_bits) {
            const std::uint64_t byte = bytes_[at_++];
            number |= (byte & (group_end - 1)) << shift;
            if (byte < group_end) {
                return number;
            }
        }
    }
    std::int64_t signed_number() {
        const std::uint64_t bits = number();
        return static_cast<std::int64_t>((bits & 1U) != 0 ? ~(bits >> 1U) : bits >> 1U);
    }
    std::span<const std::uint8_t> take(std::size_t size) {
        const auto part = bytes_.subspan(at_, size);
        at_ += size;
        return part;
    }

    std::span<const std::uint8_t> bytes_;
    std::size_t at_ = 0;
    std::int64_t ns_ = 0;
};

} // namespace

void PackedRecords::add(const Record& record) {
    const bool is_full =
        !blocks_.empty() && blocks_.back().plain.size() + weight_of(record) > block_size; // capacity as well
    if (is_full) {
        seal(blocks_.back());
    }
    if (blocks_.empty() || is_full) {
        blocks_.push_back({{}, {}, record.at});
        bytes_ += sizeof(Block) + around_a_block;
        previous_ns_ = 0;
    }
    Block& block = blocks_.back();
    const std::int64_t ns = std::chrono::nanoseconds(record.at.time_since_epoch()).count();
    const std::size_t before = block.plain.capacity();
    append_record(block.plain, record, ns - previous_ns_);
    bytes_ += block.plain.capacity() - before;
    block.last = std::max(block.last, record.at);
    previous_ns_ = ns;
}

void PackedRecords::seal(Block& block) {
    bytes_ -= block.capacity();
    try {
        Bytes all = packed(block.plain, Packed::Little);
        all.shrink_to_fit();
        block.packed = std::make_shared<const Bytes>(std::move(all));
        block.plain = Bytes();        // its memory goes
    } catch (const std::exception&) { // no memory for its tables: it stays as it is
        block.plain.shrink_to_fit();
    }
    bytes_ += block.capacity();
}

void PackedRecords::read(const Block& block, const Use& use) {
    const Bytes unpacked_bytes = block.packed ? unpacked(*block.packed) : Bytes();
    for (RecordsIn records(block.packed ? unpacked_bytes : block.plain); records.has_more();) {
        use(records.next());
    }
}

void PackedRecords::each(const Use& use) const {
    for (const Block& block : blocks_) {
        read(block, use);
    }
}

void PackedRecords::drop_oldest_block(const Use& use) {
    const Block block = std::move(blocks_.front());
    blocks_.pop_front();
    bytes_ -= block.capacity() + sizeof(Block) + around_a_block;
    read(block, use);
}

} // namespace gridbridge
