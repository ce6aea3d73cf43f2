#include "mqtt/limits/limit_file.hpp"

#include "drivers/io/descriptor.hpp"
#include "mqtt/files/synced_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace gridbridge {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
    throw std::runtime_error(path + ": " + std::generic_category().message(error) +
                             ": the log of limits is not written; make the folder writable and leave room");
}

// What an earlier attempt has written of it is written again, the same bytes; what else is there is the rest
// of a line whose writing was cut short.
void write_behind(const std::string& path, std::uint64_t offset, std::string_view text) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (file.get() < 0 || ::lseek(file.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
        fail(path, errno);
    }
    if (const int error = write_and_sync(file, text); error != 0) {
        fail(path, error);
    }
    if (::ftruncate(file.get(), static_cast<off_t>(offset + text.size())) != 0) {
        fail(path, errno);
    }
}

} // namespace

LimitLogCheck check_limit_log(const std::string& path,
                              const std::function<void(std::string_view line)>& each) {
    LimitLogCheck check;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error(path + ": cannot be read: " + std::generic_category().message(errno));
    }
    std::string line(longest_limit_line, '\0');
    while (check.problem.empty()) {
        file.getline(line.data(), static_cast<std::streamsize>(line.size()));
        const auto read = static_cast<std::size_t>(file.gcount());
        if (read == 0) {
            break;
        }
        const bool has_end = !file.eof() && !file.fail();
        const std::string_view text = std::string_view(line).substr(0, has_end ? read - 1 : read);
        if (file.eof()) {
            check.is_cut_off = true;
            check.problem = "it has no end: the power may have failed while it was written";
        } else {
            check.problem = has_end ? why_not_chained(text, check.head) : "it is no line of a limit log";
        }
        if (check.problem.empty()) {
            check.bytes += read;
            if (each) {
                each(text);
            }
        }
    }
    return check;
}

LimitFile::LimitFile(std::string path, FileWriter& files, const Log& log)
    : path_(std::move(path)), files_(files), log_(log) {
    if (!path_.empty() && ::access(path_.c_str(), F_OK) == 0) {
        read(log);
    }
}

void LimitFile::read(const Log& log) {
    try {
        const auto check = check_limit_log(path_, [this](std::string_view line) { note(line); });
        head_ = check.head;
        kept_ = check.bytes;
        if (!check.problem.empty() && !check.is_cut_off) {
            struct stat size {};
            kept_ = ::stat(path_.c_str(), &size) == 0 ? static_cast<std::uint64_t>(size.st_size) : kept_;
            log(LogLevel::Error, "limits",
                path_ + ": line " + std::to_string(check.head.lines + 1) + ": " + check.problem +
                    "; what follows is kept, and new lines are written behind it: look at it with gridbridge "
                    "verify");
        }
    } catch (const std::exception& error) {
        log(LogLevel::Error, "limits", error.what());
        path_.clear();
    }
}

void LimitFile::note(std::string_view line) {
    if (auto logged = logged_limit(line)) {
        if (logged->limit) {
            in_force_[logged->serial] = std::move(*logged);
        } else {
            in_force_.erase(logged->serial);
        }
    }
}

bool LimitFile::append(std::string_view object) {
    if (!keeps() || waiting_.size() > most_waiting) {
        return false;
    }
    const std::string line = chained_line(object, head_);
    waiting_ += line;
    note(line);
    write();
    return true;
}

// All that waits: of one file only the newest job counts.
void LimitFile::write() {
    const auto job = [path = path_, offset = kept_, text = waiting_] {
        write_behind(path, offset, text);
        return std::string();
    };
    files_.put(path_, job, [this, end = kept_ + waiting_.size(), head = head_](const FileResult& result) {
        if (!result.error.empty()) {
            log_(LogLevel::Error, "limits", result.error + "; trying again until it is saved");
            return;
        }
        waiting_.erase(0, static_cast<std::size_t>(end - kept_));
        kept_ = end;
        if (done_) {
            done_(head);
        }
    });
}

} // namespace gridbridge
