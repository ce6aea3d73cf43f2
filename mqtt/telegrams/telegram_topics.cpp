#include "mqtt/telegrams/telegram_topics.hpp"

#include "drivers/text/number.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

namespace gridbridge {
namespace {

std::string text_or_null(const std::string& text) {
    return text.empty() ? "null" : json_text(text);
}

// The first object of that code; null: not in the telegram.
const ObisValue* find(const SharedTelegram& telegram, const std::string& code) {
    if (!telegram) {
        return nullptr;
    }
    const auto found = std::find_if(telegram->values.begin(), telegram->values.end(),
                                    [&](const ObisValue& value) { return value.code == code; });
    return found == telegram->values.end() ? nullptr : &*found;
}

std::string payload_of(const ObisValue* object, const std::string& unit) {
    const std::string value = object == nullptr ? "null"
                              : object->number  ? number_text(*object->number)
                                                : json_text(object->value);
    return R"({"value":)" + value + R"(,"unit":)" + text_or_null(unit) + R"(,"time":)" +
           text_or_null(object == nullptr ? std::string() : object->time) + "}";
}

} // namespace

TelegramTopics::TelegramTopics(std::string portal_id, Log log)
    : portal_id_(std::move(portal_id)), log_(std::move(log)) {}

// Whoever listens has missed what happened meanwhile; telegrams of the past are no news.
void TelegramTopics::connected(Clock::time_point /*now*/, Messages& out) {
    for (const auto& [source, shown] : shown_) {
        publish_objects(shown, out);
    }
}

void TelegramTopics::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    if (meter.faded) { // what it sent is too old
        lost(meter, now, out);
        return;
    }
    if (!meter.telegram || !publishes_telegrams(meter.config)) {
        return;
    }
    Shown& shown = shown_[meter.source];
    const std::string topic = meter_topic(portal_id_, meter.info.serial);
    if (shown.topic != topic) {
        end(shown, out);
        shown = {topic, {}, {}, {}};
    }
    const bool is_news = shown.said.lock() != meter.telegram; // else it got another name or role
    if (meter.config.raw && is_news) {
        out.push_back({topic + "/raw", meter.telegram->text});
    }
    shown.said = meter.telegram;
    if (std::exchange(shown.telegram, meter.telegram) != meter.telegram) {
        take_codes(meter, shown);
        publish_objects(shown, out);
    }
}

void TelegramTopics::take_codes(const Meter& meter, Shown& shown) const {
    for (const std::string& code : meter.config.obis) {
        shown.units.try_emplace(code);
    }
    std::set<std::string> left_out;
    for (const ObisValue& object : meter.telegram->values) {
        const bool is_new = meter.config.obis_all && !shown.units.contains(object.code);
        if (is_new && shown.units.size() >= most_obis_topics) {
            left_out.insert(object.code);
        } else if (is_new) {
            shown.units.emplace(object.code, object.unit);
        }
    }
    for (auto& [code, unit] : shown.units) {
        if (const ObisValue* const object = find(meter.telegram, code)) {
            unit = object->unit;
        }
    }
    if (!left_out.empty() && !std::exchange(shown.said_too_many, true) && log_) {
        log_(LogLevel::Warn, meter.info.product_name + " " + meter.info.serial,
             "sends " + std::to_string(left_out.size()) + " OBIS codes more than the " +
                 std::to_string(most_obis_topics) + " that obis = \"all\" publishes, the first of them " +
                 *left_out.begin() + ": name the ones that are wanted in obis");
    }
}

void TelegramTopics::publish_objects(const Shown& shown, Messages& out) {
    for (const auto& [code, unit] : shown.units) {
        out.push_back(
            {shown.topic + "/obis/" + topic_level(code), payload_of(find(shown.telegram, code), unit)});
    }
}

void TelegramTopics::end(Shown& shown, Messages& out) {
    if (shown.telegram) {
        shown.telegram.reset();
        publish_objects(shown, out);
    }
}

void TelegramTopics::lost(const Meter& meter, Clock::time_point /*now*/, Messages& out) {
    if (const auto known = shown_.find(meter.source); known != shown_.end()) {
        end(known->second, out);
    }
}

void TelegramTopics::gone(const Meter& meter, Messages& out) {
    if (const auto known = shown_.find(meter.source); known != shown_.end()) {
        end(known->second, out);
        known->second.units.clear();
    }
}

void TelegramTopics::leave(Messages& out) {
    for (auto& [source, shown] : shown_) {
        end(shown, out);
    }
}

} // namespace gridbridge
