#include "app/recording/recording_writer.hpp"

#include "app/recording/recorded_json.hpp"

#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t max_packet = 60000;     // IPv4 has 65535
constexpr std::uint64_t max_overtaken = 1000; // records that may be written before an earlier one
constexpr std::uint16_t first_client_port = 50000;
constexpr std::uint16_t last_client_port = 65000;

bool is_bytes(const Record& record) {
    return record.kind == Record::Kind::Received || record.kind == Record::Kind::Sent;
}

// Nothing but its bytes, which have their place in a packet.
bool fits_packet(const Record& record) {
    return is_bytes(record) && !record.bytes.empty() && record.bytes.size() <= max_packet &&
           record.text.empty() && record.number == 0 && record.hash == 0;
}

std::string description_of(const RecordedConnection& connection) {
    return std::string(name_in(wire_kind_names, connection.kind)) + ", " +
           std::string(name_in(wire_dialect_names, connection.dialect));
}

} // namespace

RecordingWriter::RecordingWriter(const RecordedHead& head)
    : wall_minus_monotonic_ns_(head.wall_minus_monotonic_ns.value_or(0)) {
    pcapng::append_section(out_, {"gridbridge " + head.version, head_json(head)});
    pcapng::append_interface(out_, {pcapng::LinkType::UpperPdu, "events", "what is no byte of a meter", {}});
    interfaces_ = 1;
}

void RecordingWriter::add(const RecordedConnection& connection) {
    Wire& wire = wires_[connection.number];
    emit(wire);
    wire.connection = connection;
    wire.interface = interfaces_++;
    pcapng::append_interface(out_, {link_of(connection), connection.name, description_of(connection),
                                    connection_json(connection)});
}

bool RecordingWriter::add(const Record& record) {
    if (record.bytes.size() + record.text.size() > max_record_size) {
        return false;
    }
    flush(record.at);
    const std::uint64_t number = next_number_++;
    const auto found = wires_.find(record.connection);
    if (found != wires_.end() && fits_packet(record)) {
        add_bytes(found->second, record, number);
        return true;
    }
    if (found != wires_.end()) {
        emit(found->second);
    }
    if (record.kind == Record::Kind::ClockSet) {
        finish(); // what waits has its time by the old clock
    }
    add_event(record, number);
    if (record.kind == Record::Kind::ClockSet) {
        wall_minus_monotonic_ns_ = record.number;
    }
    if (found != wires_.end() && record.kind == Record::Kind::Opened) {
        const std::uint16_t port = found->second.numbers.client_port;
        found->second.numbers = {};
        found->second.numbers.client_port =
            static_cast<std::uint16_t>(port < last_client_port ? port + 1 : first_client_port);
    }
    return true;
}

void RecordingWriter::add_bytes(Wire& wire, const Record& record, std::uint64_t number) {
    Waiting& waiting = wire.waiting;
    const bool is_sent = record.kind == Record::Kind::Sent;
    if (!waiting.pieces.empty() &&
        (waiting.is_sent != is_sent || record.at < waiting.last() ||
         record.at - waiting.last() > join_within || record.at - waiting.at > join_at_most ||
         waiting.bytes.size() + record.bytes.size() > max_joined)) {
        emit(wire);
    }
    if (waiting.pieces.empty()) {
        waiting.is_sent = is_sent;
        waiting.at = record.at;
    }
    waiting.pieces.push_back(
        {number, record.bytes.size(), pcapng::whole_us(record.at) - pcapng::whole_us(waiting.at)});
    waiting.bytes.insert(waiting.bytes.end(), record.bytes.begin(), record.bytes.end());
    if (waiting.pieces.size() == max_pieces || is_whole(wire.connection, waiting.bytes)) {
        emit(wire);
    }
}

void RecordingWriter::add_event(const Record& record, std::uint64_t number) {
    const std::string json = event_json(record);
    const std::string pieces = pieces_text({{number, json.size(), 0}}, order_);
    const Bytes packet = event_packet(event_info(record), json);
    pcapng::append_packet(out_,
                          {0, time_of(record.at), packet, pcapng::Direction::Unknown, record.hash, pieces});
}

void RecordingWriter::flush(Clock::time_point now) {
    for (auto& [number, wire] : wires_) {
        const Waiting& waiting = wire.waiting;
        if (!waiting.pieces.empty() && (now - waiting.last() > join_within ||
                                        next_number_ - waiting.pieces.front().number > max_overtaken)) {
            emit(wire);
        }
    }
}

void RecordingWriter::finish() {
    for (auto& [number, wire] : wires_) {
        emit(wire);
    }
}

void RecordingWriter::emit(Wire& wire) {
    if (wire.waiting.pieces.empty()) {
        return;
    }
    const Waiting waiting = std::exchange(wire.waiting, {});
    const RecordedConnection& connection = wire.connection;
    const Bytes packet = link_of(connection) == pcapng::LinkType::Ipv4
                             ? tcp_packet(connection, wire.numbers, waiting.is_sent, waiting.bytes)
                             : dialect_packet(connection, wire.numbers, waiting.is_sent, waiting.bytes);
    const auto direction = waiting.is_sent ? pcapng::Direction::Outbound : pcapng::Direction::Inbound;
    const std::string pieces = pieces_text(waiting.pieces, order_);
    pcapng::append_packet(out_, {wire.interface, time_of(waiting.at), packet, direction, 0, pieces});
}

// Modulo 2^64, so that each time comes back whatever the clocks say.
std::uint64_t RecordingWriter::time_of(Clock::time_point at) const {
    return static_cast<std::uint64_t>(pcapng::whole_us(at)) +
           static_cast<std::uint64_t>(pcapng::whole_us(wall_minus_monotonic_ns_));
}

Bytes RecordingWriter::take() {
    size_ += out_.size();
    return std::exchange(out_, {});
}

} // namespace gridbridge
