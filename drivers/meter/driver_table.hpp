// What is known of a driver before its meter has sent a byte: one row each. Whoever needs such a fact reads
// it here. Line settings: DSMR 5.0.2 chapter 4.4 (P1), FNN Lastenheft (SML), IEC 62056-21 chapter 5.2 (D0),
// the manuals of Carlo Gavazzi. Constant, any thread.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gridbridge {

enum class DriverKind : std::uint8_t { CarloGavazzi, Em580, SunSpec, P1, Sml, D0, Combined, Standby };
// The last four: how a meter is formed of others.
enum class Transport : std::uint8_t { Rtu, Tcp, RtuOverTcp, Serial, File, Sum, Difference, Net, Auto };
enum class Parity : std::uint8_t { None, Even, Odd };

// Keys of [[meter]] that are of use together. A driver has a set of groups, a key has one.
enum class KeyGroup : std::uint16_t {
    Every = 1U << 0U,
    Line = 1U << 1U, // of a serial port; ignored on other transports
    Bus = 1U << 2U,
    Setup = 1U << 3U,
    Model = 1U << 4U,
    Transactions = 1U << 5U,
    Telegrams = 1U << 6U,
    RequestLine = 1U << 7U, // ignored without a serial port
    Checksum = 1U << 8U,
    Cipher = 1U << 9U,
    Readout = 1U << 10U,
    Chain = 1U << 11U,
    Measuring = 1U << 12U, // of a meter that measures, not one formed of others
    Members = 1U << 13U,
    Alignment = 1U << 14U,
};
constexpr KeyGroup operator|(KeyGroup a, KeyGroup b) {
    return static_cast<KeyGroup>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

struct LineSettings {
    int baud = 9600; // bit/s
    int data_bits = 8;
    Parity parity = Parity::None;
    int stop_bits = 1;
    bool operator==(const LineSettings&) const = default;
};

enum class LineEnd : std::uint8_t {
    None,
    Always,
    BehindMark
}; // what a copied telegram ends with; the mark is '!'

struct DriverRow {
    DriverKind kind;
    std::string_view name;              // in the URI
    std::string_view device_kind;       // device ids are <device_kind>_<serial number>
    std::string_view product_name = {}; // empty: the meter says it
    std::string_view manufacturer = {}; // empty: the meter may say it
    std::string_view standard = {};     // of its telegrams; empty: the telegram says it
    bool is_stream = true;              // sends telegrams; else it is polled on a bus
    bool is_formed = false;             // of the readings of other meters: it has no connection
    std::array<Transport, 3> transports{Transport::Serial, Transport::Tcp, Transport::File};
    std::uint16_t default_port = 0; // TCP; 0: must be given
    LineSettings line{};
    int asked_baud = 0; // bit/s, of a driver that asks, with mode=request
    std::chrono::milliseconds interval{250};
    std::chrono::milliseconds rtu_timeout{250};  // for an answer on a serial port
    std::chrono::milliseconds tcp_timeout{1000}; // over Modbus TCP; 1000 ms for RTU over TCP
    std::string_view default_role = "grid";
    std::string_view implied_model = {}; // the only one the driver serves
    bool has_chain = false; // one address is an inverter and a meter; the role says which is meant
    bool signs_transactions = false;
    bool is_asked = false;              // IEC 62056-21: seven-bit text and a conversation
    bool settings_are_searched = false; // on a serial port, unless they are given
    bool has_mbus = false;              // gas, water and heat meters behind it
    bool names_maker = false;           // in an object of its telegram, not in front of it
    bool sends_text = true;             // its telegrams are lines of text, not octets
    LineEnd line_end = LineEnd::None;
    std::string_view no_power_advice = "no power value";
    std::string_view lost_power_advice = {}; // when energy without decimals is left; empty: tells nothing
    KeyGroup keys;
};

namespace driver_rows {

inline constexpr std::array bus_transports{Transport::Rtu, Transport::Tcp, Transport::RtuOverTcp};
inline constexpr std::uint16_t modbus_port = 502;
inline constexpr KeyGroup bus_keys = KeyGroup::Every | KeyGroup::Measuring | KeyGroup::Line | KeyGroup::Bus;
inline constexpr KeyGroup stream_keys =
    KeyGroup::Every | KeyGroup::Measuring | KeyGroup::Line | KeyGroup::Telegrams | KeyGroup::RequestLine;

// Meters of grid operators that are locked again by a power cut.
inline constexpr std::string_view pin_lost = "it gives no power any more and no decimals of its energy: it "
                                             "has lost its PIN, as after a power cut; enter "
                                             "the PIN again, then InF on";

inline constexpr DriverRow carlo_gavazzi{.kind = DriverKind::CarloGavazzi,
                                         .name = "cg",
                                         .device_kind = "cgwacs",
                                         .manufacturer = "Carlo Gavazzi",
                                         .is_stream = false,
                                         .transports = bus_transports,
                                         .default_port = modbus_port,
                                         .keys = bus_keys | KeyGroup::Setup | KeyGroup::Model};
inline constexpr DriverRow em580{.kind = DriverKind::Em580,
                                 .name = "em580",
                                 .device_kind = "cgwacs",
                                 .manufacturer = "Carlo Gavazzi",
                                 .is_stream = false,
                                 .transports = bus_transports,
                                 .default_port = modbus_port,
                                 .implied_model = "em580",
                                 .signs_transactions = true,
                                 .keys = bus_keys | KeyGroup::Transactions};
inline constexpr DriverRow sunspec{.kind = DriverKind::SunSpec,
                                   .name = "sunspec",
                                   .device_kind = "sunspec",
                                   .is_stream = false,
                                   .transports = bus_transports,
                                   .default_port = modbus_port,
                                   .interval =
                                       std::chrono::seconds(1), // inverters have new values no more often
                                   .rtu_timeout = std::chrono::seconds(1),
                                   .tcp_timeout = std::chrono::seconds(5), // as dbus-fronius
                                   .default_role = "pvinverter",
                                   .has_chain = true,
                                   .keys = bus_keys | KeyGroup::Chain};
inline constexpr DriverRow p1{.kind = DriverKind::P1,
                              .name = "p1",
                              .device_kind = "p1",
                              .product_name = "P1 smart meter",
                              .line = {115200},
                              .settings_are_searched = true,
                              .has_mbus = true,
                              .line_end = LineEnd::Always,
                              .keys = stream_keys | KeyGroup::Checksum | KeyGroup::Cipher};
inline constexpr DriverRow sml{.kind = DriverKind::Sml,
                               .name = "sml",
                               .device_kind = "sml",
                               .product_name = "SML smart meter",
                               .standard = "SML",
                               .names_maker = true,
                               .sends_text = false,
                               .no_power_advice = "no power value: unlock it (PIN, then InF on)",
                               .lost_power_advice = pin_lost,
                               .keys = stream_keys};
inline constexpr DriverRow d0{.kind = DriverKind::D0,
                              .name = "d0",
                              .device_kind = "d0",
                              .product_name = "IEC 62056-21 meter",
                              .standard = "IEC 62056-21",
                              .line = {9600, 7, Parity::Even},
                              .asked_baud = 300,
                              .interval =
                                  std::chrono::seconds(5), // a readout with its sign-on takes about that long
                              .is_asked = true,
                              .line_end = LineEnd::BehindMark,
                              .lost_power_advice = pin_lost,
                              .keys = stream_keys | KeyGroup::Readout};
inline constexpr DriverRow combined{.kind = DriverKind::Combined,
                                    .name = "combine",
                                    .device_kind = "combine",
                                    .product_name = "Combined meter",
                                    .is_formed = true,
                                    .transports = {Transport::Sum, Transport::Difference, Transport::Net},
                                    .no_power_advice = "no power value: its members give none together",
                                    .keys = KeyGroup::Every | KeyGroup::Members | KeyGroup::Alignment};
inline constexpr DriverRow standby{.kind = DriverKind::Standby,
                                   .name = "standby",
                                   .device_kind = "standby",
                                   .product_name = "Standby meter",
                                   .is_formed = true,
                                   .transports = {Transport::Auto, Transport::Auto, Transport::Auto},
                                   .keys = KeyGroup::Every | KeyGroup::Members};

} // namespace driver_rows

inline constexpr std::array driver_table{
    driver_rows::carlo_gavazzi, driver_rows::em580, driver_rows::sunspec,  driver_rows::p1,
    driver_rows::sml,           driver_rows::d0,    driver_rows::combined, driver_rows::standby};

static_assert(
    [] {
        for (std::size_t i = 0; i < driver_table.size(); ++i) {
            if (driver_table[i].kind != static_cast<DriverKind>(i)) {
                return false;
            }
        }
        return true;
    }(),
    "rows stand in the order of DriverKind");

constexpr const DriverRow& driver_row(DriverKind driver) {
    return driver_table[static_cast<std::size_t>(driver)];
}

constexpr bool is_stream(DriverKind driver) {
    return driver_row(driver).is_stream;
}

constexpr bool is_formed(DriverKind driver) {
    return driver_row(driver).is_formed;
}

constexpr bool uses(const DriverRow& row, KeyGroup group) {
    return (static_cast<unsigned>(row.keys) & static_cast<unsigned>(group)) != 0;
}

// Keys of `model`, of Carlo Gavazzi.
inline constexpr std::array<std::string_view, 7> model_names{"em24",      "em24_ethernet", "et112", "et340",
                                                             "em340_s27", "em540",         "em580"};

} // namespace gridbridge
