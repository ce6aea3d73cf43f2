#include "app/replay/recorded_service.hpp"

#include "app/recording/wire_record.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::string_view settings_mark = "\n# settings\n"; // behind the meters

WireKind wire_kind_of(const MeterConfig& meter) {
    switch (meter.transport) {
    case Transport::Rtu:
        return WireKind::ModbusRtu;
    case Transport::RtuOverTcp:
        return WireKind::ModbusRtuOverTcp;
    case Transport::Serial:
        return WireKind::StreamSerial;
    case Transport::File:
        return WireKind::File;
    case Transport::Tcp:
        break;
    }
    return driver_row(meter.driver).is_stream ? WireKind::StreamTcp : WireKind::ModbusTcp;
}

WireDialect dialect_of_wire(const MeterConfig& meter) {
    switch (meter.driver) {
    case DriverKind::P1:
        return WireDialect::P1;
    case DriverKind::Sml:
        return WireDialect::Sml;
    case DriverKind::D0:
        return WireDialect::D0;
    default:
        return WireDialect::Modbus;
    }
}

// Without secrets, which would be there as "***" and are no keys then.
std::string table_of(MeterConfig meter) {
    meter.key.clear();
    meter.auth_key.clear();
    meter.key_file.clear();
    meter.auth_key_file.clear();
    meter.share.clear();
    return show_meter(meter);
}

std::vector<MeterConfig> meters_in(const std::string& toml) {
    std::vector<MeterConfig> meters;
    for (MeterTable& table : read_meter_tables(toml, "recording").tables) {
        if (!table.findings.errors.empty()) {
            throw std::runtime_error("a meter of the recording is not understood: " +
                                     table.findings.errors.front().text);
        }
        meters.push_back(std::move(table.meter));
    }
    return meters;
}

void take(Record record, const std::string& uri, RecordedService& service) {
    if (const auto kind = event_kind_of(record.kind)) {
        service.wires[uri].push_back({*kind, record.at, std::move(record.bytes), std::move(record.text),
                                      static_cast<int>(record.number)});
    } else if (record.kind == Record::Kind::Message) {
        const std::string payload(record.bytes.begin(), record.bytes.end());
        service.heard.push_back({record.at, {std::move(record.text), payload, record.number != 0}});
    } else if (record.kind == Record::Kind::Published) {
        service.published.push_back({std::move(record.text), record.at, record.hash});
    }
}

} // namespace

std::string text_to_run_again(const Config& config, const Settings& settings) {
    std::string text;
    for (const MeterConfig& meter : config.meters) {
        text += table_of(meter);
    }
    return text + std::string(settings_mark) + settings.to_json(true);
}

RecordedConnection describe_connection(unsigned number, std::span<const MeterConfig> meters) {
    const MeterConfig& first = meters.front();
    RecordedConnection connection{number, first.uri, wire_kind_of(first), dialect_of_wire(first), {}};
    for (const MeterConfig& meter : meters) {
        connection.meters += table_of(meter);
    }
    return connection;
}

RecordedService recorded_service(const std::string& path) {
    RecordingFile file(path);
    RecordedService service;
    const std::string& text = file.head().text;
    const auto mark = text.find(settings_mark);
    service.parts.meters = meters_in(text.substr(0, mark));
    if (mark != std::string::npos) {
        service.parts.settings =
            Settings::from_json(text.substr(mark + settings_mark.size())).value_or(Settings());
    }
    bool is_first = true;
    while (auto record = file.next()) {
        const bool is_reading = record->kind == Record::Kind::Published; // its time is that of its last byte
        if (!is_reading) {
            service.parts.begin = is_first ? record->at : std::min(service.parts.begin, record->at);
            service.end = is_first ? record->at : std::max(service.end, record->at);
            is_first = false;
        }
        const auto known = file.connections().find(record->connection);
        take(std::move(*record), known == file.connections().end() ? std::string() : known->second.name,
             service);
    }
    if (service.parts.meters.empty() || service.wires.empty()) {
        throw std::runtime_error(path + ": nothing of a meter is recorded in it");
    }
    service.end += std::chrono::milliseconds(1); // of what came last something may follow
    service.remark = file.problem();
    return service;
}

} // namespace gridbridge
