// Records as a pcapng file that Wireshark opens and dissects. Pure; one thread.
#pragma once

#include "app/recording/pcapng.hpp"
#include "app/recording/piece.hpp"
#include "app/recording/record.hpp"
#include "app/recording/recorded_packet.hpp"

#include <map>

namespace gridbridge {

// What comes out is whole blocks, in an order that a reader turns into that of the records. Bytes of one
// direction that follow each other closely become one packet, so that an answer is dissected as a whole;
// where its pieces began and when they came is in a comment of the packet.
class RecordingWriter {
  public:
    // Of bytes that follow each other in one packet: the longest pause, how long and how many.
    static constexpr std::chrono::milliseconds join_within{50};
    static constexpr std::chrono::seconds join_at_most{1};
    static constexpr std::size_t max_joined = std::size_t{16} * 1024;

    explicit RecordingWriter(const RecordedHead& head);

    // Before the first record of it; again for one that has changed.
    void add(const RecordedConnection& connection);
    // False: larger than `max_record_size`, left out.
    bool add(const Record& record);
    // Packets that wait for more bytes, `now` for too long; to be called at least each second.
    void flush(Clock::time_point now);
    // All that wait.
    void finish();

    // What was made since the last call.
    Bytes take();
    std::size_t size() const { return size_ + out_.size(); } // of the whole file so far

  private:
    struct Waiting {
        bool is_sent = false;
        Clock::time_point at{}; // of the first piece
        Bytes bytes;
        std::vector<Piece> pieces;

        Clock::time_point last() const { return at + std::chrono::microseconds(pieces.back().after); }
    };
    struct Wire {
        RecordedConnection connection;
        std::uint32_t interface = 0;
        TcpNumbers numbers;
        Waiting waiting;
    };

    void add_bytes(Wire& wire, const Record& record, std::uint64_t number);
    void add_event(const Record& record, std::uint64_t number);
    void emit(Wire& wire);
    std::uint64_t time_of(Clock::time_point at) const;

    Bytes out_;
    std::size_t size_ = 0; // taken
    std::int64_t wall_minus_monotonic_ns_ = 0;
    std::uint32_t interfaces_ = 0;
    std::uint64_t next_number_ = 0;
    RecordOrder order_;
    std::map<unsigned, Wire> wires_;
};

} // namespace gridbridge
