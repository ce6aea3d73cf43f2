// Secrets in what was said to Modbus meters. Pure.
#pragma once

#include "app/bundle/modbus_talk.hpp"
#include "app/bundle/patterns.hpp"

namespace gridbridge {

struct ModbusPlaces {
    SecretPlaces received, sent;
    std::vector<std::size_t> signatures; // in `received`: octets of signatures and public keys
    std::vector<std::size_t> digits;     // there too: of signatures that are text
};

// Serial numbers of Carlo Gavazzi registers and of SunSpec common models. Of a meter that signs (`signs`)
// also who charges: identification, EVSE, tariff, transaction ids, and what a record says of them.
ModbusPlaces places_in_modbus(const ModbusTalk& talk, bool signs);

struct AnonymousTalk {
    Bytes sent, received; // as long as they were
};
// Signatures and keys become zeros: a record is signed no more. Checksums of RTU fit where they did so
// before, and have the same bits wrong where they did not.
AnonymousTalk anonymous_modbus(bool is_tcp, const ModbusTalk& talk, bool signs, const Patterns& patterns);

} // namespace gridbridge
