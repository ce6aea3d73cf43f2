// The history on disk: one SQLite file.
#pragma once

#include "mqtt/history/history_memory.hpp"
#include "mqtt/history/history_rows.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct sqlite3;

namespace gridbridge {

// (path, reason, fix). `is_broken`: what is in the file is not what was written, or no history at all.
class HistoryFileError : public std::runtime_error {
  public:
    HistoryFileError(const std::string& text, bool broken) : std::runtime_error(text), is_broken_(broken) {}
    bool is_broken() const { return is_broken_; }

  private:
    bool is_broken_;
};

// Open for as long as a batch or an answer takes: an idle service has no page of it in memory. One thread;
// all functions wait for the disk and throw HistoryFileError.
//
// A minute has the key time / 60 * 4096 + meter, a quarter time / 900 * 4096 + meter. So rows are only ever
// appended, to pages that are full then, and expire from the front: a batch touches few pages of a card.
class HistoryFile {
  public:
    enum class Use : unsigned char { Read, Write };

    // Write makes the file and its tables. Read never changes anything, also not beside a service that
    // writes.
    HistoryFile(const std::string& path, Use use);

    // Empty: every page is as it should be, or `stop` said so before all were looked at.
    std::string fault(const std::function<bool()>& stop);
    // All rows of it or none; synced.
    void write(const HistoryBatch& batch);
    // Deletes what is older, at most three days of it: a clock that is wrong for a while does not cost the
    // whole history. Called once a day. `stop` is asked in between.
    void expire(std::int64_t oldest_minute, std::int64_t oldest_quarter, const std::function<bool()>& stop);
    // Puts into the file itself what was appended to `<file>-wal`; without `always` only when that is large.
    void checkpoint(bool always);

    std::vector<std::pair<std::string, CountersAt>> counters();
    std::vector<std::string> serials();
    // Of from <= time < to, ascending.
    void minutes(std::string_view serial, std::int64_t from, std::int64_t to,
                 const std::function<void(const MinuteRow& row)>& take);
    void quarters(std::string_view serial, std::int64_t from, std::int64_t to,
                  const std::function<void(const QuarterRow& row)>& take);
    // Beginnings of the oldest and the newest minute of any meter; nothing: there is none.
    std::optional<std::pair<std::int64_t, std::int64_t>> minute_range();

  private:
    class Statement;
    struct Closer {
        void operator()(sqlite3* base) const;
    };
    void open(bool immutable, Use use);
    void make_tables();
    void run(const char* sql);
    void check(int result, const char* what = nullptr) const;
    std::int64_t number_of(const std::string& serial);
    std::optional<std::int64_t> find_number(std::string_view serial);
    void write_rows(const HistoryBatch& batch, const std::vector<std::int64_t>& numbers);
    bool delete_some(const char* table, std::int64_t limit, std::int64_t step);

    std::string path_;
    std::unique_ptr<sqlite3, Closer> base_;
};

} // namespace gridbridge
