// A time that passes as fast as what happens in it is computed, for several threads of which one runs at a
// time.
#pragma once

#include "drivers/waist/clock.hpp"

#include <functional>
#include <memory>
#include <semaphore>
#include <stop_token>
#include <thread>
#include <vector>

namespace gridbridge {

// Whoever sleeps on a thread of it lets the others run; when all sleep, it is the time of the first that
// wakes. Of several that wake at one time the one that was added first runs first, so that all happens in the
// same order each time. Everything is called on the thread that made it, which is in this time too.
class VirtualTime {
  public:
    explicit VirtualTime(Clock::time_point start);
    VirtualTime(const VirtualTime&) = delete;
    VirtualTime& operator=(const VirtualTime&) = delete;
    ~VirtualTime(); // as stop()

    // On a thread of its own, from the next run() on. `work` waits only in sleep_until() of its thread's time
    // and ends when stop is requested. It must not throw.
    void add(std::function<void(const std::stop_token& stop)> work);

    // Until it is `until`, or all have ended and `step` has nothing more to do. `step` is called at the
    // beginning and whenever a thread has run or the time has come that it named; it gets the time, does what
    // the calling thread has to do, and names when it wants to be called again.
    using Step = std::function<Clock::time_point(Clock::time_point now)>;
    void run(Clock::time_point until, const Step& step);

    // Ends all threads; the time stands still meanwhile.
    void stop();

    Clock::time_point now() const { return own_.now(); }

  private:
    struct Shared {
        Clock::time_point now{};
        std::binary_semaphore turn{0}; // of the thread that made it
    };
    // The time of one thread.
    class Turns final : public ThreadTime {
      public:
        explicit Turns(Shared& shared) : shared_(shared) {}
        Clock::time_point now() const override { return shared_.now; }
        bool sleep_until(Clock::time_point deadline, const std::stop_token& stop) override;

        void give_turn(); // and wait until it sleeps or has ended
        void await_turn() { turn_.acquire(); }
        void end();
        bool has_ended() const { return has_ended_; }
        Clock::time_point wakes_at() const { return wakes_at_; }

      private:
        Shared& shared_;
        std::binary_semaphore turn_{0};
        Clock::time_point wakes_at_{};
        bool has_ended_ = false;
    };
    // Of the thread that made it: nobody else can run while it does.
    class Still final : public ThreadTime {
      public:
        explicit Still(Shared& shared) : shared_(shared) {}
        Clock::time_point now() const override { return shared_.now; }
        bool sleep_until(Clock::time_point /*deadline*/, const std::stop_token& stop) override {
            return !stop.stop_requested();
        }

      private:
        Shared& shared_;
    };
    struct Member {
        std::unique_ptr<Turns> turns;
        std::jthread thread; // ends before `turns`
    };

    Member* first_to_wake();

    Shared shared_;
    Still own_{shared_};
    WithTime with_{own_};
    std::vector<Member> members_;
};

} // namespace gridbridge
