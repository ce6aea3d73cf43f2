// What a recording says. Pure; one thread.
#pragma once

#include "app/recording/pcapng.hpp"
#include "app/recording/piece.hpp"
#include "app/recording/record.hpp"

#include <map>

namespace gridbridge {

// Bytes in, in pieces of any size (what a piece has in records is in memory until next() takes it); records
// out, each exactly as it was written and in the order they were written in. A file that ends in the middle
// of a block is read up to there.
class RecordingReader {
  public:
    void feed(std::span<const std::uint8_t> bytes);
    // There are no more bytes.
    void finish();

    // The next record, as far as its turn has come.
    std::optional<Record> next();

    // Nothing before the first block was there.
    const std::optional<RecordedHead>& head() const { return head_; }
    // The newest of each number.
    const std::map<unsigned, RecordedConnection>& connections() const { return connections_; }

    // Why it is read no further; empty: nothing is wrong so far. Nothing more is read then.
    const std::string& problem() const { return problem_; }
    std::size_t unread_bytes() const { return unread_ + rest_.size(); } // behind the last whole block
    std::size_t foreign_packets() const { return foreign_; }            // that are no records

  private:
    struct Source {
        pcapng::LinkType link = pcapng::LinkType::UpperPdu;
        unsigned connection = 0; // 0: events, or none of ours
    };

    std::size_t read_blocks(std::span<const std::uint8_t> bytes);
    void read_block(const pcapng::Block& block);
    void read_section(const pcapng::Block& block);
    void read_interface(const pcapng::InterfaceBlock& interface);
    void read_packet(const pcapng::PacketBlock& packet);
    void read_wire(const pcapng::PacketBlock& packet, unsigned connection,
                   std::span<const std::uint8_t> payload);
    void read_event(const pcapng::PacketBlock& packet, std::span<const std::uint8_t> payload);
    std::vector<Piece> pieces_in(const pcapng::PacketBlock& packet, std::size_t size);
    void keep(std::uint64_t number, Record record);
    void refuse(std::string problem);
    Clock::time_point time_of(const pcapng::PacketBlock& packet, std::int64_t after) const;

    Bytes rest_; // the beginning of a block
    std::size_t unread_ = 0;
    std::size_t foreign_ = 0;
    std::string problem_;
    std::optional<RecordedHead> head_;
    std::int64_t wall_minus_monotonic_ns_ = 0;
    std::map<unsigned, RecordedConnection> connections_;
    std::vector<Source> sources_;
    RecordOrder order_;
    std::uint64_t turn_ = 0;                       // of the record that comes next
    std::multimap<std::uint64_t, Record> waiting_; // by number
    std::size_t waiting_bytes_ = 0;
    bool is_finished_ = false;
};

// A whole recording at once.
struct Recording {
    RecordedHead head;
    std::map<unsigned, RecordedConnection> connections;
    std::vector<Record> records;
    std::size_t unread_bytes = 0;
    std::string problem; // empty: it was read to its end, or to where it was cut
};
Recording read_recording(std::span<const std::uint8_t> bytes);
// The file (.pcapng) that is read as this one.
Bytes write_recording(const Recording& recording);

} // namespace gridbridge
