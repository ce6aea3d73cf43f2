// A broker in simulated time, with the faults of a course: the far end of the program's client.
#pragma once

#include "drivers/waist/clock.hpp"
#include "mqtt/connection/client.hpp"
#include "tests/mill/course.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge::mill {

// One thread. Messages take `latency` to it and from it.
class MillBroker {
  public:
    static constexpr std::chrono::milliseconds latency{2};

    // What a subscriber to everything sees.
    struct Seen {
        std::function<void(const Message& message, Clock::time_point now)> message;
        std::function<void(Clock::time_point now)> is_gone; // it has lost its own connection
    };

    MillBroker(const Course& course, Clock::time_point begin, Seen seen);

    // Of a program that begins; replaces the one before. `inbox` outlives it or hang_up().
    std::unique_ptr<MqttClient> make_client(ClientInbox& inbox, Message last_will);
    // Its machine has closed the connection without a word: it was killed.
    void hang_up(Clock::time_point now);
    // Another client says something.
    void say(const Message& message, Clock::time_point now);

    const std::map<std::string, Message>& retained() const { return retained_; }

    // Everything that happens until `now`.
    void run_until(Clock::time_point now);
    Clock::time_point next() const; // when something happens; max: nothing does

  private:
    friend class MillClient;
    // Of what the connection carries, which is lost with it; Kept is not: who is killed or leaves has said
    // it.
    enum class Fate : std::uint8_t { Outgoing, Incoming, Kept };
    struct Event {
        Clock::time_point at;
        Fate fate;
        std::uint64_t connection;
        std::function<void()> happens;
    };

    void connect(const std::vector<std::string>& filters);
    void subscribe(const std::vector<std::string>& filters);
    Sent publish(const Message& message);
    bool ask_echo();
    Backlog backlog() const { return {sent_, acknowledged_, 0}; }
    void leave();
    void abort();

    void after(Clock::duration time, Fate fate, std::function<void()> happens);
    Clock::duration way() const; // how long something takes now
    void accept(const std::vector<std::string>& filters);
    void arrived(const Message& message);
    void pass_on(Message message);
    void tell(ClientEvent event) const;
    void keep_what_is_said();
    void lose(bool with_will);
    void begin_trouble(const PlannedTrouble& trouble);
    void end_trouble(const PlannedTrouble& trouble);
    bool is(Trouble trouble) const { return is_in(course_, trouble, Seconds(now_ - begin_).count()); }
    bool is_down() const { return is(Trouble::Down) || is(Trouble::DownBare); }

    const Course& course_;
    Clock::time_point begin_, now_;
    Clock::time_point newest_out_{}, newest_in_{}; // arrivals of this connection
    Seen seen_;
    std::map<std::string, Message> retained_;
    std::deque<Event> events_;      // by time, in order
    ClientInbox* client_ = nullptr; // the program's
    bool is_connected_ = false;
    Message last_will_;
    std::vector<std::string> filters_;
    std::uint64_t connection_ = 0;              // counts
    std::uint64_t sent_ = 0, acknowledged_ = 0; // bytes
};

} // namespace gridbridge::mill
