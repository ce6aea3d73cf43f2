#include "app/config/added_meters.hpp"

#include "app/config/check_meters.hpp"
#include "drivers/text/text.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

namespace gridbridge {
namespace {

constexpr const char* folder_name = "/meters.d";

std::string reason_of(int error) {
    return std::generic_category().message(error) +
           ": let the user of the service read it, or remove the file";
}

AddedFile read_added(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) {
        return {path, {}, reason_of(errno)};
    }
    if (!S_ISREG(found.st_mode)) { // a pipe would never end
        return {path, {}, "is not a file: remove it"};
    }
    if (found.st_size > static_cast<off_t>(longest_added_file)) {
        return {path, {}, "is longer than 64 kB: a meter needs a few lines"};
    }
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string text(static_cast<std::size_t>(found.st_size), '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file) {
        return {path, {}, reason_of(errno == 0 ? EIO : errno)};
    }
    return {path, std::move(text), {}};
}

} // namespace

std::string added_folder(const std::string& state_dir) {
    return state_dir.empty() ? std::string() : state_dir + folder_name;
}

std::vector<AddedFile> read_added_files(const std::string& state_dir) {
    std::vector<std::string> paths;
    std::error_code error;
    if (state_dir.empty()) {
        return {};
    }
    const std::string folder = added_folder(state_dir);
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == ".toml") {
            paths.push_back(entry->path().string());
        }
    }
    std::sort(paths.begin(), paths.end());
    std::vector<AddedFile> files;
    if (error && error != std::errc::no_such_file_or_directory) {
        files.push_back({folder, {}, reason_of(error.value())});
    }
    for (std::size_t i = 0; i < std::min(paths.size(), most_added_files); ++i) {
        files.push_back(read_added(paths[i]));
    }
    if (paths.size() > most_added_files) {
        files.push_back(
            {paths[most_added_files],
             {},
             "and what follows it is not read: at most " + std::to_string(most_added_files) + " files"});
    }
    return files;
}

Problem left_out(const MeterConfig& meter, const std::string& reason) {
    return {meter.where, "this meter is left out: " + reason};
}

std::string conflict_in(const Config& config, const MeterConfig& meter, const std::string& but) {
    for (const auto* const meters : {&config.meters, &config.disabled_meters}) {
        for (const MeterConfig& other : *meters) {
            const bool counts = but.empty() || !other.where.starts_with(but);
            const std::string conflict = counts ? conflict_of(meter, other) : std::string();
            if (!conflict.empty()) {
                return conflict + " (the other entry is at " + other.where + ", and stays in use)";
            }
        }
    }
    return {};
}

std::vector<MeterTable> added_meters(const Config& config, std::span<const AddedFile> files,
                                     Findings& findings) {
    std::vector<MeterTable> usable;
    Config so_far = config;
    for (const AddedFile& file : files) {
        if (!file.problem.empty()) {
            findings.warnings.push_back({file.path, file.problem});
            continue;
        }
        MeterTables read = read_meter_tables(file.text, file.path);
        for (Problem& problem : read.problems) {
            findings.warnings.push_back(std::move(problem));
        }
        for (MeterTable& table : read.tables) {
            std::string problem = table.findings.errors.empty() ? conflict_in(so_far, table.meter)
                                                                : table.findings.errors.front().text;
            if (problem.empty() && is_formed(table.meter.driver)) { // its members may be wrong
                problem = "a meter formed of others belongs into the main file";
            }
            if (!problem.empty()) {
                findings.warnings.push_back(left_out(table.meter, problem));
                continue;
            }
            for (Problem& warning : table.findings.warnings) {
                findings.warnings.push_back(std::move(warning));
            }
            add_meter(so_far, table.meter);
            usable.push_back(std::move(table));
        }
    }
    return usable;
}

} // namespace gridbridge
