// Charging transactions that a meter signs (OCMF): what clients ask, and what the meter's driver answers.
#pragma once

#include "drivers/waist/guarded.hpp"
#include "drivers/waist/reading.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gridbridge {

// 1 to 36 printable ASCII characters that may stand in a record, no blank at either end, no "<=>" (it marks
// the id in the meter's text), and not "T" and digits (the meter's own numbers, of records without an id).
bool is_transaction_id(std::string_view text);
inline constexpr std::size_t transaction_id_bytes = 36;
// One with hexadecimal digits, and dashes at the places of a UUID: the same in upper and lower case.
bool is_uuid(std::string_view text);
// For a topic level or a file name: every byte but letters, digits, '-', '_' and those of `others` as '%' and
// two hexadecimal digits. What has been different stays so.
std::string as_name(std::string_view text, std::string_view others = {});

// Whether a text may stand in a record: no control characters, no '|' (OCMF 1.2 forbids it), no '"' and '\'
// (the meter is not known to escape them).
bool is_record_text(std::string_view text);
inline constexpr std::size_t max_identification_bytes = 39; // CHAR[40] of the meter with its NUL

// Numbers of the enumerations are those of OCMF 1.2, tables 10 to 13. Texts are UTF-8 and is_record_text().
struct StartTransaction {
    std::string transaction_id; // is_transaction_id()
    std::string evse_id;        // at most 39 bytes, but for `shorten`
    bool identification_assigned = false;
    int identification_level = 0;
    std::array<int, 4> identification_flags{}; // RFID, OCPP, ISO15118, PLMN; 0: none
    int identification_type = 0;
    std::string identification_data; // as evse_id
    std::string tariff_text;         // any length; shortened to what the meter takes beside the id
    int modality = 0;                // 0 charging, 1 vehicle to grid, 2 bidirectional
    bool shorten = false;            // evse_id and identification_data are cut to what the meter takes
    bool operator==(const StartTransaction&) const = default;
};

struct StopTransaction {
    std::string transaction_id;
    bool operator==(const StopTransaction&) const = default;
};

// The record of this transaction is safe: the meter may be told that it was read.
struct RecordKept {
    std::string transaction_id;
    bool operator==(const RecordKept&) const = default;
};

using TransactionRequest = std::variant<StartTransaction, StopTransaction>;

// Error: the meter is silent, or said something unexpected, while a transaction was under way.
enum class TransactionState : std::uint8_t { Idle, Starting, Running, Stopping, Error };

enum class TransactionReason : std::uint8_t {
    None, // it went well
    NotSupported,
    Invalid,
    AlreadyRunning, // another transaction is
    AlreadyClosed,  // the transaction has its record
    UnknownTransaction,
    Corrupted,
    Timeout,
};

// One reading of a record, as the meter wrote it. Empty: the record does not tell.
struct RecordReading {
    std::string time, value, unit, obis;
    bool operator==(const RecordReading&) const = default;
};

// The answer to one Start or Stop.
struct TransactionResult {
    std::string transaction_id; // empty: the request had none that can be used
    TransactionReason reason = TransactionReason::None;
    bool tariff_shortened = false;
    std::string detail; // for people; empty: nothing to add
    bool is_stop = false;
    bool evse_id_shortened = false;
    bool identification_shortened = false;
    RecordReading begin{}, end{}; // of a Stop that has its record
    bool operator==(const TransactionResult&) const = default;
};

// Public key of the meter, upper-case hex.
struct TransactionKey {
    std::string raw; // uncompressed point, 65 or 97 bytes
    std::string der;
    bool operator==(const TransactionKey&) const = default;
};

// What the meter has signed, byte by byte. A corrupted one is kept for people and is no record.
struct TransactionRecord {
    std::string serial;         // of the meter
    std::string transaction_id; // is_transaction_id(), or "T" and the number by the meter's count where its
                                // text has none
    std::string ocmf;           // exactly as read, up to the first NUL
    TransactionKey key;
    bool corrupted = false;
    bool operator==(const TransactionRecord&) const = default;
};

// What runs in the meter now, or ends and has no record yet. Nothing: no transaction; empty: it has no id.
struct RunningTransaction {
    std::optional<std::string> transaction_id;
    bool operator==(const RunningTransaction&) const = default;
};

// The record of a transaction whose end nobody commanded. `cause`: "power_failure", "abort" or "unknown".
struct EndedByMeter {
    std::string transaction_id, cause;
    bool operator==(const EndedByMeter&) const = default;
};

// What the meter says of itself, as it says it: the vendor publishes no meaning. Nothing: it does not tell.
struct SigningStatus {
    std::optional<int> charging_status, clock_status, id_definition;
    std::optional<std::string> last_id;
    bool operator==(const SigningStatus&) const = default;
};

// Live values that the meter has signed. Upper-case hex; `data` is empty when it gives none.
struct SignedValue {
    enum class Occasion : std::uint8_t { Start, End, Request };
    Occasion occasion = Occasion::Request;
    std::string transaction_id; // empty: none runs, or its id is not known
    std::string data, signature, key;
    bool operator==(const SignedValue&) const = default;
};

using TransactionEvent = std::variant<TransactionState, TransactionResult, TransactionKey, TransactionRecord,
                                      RunningTransaction, EndedByMeter, SigningStatus, SignedValue>;

// Both ways in order, nothing replaced by something newer. All functions may be called from any thread.
class TransactionDesk {
  public:
    static constexpr std::size_t max_waiting = 16;  // requests per meter
    static constexpr std::size_t max_events = 1000; // a driver with a full desk waits with its records

    // `wake` is called after each event; `has_record` tells from any thread whether the transaction is
    // closed.
    void attach(std::function<void()> wake,
                std::function<bool(const std::string& transaction_id)> has_record);

    // Publisher. False: too many are waiting, it was not taken.
    bool ask(SourceId meter, TransactionRequest request);
    void kept(SourceId meter, RecordKept record);
    void ask_value(SourceId meter); // a SignedValue; asked again before it was read: once
    std::vector<std::pair<SourceId, TransactionEvent>> take_events();

    // Driver. A request stays until it is done: `request` shows the oldest, `done` takes it off.
    std::optional<TransactionRequest> request(SourceId meter) const;
    bool has_any(SourceId meter) const; // a request of any kind, or a record that is kept
    void done(SourceId meter);
    std::optional<RecordKept> take_kept(SourceId meter);
    bool take_value_request(SourceId meter);
    bool has_record(const std::string& transaction_id) const;
    // False: full; the caller says it again later.
    bool tell(SourceId meter, TransactionEvent event);

  private:
    struct Box { // lists: every meter has one of these, a deque takes 0.6 kB when it is empty
        std::list<TransactionRequest> requests;
        std::list<RecordKept> kept;
        bool wants_value = false;
    };

    struct State {
        std::function<void()> wake;
        std::function<bool(const std::string&)> has_record;
        std::map<SourceId, Box> boxes;
        std::deque<std::pair<SourceId, TransactionEvent>> events;
    };
    Guarded<State> state_;
};

} // namespace gridbridge
