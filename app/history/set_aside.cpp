#include "app/history/history_writer.hpp"

#include "drivers/text/utc.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace gridbridge {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_kept = 3;

// Oldest first: their names are times.
void drop_oldest(const fs::path& path) {
    const std::string mark = path.filename().string() + ".broken-";
    std::vector<fs::path> kept;
    std::error_code error;
    for (const fs::directory_entry& entry : fs::directory_iterator(path.parent_path(), error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with(mark) && !name.ends_with("-wal")) {
            kept.push_back(entry.path());
        }
    }
    std::sort(kept.begin(), kept.end());
    for (std::size_t i = 0; i + most_kept < kept.size(); ++i) {
        fs::remove(kept[i], error);
        fs::remove(kept[i].string() + "-wal", error);
    }
}

} // namespace

std::string set_history_aside(const std::string& path, std::int64_t unix_time) {
    const std::string wanted = path + ".broken-" + utc_text(unix_time, UtcForm::Compact);
    std::string name = wanted;
    for (int i = 2; fs::exists(name); ++i) {
        name = wanted + "." + std::to_string(i);
    }
    fs::rename(path, name);
    std::error_code missing;
    fs::rename(path + "-wal", name + "-wal", missing);
    fs::remove(path + "-shm", missing);
    drop_oldest(fs::absolute(path));
    return name;
}

} // namespace gridbridge
