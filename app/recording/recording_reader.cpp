#include "app/recording/recording_reader.hpp"

#include "app/recording/recorded_json.hpp"
#include "app/recording/recorded_packet.hpp"
#include "app/recording/recording_writer.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t fed_at_once = std::size_t{64} * 1024;
constexpr std::size_t max_interfaces = 4096;
constexpr std::size_t max_described = std::size_t{16} * 1024 * 1024; // bytes that describe connections
constexpr std::size_t max_waiting = std::size_t{64} * 1024 * 1024; // bytes of records whose turn has not come
constexpr std::size_t max_ahead = 8192; // records before one that comes later in the file

// Each comment alone, then together with those behind it: a long text is in several.
template <typename Parse>
auto in_comments(std::span<const std::uint8_t> options, Parse parse) -> decltype(parse(std::string_view())) {
    const auto comments = pcapng::options_of(options, pcapng::OptionCode::Comment);
    for (std::size_t i = 0; i < comments.size(); ++i) {
        if (!comments[i].starts_with('{')) {
            continue;
        }
        std::string text;
        for (std::size_t j = i; j < comments.size(); ++j) {
            text += comments[j];
            if (comments[j].size() < pcapng::max_option) {
                break;
            }
        }
        if (auto found = parse(std::string_view(text))) {
            return found;
        }
    }
    return {};
}

std::size_t weight_of(const RecordedConnection& connection) {
    return connection.name.size() + connection.meters.size();
}

std::size_t weight_of(const Record& record) {
    return sizeof(Record) + record.bytes.size() + record.text.size();
}

} // namespace

void RecordingReader::feed(std::span<const std::uint8_t> bytes) {
    if (!problem_.empty()) {
        unread_ += bytes.size();
        return;
    }
    if (rest_.empty()) {
        const std::size_t read = read_blocks(bytes);
        rest_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(read), bytes.end());
        return;
    }
    rest_.insert(rest_.end(), bytes.begin(), bytes.end());
    const std::size_t read = read_blocks(rest_);
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(read));
}

std::size_t RecordingReader::read_blocks(std::span<const std::uint8_t> bytes) {
    const std::size_t all = bytes.size();
    pcapng::Block block;
    while (problem_.empty()) {
        const pcapng::Missing missing = pcapng::first_block(bytes, block);
        if (missing == pcapng::Missing::Bytes) {
            break;
        }
        if (missing == pcapng::Missing::Sense) {
            refuse(head_ ? "is damaged: no block begins where one should" : "is no pcapng file");
            break;
        }
        read_block(block);
        if (problem_.empty()) {
            bytes = bytes.subspan(block.size);
        }
    }
    return all - bytes.size();
}

void RecordingReader::read_block(const pcapng::Block& block) {
    if (!head_) {
        read_section(block);
    } else if (block.type == static_cast<std::uint32_t>(pcapng::BlockType::Section)) {
        refuse("has a second section: recordings have one");
    } else if (const auto interface = pcapng::interface_of(block)) {
        read_interface(*interface);
    } else if (const auto packet = pcapng::packet_of(block)) {
        read_packet(*packet);
    }
}

void RecordingReader::read_section(const pcapng::Block& block) {
    if (!pcapng::is_section(block)) {
        refuse("is no pcapng file, or one of a machine of the other byte order");
        return;
    }
    head_ = in_comments(pcapng::section_options(block), head_of);
    if (!head_) {
        refuse("is no recording of gridbridge: its first block does not say so");
        return;
    }
    wall_minus_monotonic_ns_ = head_->wall_minus_monotonic_ns.value_or(0);
}

void RecordingReader::read_interface(const pcapng::InterfaceBlock& interface) {
    if (sources_.size() == max_interfaces) {
        refuse("has more than " + std::to_string(max_interfaces) + " interfaces");
        return;
    }
    if (!pcapng::has_microseconds(interface)) {
        refuse("has times of another resolution than microseconds");
        return;
    }
    Source source{static_cast<pcapng::LinkType>(interface.link), 0};
    if (auto connection = in_comments(interface.options, connection_of)) {
        source.connection = connection->number;
        connections_[source.connection] = std::move(*connection);
        std::size_t described = 0;
        for (const auto& [number, one] : connections_) {
            described += weight_of(one);
        }
        if (described > max_described) {
            refuse("describes its connections with too much text");
        }
    }
    sources_.push_back(source);
}

