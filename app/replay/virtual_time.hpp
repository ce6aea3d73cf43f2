// A time that passes as fast as what happens in it is computed, for several threads of which one runs at a
// time.
#pragma once

#include "drivers/waist/clock.hpp"

#include <exception>
#include <functional>
#include <memory>
#include <semaphore>
#include <stop_token>
#include <thread>
#include <vector>

namespace gridbridge {

// Whoever sleeps on a thread of it lets the others run; when all sleep, it is the time of the first that
// wakes. Of several that wake at one time the one that was added first runs first, so that all happens in the
// same order each time. It has whole microseconds, as recordings have. Everything is called on the thread
// that made it, which is in this time too. Whoever goes to sleep takes the step and wakes the next one
// itself: threads are switched only when another one wakes, as a switch costs more than most of what happens
// in between.
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
    // the calling thread has to do, and names when it wants to be called again. While the calling thread
    // waits here, it is called on any thread of this time, one at a time; what it throws is thrown here.
    using Step = std::function<Clock::time_point(Clock::time_point now)>;
    void run(Clock::time_point until, const Step& step);

    // Ends all threads; the time stands still meanwhile.
    void stop();

    Clock::time_point now() const { return own_.now(); }

  private:
    // The time of one thread.
    class Turns final : public ThreadTime {
      public:
        explicit Turns(VirtualTime& time) : time_(time) {}
        Clock::time_point now() const override { return time_.now_; }
        bool sleep_until(Clock::time_point deadline, const std::stop_token& stop) override;

        void give_turn() { turn_.release(); }
        void await_turn() { turn_.acquire(); }
        void end();
        bool has_ended() const { return has_ended_; }
        Clock::time_point wakes_at() const { return wakes_at_; }

      private:
        VirtualTime& time_;
        std::binary_semaphore turn_{0};
        Clock::time_point wakes_at_{};
        bool has_ended_ = false;
    };
    // Of the thread that made it: nobody else can run while it does.
    class Still final : public ThreadTime {
      public:
        explicit Still(const Clock::time_point& now) : now_(now) {}
        Clock::time_point now() const override { return now_; }
        bool sleep_until(Clock::time_point /*deadline*/, const std::stop_token& stop) override {
            return !stop.stop_requested();
        }

      private:
        const Clock::time_point& now_;
    };
    struct Member {
        std::unique_ptr<Turns> turns;
        std::jthread thread; // ends before `turns`
    };

    Turns* first_to_wake();
    Turns* next_to_run();
    Turns* after_one_has_run();
    void give_turn(Turns* to);

    Clock::time_point now_;
    Still own_{now_};
    WithTime with_{own_};
    std::binary_semaphore turn_{0}; // of the thread that made it
    const Step* step_ = nullptr;    // none: it does not run()
    Clock::time_point step_at_{}, until_{};
    std::exception_ptr failure_; // of a step on another thread
    std::vector<Member> members_;
};

} // namespace gridbridge
