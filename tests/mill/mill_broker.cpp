#include "tests/mill/mill_broker.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s; // of a client that hears nothing

bool fits_filter(std::string_view topic, std::string_view filter) {
    while (!filter.empty()) {
        const auto level = filter.substr(0, filter.find('/'));
        if (level == "#") {
            return true;
        }
        const auto name = topic.substr(0, topic.find('/'));
        if (level != "+" && level != name) {
            return false;
        }
        const bool filter_ends = level.size() == filter.size();
        const bool topic_ends = name.size() == topic.size();
        if (filter_ends || topic_ends) {
            return filter_ends && topic_ends;
        }
        filter.remove_prefix(level.size() + 1);
        topic.remove_prefix(name.size() + 1);
    }
    return false;
}

} // namespace

class MillClient final : public MqttClient {
  public:
    explicit MillClient(MillBroker& broker) : broker_(broker) {}

    void connect(std::size_t /*server*/, const std::vector<std::string>& filters) override {
        broker_.connect(filters);
    }
    void subscribe(const std::vector<std::string>& filters) override { broker_.subscribe(filters); }
    Sent publish(const Message& message) override { return broker_.publish(message); }
    std::size_t queued() const override { return 0; }
    Backlog backlog() const override { return broker_.backlog(); }
    bool ask_echo() override { return broker_.ask_echo(); }
    void abort() override { broker_.abort(); }
    void disconnect(std::chrono::milliseconds /*limit*/) override { broker_.leave(); }

  private:
    MillBroker& broker_;
};

MillBroker::MillBroker(const Course& course, Clock::time_point begin, Seen seen)
    : course_(course), begin_(begin), now_(begin), seen_(std::move(seen)) {
    for (const PlannedTrouble& trouble : course.troubles) {
        const auto in = [](double seconds) {
            return std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
        };
        after(in(trouble.begin), Fate::Kept, [this, &trouble] { begin_trouble(trouble); });
        after(in(trouble.end), Fate::Kept, [this, &trouble] { end_trouble(trouble); });
    }
}

std::unique_ptr<MqttClient> MillBroker::make_client(ClientInbox& inbox, Message last_will) {
    client_ = &inbox;
    is_connected_ = false;
    ++connection_;
    last_will_ = std::move(last_will);
    return std::make_unique<MillClient>(*this);
}

// What goes one way keeps its order, to the last nanosecond.
void MillBroker::after(Clock::duration time, Fate fate, std::function<void()> happens) {
    auto at = now_ + time;
    if (fate != Fate::Kept) {
        auto& newest = fate == Fate::Outgoing ? newest_out_ : newest_in_;
        at = newest = std::max(at, newest);
    }
    const auto before =
        std::find_if(events_.rbegin(), events_.rend(), [&](const Event& event) { return event.at <= at; });
    events_.insert(before.base(), {at, fate, connection_, std::move(happens)});
}

void MillBroker::run_until(Clock::time_point now) {
    while (!events_.empty() && events_.front().at <= now) {
        const Event event = std::move(events_.front());
        events_.pop_front();
        now_ = std::max(now_, event.at);
        if (event.fate == Fate::Kept || event.connection == connection_) {
            event.happens();
        }
    }
    now_ = std::max(now_, now);
}

Clock::time_point MillBroker::next() const {
    return events_.empty() ? Clock::time_point::max() : events_.front().at;
}

Clock::duration MillBroker::way() const {
    Clock::duration longest = latency;
    const double now = Seconds(now_ - begin_).count();
    for (const PlannedTrouble& trouble : course_.troubles) {
        if (trouble.trouble == Trouble::Stall && trouble.begin <= now && now < trouble.end) {
            longest = std::max(
                longest, std::chrono::duration_cast<Clock::duration>(Seconds(trouble.end - now)) + latency);
        }
    }
    return longest;
}

void MillBroker::tell(ClientEvent event) const {
    if (client_ != nullptr) {
        client_->push(std::move(event));
    }
}

void MillBroker::connect(const std::vector<std::string>& filters) {
    ++connection_;
    newest_out_ = newest_in_ = {};
    if (is_down()) {
        after(latency, Fate::Incoming, [this] { tell({ClientEvent::Kind::Failed, "refused", {}}); });
    } else if (is(Trouble::Mute) || way() > patience) {
        after(patience, Fate::Incoming, [this] { tell({ClientEvent::Kind::Failed, "no answer", {}}); });
    } else {
        after(way(), Fate::Incoming, [this, filters] { accept(filters); });
    }
}

