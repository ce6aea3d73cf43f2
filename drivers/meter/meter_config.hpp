// One configured meter: what a meter URI and a [[meter]] table say. Plain data; parsing is pure.
#pragma once

#include "drivers/meter/driver_table.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

enum class OnLost : std::uint8_t { Retry, Exit };
enum class Direction : std::uint8_t { Auto, Signed, Status };
enum class ReadoutMode : std::uint8_t { Auto, Push, Request }; // IEC 62056-21: who begins

inline constexpr std::size_t most_members = 16;     // of a meter formed of others
inline constexpr std::size_t most_obis_topics = 64; // of one meter, also with obis = "all"

struct MeterConfig {
    std::string
        uri; // as the user wrote it, without the query; for messages and for meters without a serial number
    std::string where;   // its table, "file:line", or "--meter"; for messages
    bool enabled = true; // false: as if it were not there
    DriverKind driver = DriverKind::CarloGavazzi;
    Transport transport = Transport::Rtu;
    std::string path; // serial port or file
    std::string host; // Tcp, RtuOverTcp
    std::uint16_t port = 0;
    std::string serial;                    // of a meter formed of others: the name in its URI
    std::vector<std::string> members;      // which these are: configured names or serial numbers, in order
    std::chrono::milliseconds align{1000}; // that the times of readings formed into one may differ, 50..10000

    std::optional<int> unit;         // 1..247
    std::optional<int> chain_number; // which device of its kind in a SunSpec chain, 1..8
    std::optional<int> baud;         // bit/s
    std::optional<Parity> parity;
    std::optional<int> data_bits;                     // 7, 8
    std::optional<int> stop_bits;                     // 1, 2
    std::optional<std::chrono::milliseconds> timeout; // 150..10000 ms
    // Of a read that failed, within one cycle, 0..100; none: until it is answered or the meter is lost.
    std::optional<int> retries;
    // Before each of them, 10..10000 ms; none: none before the first of a lost answer, then 50 ms that grow
    // to 1 s.
    std::optional<std::chrono::milliseconds> retry_pause;
    bool tolerant = false; // Modbus TCP: transaction ids of answers say nothing
    std::chrono::milliseconds interval{
        250}; // 0: as fast as the bus allows; a URI sets the default of its driver
    bool setup = true;
    std::string model;
    std::string name;
    std::string role; // empty: by driver
    std::optional<int> position;
    std::optional<int> instance;
    std::optional<std::chrono::milliseconds> stale_after;
    OnLost on_lost = OnLost::Retry;
    std::optional<bool> multiphase; // false: only one phase of a three-phase meter is used
    std::vector<int> phases;        // phases=L2,L3,L1 is {2,3,1}; empty: as wired
    std::vector<int> invert;        // phases whose sign is turned
    double ct_ratio = 1;            // of current transformers, primary by secondary, 0.001..100000
    double vt_ratio = 1;            // of voltage transformers
    bool netting = false;           // energy netted over the phases is formed
    std::optional<int> fuse;        // of the mains connection, A per phase, 1..1000
    Direction direction = Direction::Auto;
    bool request = true;
    bool accept_without_crc = false;
    ReadoutMode mode = ReadoutMode::Auto;
    std::string address; // of the device in a request, at most 32 characters; empty: any
    bool wakeup = false;
    std::string key, auth_key;           // hex; never logged
    std::string key_file, auth_key_file; // paths
    std::string share;                   // host:port of a TCP copy; empty: off
    bool share_raw = false;
    bool raw = false;              // its telegrams are published
    std::vector<std::string> obis; // codes of the objects that are published, as to_text() has them
    bool obis_all = false;         // every object, whatever `obis` says
    std::chrono::seconds transaction_timeout{30}; // until a Start or Stop is answered "timeout"
    int transaction_retries = 3;                  // attempts per request
    std::chrono::milliseconds transaction_retry_delay{500};
    std::chrono::seconds ready_timeout{10}; // from the end of a transaction until its record is there
    std::optional<int> utc_offset;          // of the meter's local time, minutes; none: as this machine

    bool operator==(const MeterConfig&) const = default;
};

std::string_view configured_role(const MeterConfig& meter); // or that of its driver
// Which device of a SunSpec chain is meant: the inverter, or the meter.
bool means_inverter(const MeterConfig& meter);
// Of a meter on a bus: when its values become unknown, as long as no client gives it another role.
std::chrono::milliseconds bus_stale_after(const MeterConfig& meter);
std::string_view name_of(Transport transport);
bool has_serial_port(const MeterConfig& meter);

bool publishes_objects(const MeterConfig& meter);   // some or all of its telegrams
bool publishes_telegrams(const MeterConfig& meter); // as a whole, or their objects

// Of its serial port: what is given, else the default of the driver.
LineSettings line_settings(const MeterConfig& meter);
char parity_letter(Parity parity);             // N, E, O
std::string to_text(const LineSettings& line); // "9600 8N1"

// Names the [[meter]] entry: where the meter is, and which of several there. No secrets.
std::string place_of(const MeterConfig& meter);

// Meters with the same key share a connection.
std::string connection_key(const MeterConfig& meter);

// Key of a [[meter]] table and of a URI query. `apply` returns an error text, empty when the value was taken.
struct MeterKey {
    std::string_view name;
    KeyGroup group;
    std::string (*apply)(MeterConfig& meter, std::string_view text);
    // The value as it would be written, nothing when it is not set; secrets come back as "***".
    std::optional<std::string> (*show)(const MeterConfig& meter);
    bool is_secret = false; // its value is never repeated in a message
    bool is_asking = false; // part of a request, which a file cannot be sent
};
std::span<const MeterKey> meter_keys();
const MeterKey* find_meter_key(std::string_view name);

// Parses `<driver>+<transport>://<where>?<key>=<value>&...` into `meter`. Returns all problems found, in
// reading order; empty when the URI is good.
std::vector<std::string> parse_meter_uri(std::string_view uri, MeterConfig& meter);

// What is wrong with the value of a key, for people.
std::string problem_with(const MeterKey& key, std::string_view value, std::string_view problem);

// Problems that need more than one key to see. Keys the driver does not use are none of them.
std::vector<std::string> check_meter(const MeterConfig& meter);

// That a key which was written has no effect on this meter, and on which it has; empty when it is used, or
// ignored by contract (settings of a serial port on other transports).
std::string unused_text(const MeterKey& key, const MeterConfig& meter);
// The same for every key in the query of a good URI.
std::vector<std::string> unused_in_query(std::string_view uri, const MeterConfig& meter);

// Takes back what would act although the driver does not use it: a share, keys of encrypted telegrams,
// transformers.
void forget_unused(MeterConfig& meter);

} // namespace gridbridge
