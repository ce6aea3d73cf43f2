#include "app/history/history_statement.hpp"

#include "app/history/history_sql.hpp"

#include <sqlite3.h>

#include <system_error>

namespace gridbridge {
namespace {

const char* fix_for(int result) {
    switch (result & 0xFF) {
    case SQLITE_FULL:
        return "make room on the disk, or lower minute_days and quarter_days";
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return "let the user of the service write the file and its folder";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return "another program holds the file: end it";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return "it is no history, or the disk has damaged it";
    default:
        return "look at the disk and its log";
    }
}

} // namespace

HistoryFile::Statement::Statement(HistoryFile& file, const std::string& sql) : file_(file) {
    file_.check(sqlite3_prepare_v2(file_.base_.get(), sql.c_str(), static_cast<int>(sql.size()) + 1,
                                   &statement_, nullptr));
}

HistoryFile::Statement::~Statement() {
    sqlite3_finalize(statement_);
}

void HistoryFile::Statement::bind(int place, std::int64_t value) {
    file_.check(sqlite3_bind_int64(statement_, place, value));
}

void HistoryFile::Statement::bind(int place, std::optional<std::int64_t> value) {
    file_.check(value ? sqlite3_bind_int64(statement_, place, *value) : sqlite3_bind_null(statement_, place));
}

void HistoryFile::Statement::bind(int place, std::string_view text) {
    file_.check(sqlite3_bind_text(statement_, place, text.data(), static_cast<int>(text.size()),
                                  SQLITE_TRANSIENT)); // NOLINT(performance-no-int-to-ptr)
}

bool HistoryFile::Statement::step() {
    const int result = sqlite3_step(statement_);
    file_.check(result);
    return result == SQLITE_ROW;
}

void HistoryFile::Statement::run() {
    step();
    sqlite3_reset(statement_);
}

std::optional<std::int64_t> HistoryFile::Statement::number(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL
               ? std::nullopt
               : std::optional<std::int64_t>(sqlite3_column_int64(statement_, column));
}

std::string HistoryFile::Statement::text(int column) const {
    const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr
               ? std::string()
               : std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

void HistoryFile::check(int result, const char* what) const {
    if (result == SQLITE_OK || result == SQLITE_ROW || result == SQLITE_DONE) {
        return;
    }
    const int kind = result & 0xFF;
    std::string reason = what != nullptr ? what
                         : base_         ? sqlite3_errmsg(base_.get())
                                         : sqlite3_errstr(result);
    const int system = base_ ? sqlite3_system_errno(base_.get()) : 0;
    const bool is_io = kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN || kind == SQLITE_READONLY;
    if (is_io && system != 0) {
        reason += " (" + std::generic_category().message(system) + ")";
    }
    const bool broken = kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
    throw HistoryFileError(path_ + ": " + reason + ": " + fix_for(result), broken);
}

std::int64_t history_key(std::int64_t time, std::int64_t width, std::int64_t number) {
    return time / width * meters_per_time + number;
}

} // namespace gridbridge
