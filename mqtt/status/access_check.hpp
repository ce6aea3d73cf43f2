// Finds out what the broker passes on: access rules drop messages without a word.
#pragma once

#include "mqtt/outlet/outlet.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// By topic: whether our user may publish there.
using AccessAnswers = std::map<std::string, bool>;

// A part of the topics with access rules of its own.
struct AccessBranch {
    std::string name;          // as access rules name it: "N/#"
    bool is_subscribed;        // what others publish there must arrive; else: what we publish must leave
    std::string awaited;       // comes back when the branch is open
    std::string filter;        // to hear it; empty: somebody else listens there
    bool is_sent_by_us;        // `probe` brings it; else it is published anyway
    Message probe;             // changes nothing for anybody
    std::string expected_with; // a message on this topic makes it come; empty: the connection does
};

// Of a branch whose message did not come back.
struct AccessVerdict {
    std::string problem; // for people; empty: none
    std::string remark;  // what is not known
};
// `may_publish`: what the broker says of `probe`; nothing: it does not tell. Pure.
AccessVerdict judge_access(const AccessBranch& branch, std::optional<bool> may_publish);

struct AccessCheckOptions {
    std::vector<AccessBranch> branches;
    // Which of these messages may be published: the answer comes to `answers` some time later. Empty: no way
    // to ask.
    std::function<void(std::vector<Message>)> ask;
    std::function<std::optional<AccessAnswers>()> answers;
    // All that is wrong or not known now, for people; called when it has changed.
    std::function<void(std::vector<std::string> problems, std::vector<std::string> remarks)> report;
};

// Once per connection each branch is awaited: what we publish there anyway, or else a message that nobody
// else understands. One that does not come back may be denied to be written or to be read: MQTT 5 tells.
class AccessCheck final : public Outlet, public Timed, public ClientListener, public RetainedListener {
  public:
    explicit AccessCheck(AccessCheckOptions options);

    void connected(Clock::time_point now, Messages& out) override;
    void request(const Message& message, Clock::time_point now, Messages& out) override;
    void tick(Clock::time_point now, Messages& out) override;
    Clock::time_point next_tick(Clock::time_point now) const override;
    std::vector<std::string> filters() const override;
    std::vector<std::string> retained_filters(const std::vector<RememberedMeter>& /*remembered*/) override {
        return {};
    }
    void retained(const Message& /*message*/, Clock::time_point /*now*/) override {}
    std::vector<std::string> take_left_filters() override;

  private:
    enum class State : std::uint8_t { Idle, Awaited, Asked, Known };
    struct Watched {
        AccessBranch branch;
        State state = State::Idle;
        Clock::time_point overdue_at{}; // while it is awaited
        std::string problem, remark;    // of this connection or, until it is known, the one before
    };

    void ask_overdue(Clock::time_point now);
    void report();

    AccessCheckOptions options_;
    std::vector<Watched> watched_;
    std::vector<std::string> left_filters_;
    std::vector<std::string> problems_, remarks_; // as reported
};

// Branches of a service: values, settings and keepalives of clients, own topics and discovery. `discovery`:
// a message of it that is published at each connect; an empty topic: there is none. `is_always`: heartbeats
// come without being asked for.
std::vector<AccessBranch> access_branches(const std::string& portal_id, bool is_always,
                                          const Message& discovery);

} // namespace gridbridge
