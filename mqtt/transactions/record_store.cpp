#include "mqtt/transactions/record_store.hpp"

#include "mqtt/files/synced_file.hpp"
#include "mqtt/transactions/transaction_journal.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace gridbridge {
namespace {

namespace fs = std::filesystem;

constexpr const char* extension = ".json";

// Serial numbers come from the wire.
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
    if (is_uuid(transaction_id)) {
        std::transform(transaction_id.begin(), transaction_id.end(), transaction_id.begin(),
                       [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    }
    return transaction_id.empty() ? "_" : as_name(transaction_id);
}

std::string make_folder_of(const std::string& directory, const std::string& serial) {
    std::string folder = directory + "/" + file_name(serial);
    make_folder_synced(directory);
    make_folder_synced(folder);
    return folder;
}

// Returns the path of a record that was kept beside another one of its name.
std::string write_record(const std::string& base, const std::string& json) {
    const auto known = read_whole(base + extension);
    if (known == json) {
        return {};
    }
    const std::string path = known ? base + ".conflict" + extension : base + extension;
    replace_synced(path, json);
    return known ? path : std::string();
}

} // namespace

RecordStore::RecordStore(const std::string& state_directory, FileWriter& files)
    : directory_(state_directory.empty() ? std::string() : state_directory + "/ocmf"), files_(files) {
    if (!keeps()) {
        return;
    }
    journal_ = read_whole(directory_ + "/journal.json");
    read_folders();
    const auto journal = journal_ ? TransactionJournal::from_json(*journal_) : std::nullopt;
    if (!journal) {
        return;
    }
    for (const auto& [serial, transaction_id] : journal->unpublished) {
        const std::string path =
            directory_ + "/" + file_name(serial) + "/" + record_name(transaction_id) + extension;
        if (auto json = read_whole(path)) {
            at_hand_[{serial, transaction_id}] = std::move(*json);
        }
    }
}

void RecordStore::read_folders() {
    std::set<std::string> names;
    std::error_code error;
    for (fs::directory_iterator folder(directory_, error), end; !error && folder != end;
         folder.increment(error)) {
        std::error_code ignored;
        for (fs::directory_iterator file(folder->path(), ignored); !ignored && file != end;
             file.increment(ignored)) {
            if (file->path().extension() == extension) {
                names.insert(file->path().stem().string());
            }
        }
    }
    known_.with([&](std::set<std::string>& known) { known = std::move(names); });
}

bool RecordStore::has_record(const std::string& transaction_id) const {
    const std::string name = record_name(transaction_id);
    return known_.with([&](const std::set<std::string>& known) { return known.contains(name); });
}

std::optional<std::string> RecordStore::record(const std::string& serial,
                                               const std::string& transaction_id) const {
    const auto known = at_hand_.find({serial, transaction_id});
    return known == at_hand_.end() ? std::nullopt : std::optional(known->second);
}

void RecordStore::acknowledged(const std::string& serial, const std::string& transaction_id) {
    at_hand_.erase({serial, transaction_id});
}

void RecordStore::keep(const std::string& serial, const std::string& transaction_id, const std::string& json,
                       FileDone done) {
    const std::string name = record_name(transaction_id);
    const auto job = [directory = directory_, serial, name, json] {
        return write_record(make_folder_of(directory, serial) + "/" + name, json);
    };
    const auto told = [this, serial, transaction_id, name, json,
                       done = std::move(done)](const FileResult& result) {
        if (result.error.empty()) {
            known_.with([&](std::set<std::string>& known) { known.insert(name); });
            if (result.text.empty()) {
                at_hand_[{serial, transaction_id}] = json;
            }
        }
        done(result);
    };
    files_.put(directory_ + "/" + file_name(serial) + "/" + name + extension, job, told);
}

void RecordStore::keep_corrupted(const TransactionRecord& record, FileDone done) {
    const std::string name = record_name(record.transaction_id) + ".corrupted";
    const auto job = [directory = directory_, serial = record.serial, name, ocmf = record.ocmf] {
        std::string path = make_folder_of(directory, serial) + "/" + name;
        replace_synced(path, ocmf);
        return path;
    };
    files_.put(directory_ + "/" + file_name(record.serial) + "/" + name, job, std::move(done));
}

void RecordStore::save_journal(const std::string& json, FileDone done) {
    const auto job = [directory = directory_, json] {
        make_folder_synced(directory);
        replace_synced(directory + "/journal.json", json);
        return std::string();
    };
    files_.put(directory_ + "/journal.json", job, std::move(done));
}

} // namespace gridbridge
