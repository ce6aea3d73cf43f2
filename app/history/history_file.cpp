#include "app/history/history_file.hpp"

#include "app/history/history_sql.hpp"
#include "app/history/history_statement.hpp"
#include "drivers/io/descriptor.hpp"

#include <fcntl.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <system_error>

namespace gridbridge {
namespace {

constexpr int busy_ms = 5000;       // somebody reads while we put the log into the file
constexpr int cached_kib = 256;     // of pages, while it is open
constexpr int most_log_pages = 256; // 1 MiB of <file>-wal, then it goes into the file

// An idle service keeps nothing of SQLite: no pages allocated ahead, no statistics, no lookaside.
void configure_once() {
    static std::once_flag once;
    std::call_once(once, [] {
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
        sqlite3_config(SQLITE_CONFIG_PAGECACHE, nullptr, 0, 0);
        sqlite3_config(SQLITE_CONFIG_URI, 1);
        sqlite3_initialize();
    });
}

std::string uri_of(const std::string& path, const char* parameters) {
    std::string uri = "file:";
    for (const char c : path) {
        const bool is_special = c == '%' || c == '?' || c == '#';
        uri += is_special ? (c == '%' ? "%25" : c == '?' ? "%3f" : "%23") : std::string(1, c);
    }
    return uri + parameters;
}

// When somebody is at home is nobody else's business; its log gets the same rights. Only when there is none:
// closing a file takes the locks away that another thread has on it.
void make_private(const std::string& path) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        constexpr mode_t only_ours = 0600;
        const Descriptor made(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, only_ours));
    }
}

} // namespace

void HistoryFile::Closer::operator()(sqlite3* base) const {
    sqlite3_close(base);
}

HistoryFile::HistoryFile(const std::string& path, Use use) : path_(path) {
    configure_once();
    if (use == Use::Write) {
        make_private(path);
    }
    open(false, use);
    if (use == Use::Write) {
        make_tables();
        return;
    }
    try {
        run("SELECT count(*) FROM sqlite_master");
    } catch (const HistoryFileError&) {
        // A folder that we may not write: nobody writes the file now, or its log would be there.
        std::error_code ignored;
        if (std::filesystem::exists(path + "-wal", ignored)) {
            throw;
        }
        open(true, use);
        run("SELECT count(*) FROM sqlite_master");
    }
    Statement version(*this, "PRAGMA user_version");
    if (!version.step() || version.number(0) != history_version) {
        throw HistoryFileError(path_ + ": not a history of this version", false);
    }
}

