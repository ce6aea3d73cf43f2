#include "mqtt/bridge/bridge.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/transaction_payload.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds all_are_here_after{30}; // devices behind a meter show up later than the meter

void take(TransactionTopics& topics, const TransactionEvent& event) {
    if (const auto* const state = std::get_if<TransactionState>(&event)) {
        topics.state = value_payload(name_of(*state));
    } else if (const auto* const result = std::get_if<TransactionResult>(&event)) {
        topics.result = result_payload(*result);
    } else if (const auto* const key = std::get_if<TransactionKey>(&event)) {
        topics.key = value_payload(key->raw);
        topics.key_der = value_payload(key->der);
    } else if (const auto* const ended = std::get_if<EndedByMeter>(&event)) {
        topics.ended = ended_payload(*ended);
    } else if (const auto* const value = std::get_if<SignedValue>(&event)) {
        topics.signed_value = signed_value_payload(*value);
    } else if (const auto* const status = std::get_if<SigningStatus>(&event)) {
        topics.status = *status;
    }
}

} // namespace

Bridge::Bridge(BridgeOptions options, Settings& settings, std::vector<OutletRow> outlets)
    : log_(options.log), orders_(options.orders), outlets_(std::move(outlets), options.log),
      kept_(settings, outlets_, options.orders, options.log),
      lives_({std::move(options.meters), options.vanish_after, std::move(options.on_event), options.log,
              std::move(options.demands)},
             kept_, outlets_),
      formed_(lives_, kept_, options.log), writes_(settings, kept_, lives_, options.orders, options.log),
      forgetting_(settings, kept_, lives_, outlets_, std::move(options.log)) {
    outlets_.settings_from([this](SettingListener& listener, Clock::time_point now, Messages& out) {
        kept_.tell_settings(listener, now, out);
    });
    Messages unsaid; // connected() says everything
    kept_.publish_all({}, unsaid);
}

void Bridge::connected(Clock::time_point now, Messages& out, std::size_t link) {
    outlets_.connected(link, now, out);
    if (link != 0) {
        return;
    }
    for (const RememberedMeter& meter : kept_.remembered(lives_.all())) {
        outlets_.tell<DescriptionListener>(
            out, [&](DescriptionListener& listener) { listener.remembered(meter.serial, out); });
    }
    forgetting_.withdraw_left_over(out);
}

void Bridge::request(const Message& message, Clock::time_point now, Messages& out) {
    constexpr std::size_t shown = 120; // of a payload, which may be anything
    if (log_) {
        log_(LogLevel::Debug, "mqtt",
             "received " + json_text(message.topic) + " " + json_text(message.payload.substr(0, shown)));
    }
    outlets_.tell_link<ClientListener>(
        message.link, out, [&](ClientListener& listener) { listener.request(message, now, out); });
    std::vector<WriteRequest> asked;
    outlets_.tell_link<ClientListener>(message.link, out, [&](ClientListener& listener) {
        if (auto request = listener.write_request(message)) {
            asked.push_back(std::move(*request));
        }
    });
    for (const WriteRequest& request : asked) {
        writes_.carry_out(request, now, out);
    }
    forgetting_.request(message, now, out);
}

std::vector<std::string> Bridge::filters(std::size_t link) {
    auto filters = outlets_.filters(link);
    if (link != 0) {
        return filters;
    }
    const auto remembered = kept_.remembered(lives_.all());
    outlets_.ask<RetainedListener>([&](RetainedListener& listener) {
        for (std::string& filter : listener.retained_filters(remembered)) {
            filters.push_back(std::move(filter));
        }
    });
    return filters;
}

void Bridge::retained(const Message& message, Clock::time_point now) {
    outlets_.ask<RetainedListener>([&](RetainedListener& listener) { listener.retained(message, now); });
}

std::vector<std::string> Bridge::take_left_filters() {
    std::vector<std::string> left;
    outlets_.ask<RetainedListener>([&](RetainedListener& listener) {
        for (std::string& filter : listener.take_left_filters()) {
            left.push_back(std::move(filter));
        }
    });
    return left;
}

void Bridge::tick(Clock::time_point now, Messages& out) {
    take_transactions(now, out);
    lives_.tick(now, out);
    formed_.tick(now, out); // of what the others are by now
    outlets_.tick(now, out);
}

Clock::time_point Bridge::next_tick(Clock::time_point now) {
    return std::min({lives_.next_tick(now), outlets_.next_tick(now), formed_.next_tick()});
}

void Bridge::leave(Messages& out) {
    outlets_.tell<Outlet>(out, [&](Outlet& outlet) { outlet.leave(out); });
}

void Bridge::take_transactions(Clock::time_point now, Messages& out) {
    if (orders_ == nullptr) {
        return;
    }
    for (const auto& news : orders_->transactions().take_events()) {
        Meter& meter = lives_.meter(news.first);
        take(meter.transaction, news.second);
        outlets_.tell<TransactionListener>(
            out, [&](TransactionListener& listener) { listener.transaction(meter, news.second, now, out); });
    }
}

void Bridge::forget_absent(Clock::time_point now, Messages& out) {
    const LookedAt newest{lives_.identity_changes(), kept_.announced_changes()};
    if (known_at_ != newest.identities) {
        known_at_ = newest.identities;
        all_known_since_ = lives_.all_known() ? std::optional(all_known_since_.value_or(now)) : std::nullopt;
    }
    if (looked_at_ == newest || !all_known_since_ || now - *all_known_since_ < all_are_here_after) {
        return;
    }
    looked_at_ = newest;
    for (const std::string& serial : kept_.forget_all_but(lives_.all())) {
        outlets_.tell<DescriptionListener>(
            out, [&](DescriptionListener& listener) { listener.forgotten(serial, out); });
    }
}

void Bridge::no_settings_came(Clock::time_point now, Messages& out) {
    kept_.no_settings_came();
    formed_.begin_anew();
    lives_.identify_anew(now, out);
}

void Bridge::restore(Settings settings, Clock::time_point now, Messages& out) {
    kept_.replace(std::move(settings), now, out);
    formed_.begin_anew();
    lives_.identify_anew(now, out);
}

} // namespace gridbridge
