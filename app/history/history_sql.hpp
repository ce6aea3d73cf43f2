// The statements of the history file.
#pragma once

#include <string>

namespace gridbridge {

inline constexpr int history_version = 1;              // PRAGMA user_version
inline constexpr int history_application = 0x47424831; // PRAGMA application_id: "GBH1"
inline constexpr long long meters_per_time = 4096;     // in a key

std::string make_history_sql();   // tables and views
std::string insert_minute_sql();  // key, readings, then mean, min and max of each quantity; merges
std::string select_minutes_sql(); // first key, end key, meter: the same columns
inline constexpr const char* insert_quarter_sql =
    "INSERT INTO quarter VALUES(?1,?2,?3,?4) ON CONFLICT(key) DO UPDATE SET "
    "import_wh=coalesce(import_wh+excluded.import_wh,import_wh,excluded.import_wh),"
    "export_wh=coalesce(export_wh+excluded.export_wh,export_wh,excluded.export_wh),estimated=1";
inline constexpr const char* select_quarters_sql =
    "SELECT key,import_wh,export_wh,estimated FROM quarter WHERE key>=?1 AND key<?2 AND (key&4095)=?3 "
    "ORDER BY key";

} // namespace gridbridge