void HistoryFile::open(bool immutable, Use use) {
    const std::string uri = uri_of(path_, use == Use::Write ? "" : immutable ? "?immutable=1" : "");
    const int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                      (use == Use::Write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    sqlite3* base = nullptr;
    const int result = sqlite3_open_v2(uri.c_str(), &base, flags, nullptr);
    base_.reset(base);
    check(result);
    sqlite3_extended_result_codes(base, 1);
    sqlite3_busy_timeout(base, busy_ms);
    if (use == Use::Write) { // the log goes into the file when it is large, not with every batch
        sqlite3_db_config(base, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    }
    run(("PRAGMA cache_size=-" + std::to_string(cached_kib)).c_str());
}

void HistoryFile::make_tables() {
    run("PRAGMA journal_mode=WAL");
    run("PRAGMA synchronous=FULL");
    run("PRAGMA wal_autocheckpoint=0");
    Statement version(*this, "PRAGMA user_version");
    version.step();
    const std::int64_t found = version.number(0).value_or(0);
    if (found > history_version) {
        throw HistoryFileError(path_ + ": written by a newer gridbridge: use that one, or name another file",
                               false);
    }
    if (found == 0) {
        run(("BEGIN IMMEDIATE;" + make_history_sql() +
             "PRAGMA application_id=" + std::to_string(history_application) +
             ";PRAGMA user_version=" + std::to_string(history_version) + ";COMMIT")
                .c_str());
    }
}

void HistoryFile::run(const char* sql) {
    check(sqlite3_exec(base_.get(), sql, nullptr, nullptr, nullptr));
}

std::string HistoryFile::fault(const std::function<bool()>& stop) {
    constexpr int instructions = 20'000; // some milliseconds
    auto asked = stop;
    const auto ask = [](void* given) { return (*static_cast<std::function<bool()>*>(given))() ? 1 : 0; };
    sqlite3_progress_handler(base_.get(), instructions, ask, &asked);
    std::string verdict;
    try {
        Statement look(*this, "PRAGMA quick_check(1)");
        verdict = look.step() ? look.text(0) : "no answer";
    } catch (const HistoryFileError&) {
        if (!stop()) {
            throw;
        }
    }
    sqlite3_progress_handler(base_.get(), 0, nullptr, nullptr);
    return verdict == "ok" ? std::string() : verdict;
}

std::optional<std::int64_t> HistoryFile::find_number(std::string_view serial) {
    Statement find(*this, "SELECT id FROM meter WHERE serial=?1");
    find.bind(1, serial);
    return find.step() ? find.number(0) : std::nullopt;
}

std::int64_t HistoryFile::number_of(const std::string& serial) {
    if (const auto number = find_number(serial)) {
        return *number;
    }
    Statement make(*this,
                   "INSERT INTO meter(id,serial) SELECT coalesce(max(id)+1,0),?1 FROM meter RETURNING id");
    make.bind(1, std::string_view(serial));
    const std::int64_t number = make.step() ? make.number(0).value_or(meters_per_time) : meters_per_time;
    make.step();
    if (number >= meters_per_time) {
        throw HistoryFileError(path_ + ": it has 4096 meters already: name another file", false);
    }
    return number;
}

void HistoryFile::write(const HistoryBatch& batch) {
    run("BEGIN IMMEDIATE");
    try {
        std::vector<std::int64_t> numbers(batch.serials.size(), -1);
        const auto need = [&](std::size_t meter) {
            numbers.at(meter) =
                numbers.at(meter) < 0 ? number_of(batch.serials.at(meter)) : numbers.at(meter);
        };
        std::for_each(batch.minutes.begin(), batch.minutes.end(), [&](const auto& row) { need(row.first); });
        std::for_each(batch.quarters.begin(), batch.quarters.end(),
                      [&](const auto& row) { need(row.first); });
        std::for_each(batch.counters.begin(), batch.counters.end(),
                      [&](const auto& row) { need(row.first); });
        write_rows(batch, numbers);
        run("COMMIT");
    } catch (...) {
        sqlite3_exec(base_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
        throw;
    }
}

void HistoryFile::write_rows(const HistoryBatch& batch, const std::vector<std::int64_t>& numbers) {
    Statement minute(*this, insert_minute_sql());
    for (const auto& [meter, row] : batch.minutes) {
        minute.bind(1, history_key(row.time, minute_seconds, numbers[meter]));
        minute.bind(2, std::int64_t{row.readings});
        int place = 3;
        for (const Spread& spread : row.spreads) {
            for (const std::int32_t value : {spread.mean, spread.min, spread.max}) {
                minute.bind(place++, value == no_value ? std::nullopt : std::optional<std::int64_t>(value));
            }
        }
        minute.run();
    }
    Statement quarter(*this, insert_quarter_sql);
    const auto wide = [](std::optional<std::int32_t> wh) {
        return wh ? std::optional<std::int64_t>(*wh) : std::nullopt;
    };
    for (const auto& [meter, row] : batch.quarters) {
        quarter.bind(1, history_key(row.time, quarter_seconds, numbers[meter]));
        quarter.bind(2, wide(row.import_wh));
        quarter.bind(3, wide(row.export_wh));
        quarter.bind(4, std::int64_t{row.estimated ? 1 : 0});
        quarter.run();
    }
    Statement counter(*this, "UPDATE meter SET time=?2,import_wh=?3,export_wh=?4 WHERE id=?1");
    for (const auto& [meter, counters] : batch.counters) {
        counter.bind(1, numbers[meter]);
        counter.bind(2, counters.time);
        counter.bind(3, counters.import_wh);
        counter.bind(4, counters.export_wh);
        counter.run();
    }
}

bool HistoryFile::delete_some(const char* table, std::int64_t limit, std::int64_t step) {
    Statement oldest(*this, "SELECT min(key) FROM " + std::string(table));
    const auto first = oldest.step() ? oldest.number(0) : std::nullopt;
    if (!first || *first >= limit) {
        return false;
    }
    Statement remove(*this, "DELETE FROM " + std::string(table) + " WHERE key<?1");
    remove.bind(1, std::min(limit, *first + step));
    remove.run();
    return true;
}

void HistoryFile::expire(std::int64_t oldest_minute, std::int64_t oldest_quarter,
                         const std::function<bool()>& stop) {
    constexpr std::int64_t day = 86400;
    constexpr int most_days = 3;
    const auto all = [&](const char* table, std::int64_t oldest, std::int64_t width) {
        for (int i = 0; i < most_days && !stop(); ++i) {
            if (!delete_some(table, history_key(oldest, width, 0), history_key(day, width, 0))) {
                break;
            }
            checkpoint(false);
        }
    };
    all("minute", oldest_minute, minute_seconds);
    all("quarter", oldest_quarter, quarter_seconds);
}

void HistoryFile::checkpoint(bool always) {
    std::error_code missing;
    const auto size = std::filesystem::file_size(path_ + "-wal", missing);
    constexpr std::uintmax_t page = 4096;
    if (missing || (!always && size < most_log_pages * page)) {
        return;
    }
    const int result =
        sqlite3_wal_checkpoint_v2(base_.get(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (result != SQLITE_BUSY) { // somebody reads: next time
        check(result);
    }
    if (always) {
        sqlite3_db_config(base_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    }
}

} // namespace gridbridge
