// The verbs of the program: one row each, in the order of --help. Dispatch, help and completion follow from
// it.
#pragma once

#include "app/config/options.hpp"
#include "app/verbs/run.hpp"

#include <array>

namespace gridbridge {

inline constexpr std::array<Verb, 17> verb_table{{
    {"run", "[--config FILE] [--meter URI]... [--mqtt URL]", "the service (default)", run_service},
    {"check-config", "[--config FILE] [--strict]", "print the effective configuration, secrets masked",
     run_check_config},
    {"read", "[--config FILE | --meter URI | FILE...] [--json]", "one complete reading of each meter",
     run_read},
    {"decode", "p1|sml|d0|auto [FILE|-] [--strict]", "telegrams of a file as JSON, one per line", run_decode},
    {"scan", "[PORT|HOST[:PORT]|NETWORK]... [--toml]", "find meters; never on a bus in service", run_scan},
    {"init", "[--output FILE] [--force]", "list serial ports and write a commented configuration", run_init},
    {"monitor", "[--config FILE | --meter URI]... [--json]", "live table of every meter, without MQTT",
     run_monitor},
    {"verify", "FILE|- [--key HEX] [--explain] [--export FILE|-]", "check the signature of a charging record",
     run_verify},
    {"forget", "SERIAL [--config FILE]",
     "free what a meter that is gone for good held: its instance, settings", run_forget},
    {"health", "[--config FILE]", "whether the running service is well: exit code 0 or 69", run_health},
    {"doctor", "[--config FILE] [--json] [--load WATTS [--meter SERIAL]]",
     "what is wrong with broker, ports and meters, and what to do: exit code 0 or 69", run_doctor},
    {"history", "--meter SERIAL [--from TIME] [--to TIME] [--csv|--json]",
     "what the service has kept of a meter, by minute, quarter, hour or day", run_history},
    {"record", "[--config FILE | --meter URI]... [--seconds N] --output FILE",
     "every byte of each meter as a file for Wireshark, replay and reports", run_record},
    {"replay", "FILE... [--speed N|max] [--mqtt URL] [--compare]",
     "what a recording makes this version publish, or whether that is what was published", run_replay},
    {"incidents", "[ID --output FILE] [--config FILE]",
     "what went wrong lately, and the recording of the minute before it", run_incidents},
    {"bundle", "--output FILE [--minutes N] [--config FILE]",
     "one file for a bug report, in which nobody is recognised", run_bundle},
    {"simulate", "METER --listen URI",
     "a meter to play with: p1, sml, d0, em24, em540, et112, et340, em340_s27, em580, sunspec, "
     "sunspec_meter, modbus",
     run_simulate},
}};

} // namespace gridbridge
