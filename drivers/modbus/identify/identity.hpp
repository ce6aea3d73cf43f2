// Who is at the other end, and is it set up as the readings need it.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/modbus/line/unit_line.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace gridbridge {

// A meter answers, but this program cannot serve it. The text is for the user.
class Refused : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// A register map that was found out at run time.
struct OwnedModel {
    std::vector<RegisterRow> rows;
    ModelRow row; // its rows are those above
};

// Registers that tell one meter from another, as it had them.
struct KnownRegisters {
    RegisterAddress address{};
    std::vector<std::uint16_t> words; // none: it has no such registers
};

struct Identity {
    const ModelRow* model = nullptr; // never null; static, or the row of `owned`
    std::unique_ptr<const OwnedModel> owned{};
    MeterInfo info;          // without connection
    KnownRegisters code{};   // of its model
    KnownRegisters serial{}; // of itself
    std::string warning;     // for the log, may be empty
    std::uint8_t unit = 1;   // at which it answers
};

// Of a Carlo Gavazzi meter: reads code, serial number and versions. The first request has one attempt: nobody
// may be there. Three where on_lost is "exit". Throws Refused or an error of the transport; a serial number
// that cannot be read is a BadReply.
Identity identify_by_code(UnitLine& line, const MeterConfig& meter);

// Asks once more, with one request. True where nothing can be asked. Throws the errors of the
// transport; that there are no such registers any more is false.
bool is_same_meter(UnitLine& line, const KnownRegisters& known, int tries);

struct SetUpReport {
    bool locked = false;               // the front selector forbids writing; nothing was written
    bool failed = false;               // a value did not stick
    bool import_only = false;          // and the value it kept proves a PFA variant
    std::vector<std::string> messages; // for the log: what was changed, what is wrong
    // What the settings of the model hold now, as far as they were looked at; nothing: there is no such one.
    std::vector<std::optional<std::uint16_t>> values;
};

// Compares every setting that the model needs for the use with the meter. With `may_write` a wrong one is
// written (function 06) and read back, up to three times, 100 ms apart. A register that holds the value is
// never written: on some meters that resets the energy counters.
SetUpReport set_up(UnitLine& line, const ModelRow& model, PhaseUse use, bool may_write);

// Writes the phase configuration a user has asked for and reads it back. Returns a line for the log.
std::string write_phase_config(UnitLine& line, const ModelRow& model, int value);

// Whether the role of the meter needs its export; a role that is not set means grid.
bool needs_export(const MeterConfig& meter);
// What is wrong with a meter that measures import only, and why it is refused for the grid.
std::string import_only_text(std::string_view reason);
std::string export_refusal(std::string_view reason);

// Identity of a meter without a readable serial number: a hash of its URI and unit (FNV-1a, 64 bit).
std::string serial_from_uri_and_unit(const MeterConfig& meter);

} // namespace gridbridge
