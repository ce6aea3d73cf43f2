#include "mqtt/record_store.hpp"

#include "mqtt/synced_file.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace gridbridge {
namespace {

namespace fs = std::filesystem;

constexpr const char* extension = ".json";

// Serial numbers come from the wire; ids are UUIDs or "T" and a number.
std::string file_name(std::string text) {
    const auto is_odd = [](char c) {
        return !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '-' &&
               c != '_';
    };
    std::replace_if(text.begin(), text.end(), is_odd, '_');
    return text.empty() ? "_" : text;
}

// UUIDs are the same in upper and lower case.
std::string record_name(std::string transaction_id) {
    std::transform(transaction_id.begin(), transaction_id.end(), transaction_id.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    return file_name(std::move(transaction_id));
}

} // namespace

RecordStore::RecordStore(const std::string& state_directory)
    : directory_(state_directory.empty() ? std::string() : state_directory + "/ocmf") {}

std::string RecordStore::folder_of(const std::string& serial) const {
    std::string folder = directory_ + "/" + file_name(serial);
    make_folder_synced(directory_);
    make_folder_synced(folder);
    return folder;
}

bool RecordStore::has_record(const std::string& transaction_id) const {
    std::error_code error;
    for (fs::directory_iterator folder(directory_, error), end; !error && folder != end;
         folder.increment(error)) {
        std::error_code ignored;
        if (fs::exists(folder->path() / (record_name(transaction_id) + extension), ignored)) {
            return true;
        }
    }
    return false;
}

std::optional<std::string> RecordStore::record(const std::string& serial,
                                               const std::string& transaction_id) const {
    return keeps() ? read_whole(folder_of(serial) + "/" + record_name(transaction_id) + extension)
                   : std::nullopt;
}

std::string RecordStore::keep(const std::string& serial, const std::string& transaction_id,
                              const std::string& json) const {
    const std::string base = folder_of(serial) + "/" + record_name(transaction_id);
    const auto known = read_whole(base + extension);
    if (known == json) {
        return {};
    }
    const std::string path = known ? base + ".conflict" + extension : base + extension;
    replace_synced(path, json);
    return known ? path : std::string();
}

std::string RecordStore::keep_corrupted(const TransactionRecord& record) const {
    std::string path = folder_of(record.serial) + "/" + record_name(record.transaction_id) + ".corrupted";
    replace_synced(path, record.ocmf);
    return path;
}

void RecordStore::save_journal(const std::string& json) const {
    if (keeps()) {
        make_folder_synced(directory_);
        replace_synced(directory_ + "/journal.json", json);
    }
}

std::optional<std::string> RecordStore::load_journal() const {
    return keeps() ? read_whole(directory_ + "/journal.json") : std::nullopt;
}

} // namespace gridbridge
