#include "app/history/history_sql.hpp"

#include "mqtt/history/history_rows.hpp"

#include <string_view>

namespace gridbridge {
namespace {

// mean, min, max.
std::string columns_of(const HistoryQuantity& quantity, const std::string& before,
                       const std::string& behind) {
    const std::string name(quantity.name);
    return before + name + behind + before + name + "_min" + behind + before + name + "_max" + behind;
}

std::string minute_columns() {
    std::string columns = "key,readings";
    for (const HistoryQuantity& quantity : history_quantities) {
        columns += columns_of(quantity, ",", "");
    }
    return columns;
}

// For people with sqlite3: times, serial numbers, W, V and kWh.
std::string views() {
    std::string columns;
    for (const HistoryQuantity& quantity : history_quantities) {
        columns += columns_of(quantity, ",", quantity.scale == 1 ? "" : "/10.0");
    }
    std::string named; // voltage_l1/10.0 voltage_l1
    for (std::size_t at = 0, next = 0; at < columns.size(); at = next) {
        next = columns.find(',', at + 1);
        next = next == std::string::npos ? columns.size() : next;
        const std::string column = columns.substr(at, next - at);
        const std::size_t slash = column.find('/');
        named += slash == std::string::npos ? column : column + " AS " + column.substr(1, slash - 1);
    }
    return "CREATE VIEW IF NOT EXISTS minutes AS SELECT datetime((key>>12)*60,'unixepoch') AS utc,serial,"
           "readings" +
           named +
           " FROM minute JOIN meter ON meter.id=(key&4095);"
           "CREATE VIEW IF NOT EXISTS quarters AS SELECT datetime((key>>12)*900,'unixepoch') AS utc,serial,"
           "quarter.import_wh/1000.0 AS import_kwh,quarter.export_wh/1000.0 AS export_kwh,estimated"
           " FROM quarter JOIN meter ON meter.id=(key&4095);";
}

} // namespace

std::string make_history_sql() {
    std::string columns;
    for (const HistoryQuantity& quantity : history_quantities) {
        columns += columns_of(quantity, ",", " INTEGER");
    }
    return "CREATE TABLE IF NOT EXISTS meter(id INTEGER PRIMARY KEY,serial TEXT UNIQUE NOT NULL,"
           "time INTEGER,import_wh INTEGER,export_wh INTEGER);"
           "CREATE TABLE IF NOT EXISTS minute(key INTEGER PRIMARY KEY,readings INTEGER NOT NULL" +
           columns +
           ");"
           "CREATE TABLE IF NOT EXISTS quarter(key INTEGER PRIMARY KEY,import_wh INTEGER,export_wh INTEGER,"
           "estimated INTEGER NOT NULL);" +
           views();
}

std::string insert_minute_sql() {
    std::string sql = "INSERT INTO minute VALUES(?1";
    for (std::size_t i = 0; i < 1 + 3 * history_width; ++i) {
        sql += ",?" + std::to_string(i + 2);
    }
    sql += ") ON CONFLICT(key) DO UPDATE SET readings=readings+excluded.readings";
    const auto replaced = [](std::string text, const std::string& mark, std::string_view by) {
        for (std::size_t at = text.find(mark); at != std::string::npos;
             at = text.find(mark, at + by.size())) {
            text.replace(at, mark.size(), by);
        }
        return text;
    };
    for (const HistoryQuantity& quantity : history_quantities) {
        sql += replaced(",@=coalesce(CAST(round((@*1.0*readings+excluded.@*excluded.readings)/"
                        "(readings+excluded.readings)) AS INTEGER),@,excluded.@),"
                        "@_min=coalesce(min(@_min,excluded.@_min),@_min,excluded.@_min),"
                        "@_max=coalesce(max(@_max,excluded.@_max),@_max,excluded.@_max)",
                        "@", quantity.name);
    }
    return sql;
}

std::string select_minutes_sql() {
    return "SELECT " + minute_columns() +
           " FROM minute WHERE key>=?1 AND key<?2 AND (key&4095)=?3 ORDER BY key";
}

} // namespace gridbridge
