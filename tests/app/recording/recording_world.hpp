// Records as a service would make them: by chance, or of meters that are read.
#pragma once

#include "app/recording/recording_reader.hpp"
#include "app/recording/recording_writer.hpp"
#include "app/simulate/modbus_image.hpp"
#include "app/slave/bitwise_crc16.hpp"
#include "app/slave/slave_frame.hpp"

#include <array>
#include <random>
#include <string>
#include <vector>

namespace gridbridge {

inline Clock::time_point at_ns(std::int64_t ns) {
    return Clock::time_point(std::chrono::nanoseconds(ns));
}
inline Clock::time_point at_us(std::int64_t us) {
    return Clock::time_point(std::chrono::microseconds(us));
}

inline RecordedHead world_head() {
    return {"0.1.0 (0123456789ab)", 1'764'460'800'000'000'123, "cbf29ce484222325", "[bridge]\n"};
}

inline std::vector<RecordedConnection> world_connections() {
    return {{1, "192.168.1.20:502", WireKind::ModbusTcp, WireDialect::Modbus, "[[meter]]\ndriver = \"cg\"\n"},
            {2, "/dev/ttyUSB0", WireKind::ModbusRtu, WireDialect::Modbus, "[[meter]]\n"},
            {3, "/dev/ttyUSB1", WireKind::StreamSerial, WireDialect::P1, ""},
            {4, "10.0.0.7:23", WireKind::StreamTcp, WireDialect::Sml, ""},
            {5, "readout.txt", WireKind::File, WireDialect::D0, ""}};
}

// Any records at all, in bursts on several connections.
class AnyRecords {
  public:
    explicit AnyRecords(unsigned seed) : random_(seed) {}

    Record next() {
        at_ += std::int64_t(below(4)) *
               std::array<std::int64_t, 4>{1'000, 9'000, 7'001'000, 60'000'000}[below(4)];
        Record record;
        record.at = at_ns(below(50) == 0 ? at_ - 3'000'000 : at_); // threads overtake each other
        record.connection = below(7);                              // 0 and 6: none that is known
        record.kind = below(10) < 8 ? (below(2) == 0 ? Record::Kind::Sent : Record::Kind::Received)
                                    : static_cast<Record::Kind>(below(13));
        if (record.kind == Record::Kind::Received || record.kind == Record::Kind::Sent) {
            record.bytes = bytes(below(3000) == 0 ? 70'000 : below(300));
        } else {
            fill(record);
        }
        return record;
    }

  private:
    unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }
    Bytes bytes(std::size_t size) {
        Bytes bytes(size);
        for (auto& byte : bytes) {
            byte = static_cast<std::uint8_t>(random_());
        }
        return bytes;
    }
    void fill(Record& record) {
        const Bytes any = bytes(below(30));
        record.text = below(2) == 0 ? std::string(any.begin(), any.end()) : "plain \"text\" \u00e9\n";
        record.bytes = below(3) == 0 ? bytes(below(30)) : Bytes();
        record.number = static_cast<std::int64_t>(random_()) - 1'000'000'000;
        if (record.kind == Record::Kind::ClockSet) {
            record.number *= 1'000'000'000;
        }
        record.hash = below(2) == 0 ? 0 : std::uint64_t{random_()} << 32U | random_();
    }

    std::mt19937 random_;
    std::int64_t at_ = 5'000'000'000;
};

// An EM24 that is read with three requests each time; over serial lines its answers come in pieces.
class Em24Line {
  public:
    explicit Em24Line(RecordedConnection connection)
        : connection_(std::move(connection)), image_(*built_in_image("em24")) {}

    const RecordedConnection& connection() const { return connection_; }

    // One reading and what is published of it, given to `use` record by record.
    template <typename Use>
    void read(Clock::time_point now, Use use) {
        image_.move(image_, std::chrono::duration<double>(now.time_since_epoch()).count());
        for (const auto& [first, words] :
             std::array<std::pair<unsigned, unsigned>, 3>{{{0, 52}, {52, 44}, {0xA000, 6}}}) {
            use(record(Record::Kind::Sent, now + jitter(0), request(first, words)));
            now += jitter(3'000'000);
            answer(reply(first, words), now, use);
            now += jitter(100'000);
        }
        Record published;
        published.kind = Record::Kind::Published;
        published.at = now;
        published.text = "BQ1234567890";
        published.hash = std::uint64_t{random_()} << 32U | random_();
        use(published);
    }

  private:
    std::chrono::nanoseconds jitter(std::int64_t least) {
        return std::chrono::microseconds(
            (least + static_cast<std::int64_t>(random_()) % (least / 2 + 200'000)) / 1000);
    }
    SlaveFraming framing() const {
        return connection_.kind == WireKind::ModbusTcp ? SlaveFraming::Tcp : SlaveFraming::Serial;
    }
    Bytes request(unsigned first, unsigned words) {
        Bytes pdu{3};
        add_word(pdu, first);
        add_word(pdu, words);
        ++transaction_;
        return framed({1, transaction_, {}}, pdu, framing());
    }
    Bytes reply(unsigned first, unsigned words) {
        Bytes pdu{3, static_cast<std::uint8_t>(2 * words)};
        for (unsigned i = 0; i < words; ++i) {
            const auto found = image_.registers.find(static_cast<std::uint16_t>(first + i));
            add_word(pdu, found == image_.registers.end() ? 0U : found->second);
        }
        return framed({1, transaction_, {}}, pdu, framing());
    }
    template <typename Use>
    void answer(const Bytes& bytes, Clock::time_point& now, Use use) {
        const std::size_t piece = framing() == SlaveFraming::Tcp ? bytes.size() : 32;
        for (std::size_t at = 0; at < bytes.size(); at += piece) {
            const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
            const auto size = static_cast<std::ptrdiff_t>(std::min(piece, bytes.size() - at));
            use(record(Record::Kind::Received, now, Bytes(begin, begin + size)));
            now += jitter(2'000'000);
        }
    }
    Record record(Record::Kind kind, Clock::time_point at, Bytes bytes) const {
        Record made;
        made.kind = kind;
        made.connection = connection_.number;
        made.at = at;
        made.bytes = std::move(bytes);
        return made;
    }

    RecordedConnection connection_;
    ModbusImage image_;
    std::uint16_t transaction_ = 0;
    std::mt19937 random_{7}; // NOLINT: the same each time
};

} // namespace gridbridge
