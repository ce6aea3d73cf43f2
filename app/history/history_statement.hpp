// A statement of the history file. For the sources of HistoryFile only.
#pragma once

#include "app/history/history_file.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3_stmt;

namespace gridbridge {

// Functions throw HistoryFileError.
class HistoryFile::Statement {
  public:
    Statement(HistoryFile& file, const std::string& sql);
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;
    ~Statement();

    void bind(int place, std::int64_t value);
    void bind(int place, std::optional<std::int64_t> value);
    void bind(int place, std::string_view text);
    bool step();                                          // whether there is a row
    void run();                                           // to the end; it can be bound anew
    std::optional<std::int64_t> number(int column) const; // nothing: NULL
    std::string text(int column) const;

  private:
    HistoryFile& file_;
    sqlite3_stmt* statement_ = nullptr;
};

// The key of a row, and of the first one of a time with the number 0.
std::int64_t history_key(std::int64_t time, std::int64_t width, std::int64_t number);

} // namespace gridbridge
