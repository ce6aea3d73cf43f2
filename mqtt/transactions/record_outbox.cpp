#include "mqtt/transactions/record_outbox.hpp"

#include "drivers/text/text.hpp"
#include "mqtt/transactions/transaction_request.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::string_view topic_characters = " !\"$&'()*,.:;<=>?@[\\]^`{|}~"; // beside letters and digits

} // namespace

RecordOutbox::RecordOutbox(std::string portal_id, Log log, TransactionDesk& desk, RecordStore& store,
                           TransactionJournal& journal)
    : portal_id_(std::move(portal_id)), log_(std::move(log)), desk_(desk), store_(store), journal_(journal),
      self_(std::make_shared<RecordOutbox*>(this)) {}

std::string RecordOutbox::topic_of(const std::string& serial, const std::string& transaction_id) const {
    std::string level = serial; // a serial number comes from the wire
    std::replace_if(
        level.begin(), level.end(), [](char c) { return c == '/' || c == '+' || c == '#'; }, '_');
    return "gridbridge/" + portal_id_ + "/ocmf/" + level + "/" + as_name(transaction_id, topic_characters);
}

void RecordOutbox::connected(Messages& out) {
    published_.clear();
    for (const TransactionJournal::Record& record : journal_.unpublished) {
        if (auto json = store_.record(record.serial, record.transaction_id)) {
            publish(record.serial, record.transaction_id, std::move(*json), out);
        }
    }
    for (const auto& [topic, unsaved] : unacknowledged_) {
        publish(unsaved.record.serial, unsaved.record.transaction_id,
                record_json(unsaved.record).value_or(std::string()), out);
    }
}

void RecordOutbox::take(const MeterRecord& unsaved, Messages& out) {
    const TransactionRecord& record = unsaved.record;
    auto json = record.corrupted ? std::nullopt : record_json(record);
    if (store_.keeps()) {
        if (json) {
            store_.keep(record.serial, record.transaction_id, *json, when_saved(unsaved));
        } else {
            store_.keep_corrupted(record, when_saved(unsaved));
        }
    } else if (json) {
        unacknowledged_[topic_of(record.serial, record.transaction_id)] = unsaved;
        publish(record.serial, record.transaction_id, std::move(*json), out);
    } else {
        finish({unsaved, "no state directory"}, out);
    }
}

FileDone RecordOutbox::when_saved(const MeterRecord& unsaved) {
    return [unsaved, self = std::weak_ptr(self_), log = log_](const FileResult& result) {
        if (!result.error.empty()) {
            log(LogLevel::Error, "transactions",
                result.error + "; the record stays in the meter, trying again");
        } else if (const auto outbox = self.lock()) {
            (*outbox)->saved_.push_back({unsaved, result.text});
        }
    };
}

bool RecordOutbox::finish(const Saved& saved, Messages& out) {
    const TransactionRecord& record = saved.what.record;
    auto json = record.corrupted ? std::nullopt : record_json(record);
    const bool is_published = json && saved.path.empty();
    if (!json) {
        log_(LogLevel::Error, "transactions",
             "the meter " + record.serial + " has a corrupted record of " + record.transaction_id +
                 ", kept as " + saved.path);
    } else if (!saved.path.empty()) {
        log_(LogLevel::Error, "transactions",
             "the meter has another record of " + record.transaction_id + ", kept as " + saved.path);
    } else {
        journal_.unpublished.push_back({record.serial, record.transaction_id});
        publish(record.serial, record.transaction_id, std::move(*json), out);
    }
    desk_.kept(saved.what.source, {record.transaction_id});
    return is_published;
}

bool RecordOutbox::publish_saved(Messages& out) {
    bool changed = false;
    for (const Saved& saved : std::exchange(saved_, {})) {
        changed = finish(saved, out) || changed;
    }
    return changed;
}

void RecordOutbox::publish(const std::string& serial, const std::string& transaction_id, std::string json,
                           Messages& out) {
    Message message{topic_of(serial, transaction_id), std::move(json), true};
    message.qos = 1;
    published_[message.topic] = {serial, transaction_id};
    out.push_back(std::move(message));
}

bool RecordOutbox::delivered(const std::string& topic) {
    if (const auto unsaved = unacknowledged_.find(topic); unsaved != unacknowledged_.end()) {
        desk_.kept(unsaved->second.source, {unsaved->second.record.transaction_id});
        unacknowledged_.erase(unsaved);
    }
    const auto known = published_.find(topic);
    if (known == published_.end()) {
        return false;
    }
    store_.acknowledged(known->second.serial, known->second.transaction_id);
    const bool changed = std::erase(journal_.unpublished, known->second) > 0;
    published_.erase(known);
    return changed;
}

} // namespace gridbridge