void MillBroker::accept(const std::vector<std::string>& filters) {
    if (is_down()) {
        tell({ClientEvent::Kind::Failed, "refused", {}});
        return;
    }
    is_connected_ = true;
    sent_ = acknowledged_ = 0;
    filters_ = filters;
    tell({ClientEvent::Kind::Connected, {}, {}});
    for (const auto& [topic, message] : retained_) {
        pass_on(message);
    }
}

void MillBroker::subscribe(const std::vector<std::string>& filters) {
    if (!is_connected_) {
        return;
    }
    filters_.insert(filters_.end(), filters.begin(), filters.end());
    after(way(), Fate::Incoming, [this, filters] {
        for (const auto& entry : retained_) {
            if (std::any_of(filters.begin(), filters.end(),
                            [&](const auto& filter) { return fits_filter(entry.first, filter); })) {
                tell({ClientEvent::Kind::Received, {}, entry.second});
            }
        }
    });
}

Sent MillBroker::publish(const Message& message) {
    if (!is_connected_) {
        return Sent::Later;
    }
    sent_ += message.topic.size() + message.payload.size();
    after(way(), Fate::Outgoing, [this, message] {
        acknowledged_ += message.topic.size() + message.payload.size();
        arrived(message);
        if (message.qos > 0) {
            tell({ClientEvent::Kind::Delivered, {}, message});
        }
    });
    return Sent::Taken;
}

bool MillBroker::ask_echo() {
    after(way() + latency, Fate::Incoming, [this] { tell({ClientEvent::Kind::Echo, {}, {}}); });
    return true;
}

void MillBroker::arrived(const Message& message) {
    if (is_down()) {
        return;
    }
    if (message.retain && message.payload.empty()) {
        retained_.erase(message.topic);
    } else if (message.retain) {
        retained_[message.topic] = message;
    }
    Message live = message;
    live.retain = false;
    seen_.message(live, now_);
    pass_on(std::move(live));
}

// To the program, if it wants it.
void MillBroker::pass_on(Message message) {
    const bool is_wanted =
        is_connected_ && std::any_of(filters_.begin(), filters_.end(),
                                     [&](const auto& filter) { return fits_filter(message.topic, filter); });
    if (is_wanted) {
        after(way(), Fate::Incoming, [this, message = std::move(message)] {
            tell({ClientEvent::Kind::Received, {}, message});
        });
    }
}

void MillBroker::say(const Message& message, Clock::time_point now) {
    run_until(now);
    arrived(message);
}

// Data in the kernel goes on its way although the process has ended.
void MillBroker::keep_what_is_said() {
    for (Event& event : events_) {
        if (event.fate == Fate::Outgoing && event.connection == connection_) {
            event.fate = Fate::Kept;
        }
    }
}

void MillBroker::leave() {
    if (way() > latency) { // the process does not wait for so long: what it said is lost in the network
        after(way(), Fate::Kept, [this, will = last_will_] { arrived(will); });
    } else {
        keep_what_is_said();
    }
    is_connected_ = false;
    ++connection_;
}

void MillBroker::abort() {
    if (!is_connected_) {
        return;
    }
    is_connected_ = false;
    ++connection_;
    after(way(), Fate::Kept, [this, will = last_will_] { arrived(will); });
    tell({ClientEvent::Kind::Lost, "aborted", {}});
}

void MillBroker::hang_up(Clock::time_point now) {
    run_until(now);
    const bool was_connected = std::exchange(is_connected_, false);
    client_ = nullptr;
    if (way() == latency) { // else it is lost in the network
        keep_what_is_said();
    }
    ++connection_;
    if (was_connected) {
        after(way(), Fate::Kept, [this, will = last_will_] { arrived(will); });
    }
}

void MillBroker::lose(bool with_will) {
    ++connection_; // whoever connects just now fails too
    if (!std::exchange(is_connected_, false)) {
        tell({ClientEvent::Kind::Failed, "lost", {}});
        return;
    }
    if (with_will) {
        arrived(last_will_);
    }
    tell({ClientEvent::Kind::Lost, "lost", {}});
}

void MillBroker::begin_trouble(const PlannedTrouble& trouble) {
    switch (trouble.trouble) {
    case Trouble::Cut:
    case Trouble::Mute:
        lose(true);
        break;
    case Trouble::DownBare:
        retained_.clear();
        [[fallthrough]];
    case Trouble::Down:
        lose(false);
        seen_.is_gone(now_);
        break;
    default:
        break;
    }
}

void MillBroker::end_trouble(const PlannedTrouble& trouble) {
    const bool was_down = trouble.trouble == Trouble::Down || trouble.trouble == Trouble::DownBare;
    if (was_down && !is_down()) {
        for (const auto& [topic, message] : retained_) {
            seen_.message(message, now_);
        }
    }
}

} // namespace gridbridge::mill