void RecordingReader::read_packet(const pcapng::PacketBlock& packet) {
    if (packet.interface >= sources_.size()) {
        ++foreign_;
        return;
    }
    const Source& source = sources_[packet.interface];
    const auto payload = source.link == pcapng::LinkType::Ipv4       ? tcp_payload(packet.data)
                         : source.link == pcapng::LinkType::UpperPdu ? upper_payload(packet.data)
                                                                     : std::nullopt;
    if (!payload) {
        ++foreign_;
    } else if (source.connection != 0) {
        read_wire(packet, source.connection, *payload);
    } else {
        read_event(packet, *payload);
    }
}

void RecordingReader::read_wire(const pcapng::PacketBlock& packet, unsigned connection,
                                std::span<const std::uint8_t> payload) {
    const auto pieces = pieces_in(packet, payload.size());
    if (pieces.empty() || packet.direction == pcapng::Direction::Unknown) {
        ++foreign_;
        return;
    }
    for (const Piece& piece : pieces) {
        Record record;
        record.kind =
            packet.direction == pcapng::Direction::Outbound ? Record::Kind::Sent : Record::Kind::Received;
        record.connection = connection;
        record.at = time_of(packet, piece.after);
        record.bytes.assign(payload.begin(), payload.begin() + static_cast<std::ptrdiff_t>(piece.size));
        payload = payload.subspan(piece.size);
        keep(piece.number, std::move(record));
    }
}

void RecordingReader::read_event(const pcapng::PacketBlock& packet, std::span<const std::uint8_t> payload) {
    auto record = event_of({reinterpret_cast<const char*>(payload.data()), payload.size()});
    const auto pieces = record ? pieces_in(packet, payload.size()) : std::vector<Piece>();
    if (pieces.size() != 1) {
        ++foreign_;
        return;
    }
    record->at = time_of(packet, 0);
    record->hash = packet.id;
    if (record->kind == Record::Kind::ClockSet) {
        wall_minus_monotonic_ns_ = record->number;
    }
    keep(pieces.front().number, std::move(*record));
}

std::vector<Piece> RecordingReader::pieces_in(const pcapng::PacketBlock& packet, std::size_t size) {
    for (const std::string_view comment : pcapng::options_of(packet.options, pcapng::OptionCode::Comment)) {
        if (comment.starts_with(pieces_mark)) {
            return pieces_of(comment, size, order_);
        }
    }
    return pieces_of({}, size, order_);
}

void RecordingReader::keep(std::uint64_t number, Record record) {
    waiting_bytes_ += weight_of(record);
    waiting_.emplace(number, std::move(record));
    const bool is_late = waiting_.begin()->first > turn_;
    if (order_.ahead() > max_ahead || (is_late && waiting_bytes_ > max_waiting)) {
        refuse("is damaged: its records are in no order");
    }
}

void RecordingReader::refuse(std::string problem) {
    problem_ = std::move(problem);
    is_finished_ = true;
}

// Modulo 2^64, as it was written.
Clock::time_point RecordingReader::time_of(const pcapng::PacketBlock& packet, std::int64_t after) const {
    constexpr std::uint64_t ns_per_us = 1000;
    const auto monotonic = packet.time + static_cast<std::uint64_t>(after) -
                           static_cast<std::uint64_t>(pcapng::whole_us(wall_minus_monotonic_ns_));
    return Clock::time_point(std::chrono::nanoseconds(static_cast<std::int64_t>(monotonic * ns_per_us)));
}

void RecordingReader::finish() {
    is_finished_ = true;
}

std::optional<Record> RecordingReader::next() {
    if (waiting_.empty() || (!is_finished_ && waiting_.begin()->first > turn_)) {
        return std::nullopt;
    }
    auto node = waiting_.extract(waiting_.begin());
    turn_ = std::max(turn_, node.key() + 1);
    waiting_bytes_ -= weight_of(node.mapped());
    return std::move(node.mapped());
}

Recording read_recording(std::span<const std::uint8_t> bytes) {
    RecordingReader reader;
    Recording recording;
    const auto drain = [&] {
        while (auto record = reader.next()) {
            recording.records.push_back(std::move(*record));
        }
    };
    while (!bytes.empty()) {
        const std::size_t size = std::min(bytes.size(), fed_at_once);
        reader.feed(bytes.first(size));
        bytes = bytes.subspan(size);
        drain();
    }
    reader.finish();
    drain();
    recording.head = reader.head().value_or(RecordedHead());
    recording.connections = reader.connections();
    recording.unread_bytes = reader.unread_bytes();
    recording.problem = reader.problem();
    return recording;
}

Bytes write_recording(const Recording& recording) {
    RecordingWriter writer(recording.head);
    for (const auto& [number, connection] : recording.connections) {
        writer.add(connection);
    }
    for (const Record& record : recording.records) {
        writer.add(record);
    }
    writer.finish();
    return writer.take();
}

} // namespace gridbridge
