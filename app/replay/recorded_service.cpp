#include "app/replay/recorded_service.hpp"

#include "app/recording/recording_folder.hpp"
#include "app/recording/wire_record.hpp"
#include "app/version.hpp"

#include <algorithm>
#include <optional>
#include <set>
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
    case Transport::Sum: // these have no wire
    case Transport::Difference:
    case Transport::Net:
    case Transport::Auto:
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

// What one file after the other says.
class RecordedFiles {
  public:
    void read(const std::string& path) {
        RecordingFile file(path);
        skipped_ = is_first_file_ ? std::set<std::string>() : cut_in(path);
        if (skipped_.empty()) { // the first file, or that of another run
            *this = RecordedFiles();
            take_head(file.head().text);
        }
        while (auto record = file.next()) {
            const auto known = file.connections().find(record->connection);
            take(std::move(*record), known == file.connections().end() ? nullptr : &known->second);
        }
        is_first_file_ = false;
        service_.remark = file.problem();
    }

    RecordedService finish(const std::string& path) {
        if (service_.parts.meters.empty() || service_.wires.empty()) {
            throw std::runtime_error(path + ": nothing of a meter is recorded in it");
        }
        service_.end += std::chrono::milliseconds(1); // of what came last something may follow
        return std::move(service_);
    }

  private:
    void take_head(const std::string& text) {
        const auto mark = text.find(settings_mark);
        service_.parts.meters = meters_in(text.substr(0, mark));
        if (mark != std::string::npos) {
            service_.parts.settings =
                Settings::from_json(text.substr(mark + settings_mark.size())).value_or(Settings());
        }
    }

    // A further file begins with what was recorded before.
    static std::set<std::string> cut_in(const std::string& path) {
        std::set<std::string> names;
        RecordingFile file(path);
        while (const auto record = file.next()) {
            if (const auto known = file.connections().find(record->connection);
                record->kind == Record::Kind::Cut && known != file.connections().end()) {
                names.insert(known->second.name);
            }
        }
        return names;
    }

    void take(Record record, const RecordedConnection* connection) {
        const std::string uri = connection == nullptr ? std::string() : connection->name;
        if (record.kind == Record::Kind::Cut) {
            take_cut(record, connection, uri);
            return;
        }
        if (event_kind_of(record.kind) && skipped_.contains(uri)) {
            return;
        }
        const bool is_reading = record.kind == Record::Kind::Published; // its time is that of its last byte
        if (!is_reading) {
            service_.end = std::max(service_.end, record.at);
            if (!begin_ || record.at < *begin_) {
                begin_ = record.at;
                service_.parts.begin = record.at;
            }
        }
        take_content(std::move(record), uri);
    }

    void take_cut(const Record& cut, const RecordedConnection* connection, const std::string& uri) {
        if (skipped_.erase(uri) != 0 || connection == nullptr) {
            return;
        }
        service_.cut[uri] = {cut.at, connection->kind == WireKind::ModbusTcp};
        service_.parts.begin = cut.at;
        begin_ = cut.at;
        service_.end = std::max(service_.end, cut.at);
    }

    void take_content(Record record, const std::string& uri) {
        const auto message = [&] {
            const std::string payload(record.bytes.begin(), record.bytes.end());
            return HeardMessage{record.at, {std::move(record.text), payload, record.number != 0}};
        };
        if (const auto kind = event_kind_of(record.kind)) {
            service_.wires[uri].push_back({*kind, record.at, std::move(record.bytes), std::move(record.text),
                                           static_cast<int>(record.number)});
        } else if (record.kind == Record::Kind::Message) {
            service_.heard.push_back(message());
        } else if (record.kind == Record::Kind::Said) {
            service_.said.push_back(message());
        } else if (record.kind == Record::Kind::Published) {
            service_.published.push_back({std::move(record.text), record.at, record.hash});
        }
    }

    RecordedService service_;
    std::optional<Clock::time_point> begin_;
    std::set<std::string> skipped_; // connections of which this file is still at what was before
    bool is_first_file_ = true;
};

} // namespace

RecordedHead recorded_head(const Config& config, const Settings& settings,
                           std::optional<std::int64_t> wall_minus_monotonic_ns) {
    RecordedHead head{std::string(version::number), wall_minus_monotonic_ns, config_digest(config), {}};
    for (const MeterConfig& meter : config.meters) {
        head.text += table_of(meter);
    }
    head.text += std::string(settings_mark) + settings.starting_json();
    return head;
}

RecordedConnection describe_connection(unsigned number, std::span<const MeterConfig> meters) {
    const MeterConfig& first = meters.front();
    RecordedConnection connection{number, first.uri, wire_kind_of(first), dialect_of_wire(first), {}};
    for (const MeterConfig& meter : meters) {
        connection.meters += table_of(meter);
    }
    return connection;
}

RecordedService recorded_service(std::span<const std::string> paths) {
    RecordedFiles files;
    for (const std::string& path : paths) {
        files.read(path);
    }
    return files.finish(paths.empty() ? std::string("a recording") : paths.front());
}

std::vector<std::string> recording_paths(const std::vector<std::string>& paths) {
    std::vector<std::string> all;
    for (const std::string& path : paths) {
        if (!is_folder(path)) {
            all.push_back(path);
            continue;
        }
        for (const RingFile& file : recordings_in(path)) {
            all.push_back(path + "/" + file.name);
        }
    }
    return all;
}

} // namespace gridbridge
