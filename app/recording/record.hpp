// What a recording has: what happened on the wires of meters and at the broker, and what became of it.
#pragma once

#include "drivers/text/choice.hpp"
#include "drivers/waist/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

using Bytes = std::vector<std::uint8_t>;

// What is true of the whole recording.
struct RecordedHead {
    std::string version;                                 // of the program
    std::optional<std::int64_t> wall_minus_monotonic_ns; // nothing: no wall clock yet
    std::string config_digest;
    std::string text; // whatever else is needed to run it again

    bool operator==(const RecordedHead&) const = default;
};

enum class WireKind : std::uint8_t { ModbusTcp, ModbusRtu, ModbusRtuOverTcp, StreamSerial, StreamTcp, File };
inline constexpr Names<WireKind, 6> wire_kind_names{{{"modbus_tcp", WireKind::ModbusTcp},
                                                     {"modbus_rtu", WireKind::ModbusRtu},
                                                     {"modbus_rtu_over_tcp", WireKind::ModbusRtuOverTcp},
                                                     {"stream_serial", WireKind::StreamSerial},
                                                     {"stream_tcp", WireKind::StreamTcp},
                                                     {"file", WireKind::File}}};

enum class WireDialect : std::uint8_t { Modbus, P1, Sml, D0 };
inline constexpr Names<WireDialect, 4> wire_dialect_names{{{"modbus", WireDialect::Modbus},
                                                           {"p1", WireDialect::P1},
                                                           {"sml", WireDialect::Sml},
                                                           {"d0", WireDialect::D0}}};

struct RecordedConnection {
    unsigned number = 0; // from 1 on; what records name it by
    std::string name;
    WireKind kind = WireKind::ModbusTcp;
    WireDialect dialect = WireDialect::Modbus;
    std::string meters; // TOML of its [[meter]] tables: enough to make the same drivers again

    bool operator==(const RecordedConnection&) const = default;
};

struct Record {
    enum class Kind : std::uint8_t {
        Opened,    // text: the name of what was opened
        Received,  // bytes, as they were read in one go
        Sent,      // bytes
        Speed,     // number: bit/s, from now on
        Woke,      // a wait ended later than asked
        Failed,    // text: why it could not be opened, or was lost
        Closed,    //
        Message,   // from the broker; text: topic, bytes: payload, number: 1 if it was retained
        Published, // a reading; at: when it was received, text: serial number of its meter, hash
        Note,      // text
        ClockSet,  // number: wall_minus_monotonic_ns, from now on
        Cut,       // what came before is not there, but how the connection began; number: 1 if it was open
        Said       // to the broker; text: topic, bytes: payload, number: 1 if to be retained
    };

    Kind kind = Kind::Note;
    unsigned connection = 0; // 0: none
    Clock::time_point at{};
    Bytes bytes;
    std::string text;
    std::int64_t number = 0;
    std::uint64_t hash = 0; // of this and everything published before it

    bool operator==(const Record&) const = default;
};

// Bytes and text of one record; a larger one is not recorded.
inline constexpr std::size_t max_record_size = std::size_t{256} * 1024;

} // namespace gridbridge
