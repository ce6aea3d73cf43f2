#include "drivers/io/resolve.hpp"

#include "drivers/io/detached_thread.hpp"
#include "drivers/io/link_names.hpp"
#include "drivers/text/link_name.hpp"
#include "drivers/waist/progress.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <utility>

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

namespace gridbridge {
namespace {

std::vector<std::string> ask_system(const std::string& host, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) {
        return {};
    }
    std::vector<std::string> addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(), nullptr, 0,
                        NI_NUMERICHOST) == 0) {
            addresses.emplace_back(text.data());
        }
    }
    freeaddrinfo(found);
    return addresses;
}

// The system repeats a question after 5 s: a name server that is back would be heard that late. Asked every
// second from the start, one that takes longer for each answer would never be heard.
std::vector<std::string> ask_every_second(const std::string& host) {
    if (::res_init() == 0) { // _res is this thread's own
        _res.retrans = 1;
        _res.retry = 10;
    }
    return ask_system(host, AI_ADDRCONFIG);
}

constexpr std::chrono::milliseconds patience_with_link{2000};

// The system alone knows names of the link where a daemon for them runs beside it: in a container it does
// not.
std::vector<std::string> ask_system_then_link(const std::string& host) {
    auto found = ask_system(host, AI_ADDRCONFIG);
    return found.empty() && is_link_name(host) ? ask_link(host, patience_with_link) : found;
}

std::vector<std::string> ask_again(const std::string& host) {
    auto found = is_link_name(host) ? ask_link(host, patience_with_link) : std::vector<std::string>();
    return found.empty() ? ask_every_second(host) : found;
}

struct Answer {
    Clock::time_point began = SystemClock::now();
    int under_way = 0; // lookups
    bool asked_again = false;
    bool done = false;
    std::vector<std::string> addresses;
};

} // namespace

struct Lookups::State {
    State(LookUp look_up_with, LookUp again_with)
        : look_up(std::move(look_up_with)), again(std::move(again_with)) {}

    const LookUp look_up;
    const LookUp again;
    std::mutex mutex;
    std::condition_variable_any changed;
    std::map<std::string, std::shared_ptr<Answer>> wanted; // by host; guarded by mutex, answers too
    std::size_t running = 0;                               // guarded by mutex

    void end(const std::string& host, Answer& answer, std::vector<std::string> addresses) {
        const std::lock_guard lock(mutex);
        --running;
        --answer.under_way;
        if (!answer.done && (!addresses.empty() || answer.under_way == 0)) {
            answer.addresses = std::move(addresses);
            answer.done = true;
            wanted.erase(host);
        }
        changed.notify_all();
    }

    // With the mutex held, and room for it. False: the system has no thread left.
    static bool begin(const std::shared_ptr<State>& state, const std::string& host,
                      const std::shared_ptr<Answer>& answer, const LookUp& look_up) {
        try {
            run_detached([state, host, answer, &look_up] { state->end(host, *answer, look_up(host)); });
        } catch (const std::system_error&) {
            return false;
        }
        ++state->running;
        ++answer->under_way;
        return true;
    }

    // Leaves room for other hosts.
    static void begin_again(const std::shared_ptr<State>& state, const std::string& host,
                            const std::shared_ptr<Answer>& answer) {
        if (state->again && !answer->asked_again && state->running < max_running / 2) {
            answer->asked_again = begin(state, host, answer, state->again);
        }
    }
};

Lookups::Lookups(LookUp look_up, LookUp again)
    : state_(std::make_shared<State>(std::move(look_up), std::move(again))) {}

std::vector<std::string> Lookups::find(const std::string& host, Clock::time_point deadline,
                                       const std::stop_token& stop) const {
    State& state = *state_;
    const WaitingUntil waiting(deadline);
    std::unique_lock lock(state.mutex);
    const auto may_go_on = [&] { return state.wanted.contains(host) || state.running < max_running; };
    if (!state.changed.wait_until(lock, stop, deadline, may_go_on)) {
        return {};
    }
    if (!state.wanted.contains(host)) {
        const auto fresh = std::make_shared<Answer>();
        if (!State::begin(state_, host, fresh, state.look_up)) {
            return {};
        }
        state.wanted.emplace(host, fresh);
    }
    const std::shared_ptr<Answer> answer = state.wanted.at(host);
    const auto is_done = [&] { return answer->done; };
    const auto patient_until = std::min<Clock::time_point>(deadline, answer->began + again_after);
    if (!state.changed.wait_until(lock, stop, patient_until, is_done) && patient_until < deadline &&
        !stop.stop_requested()) {
        State::begin_again(state_, host, answer);
        state.changed.wait_until(lock, stop, deadline, is_done);
    }
    return answer->addresses;
}

std::size_t Lookups::running() const {
    const std::lock_guard lock(state_->mutex);
    return state_->running;
}

std::vector<std::string> resolve_host(const std::string& host, Clock::time_point deadline,
                                      const std::stop_token& stop) {
    static const Lookups lookups(ask_system_then_link, ask_again);
    if (auto numeric = ask_system(host, AI_NUMERICHOST); !numeric.empty()) {
        return numeric;
    }
    return lookups.find(host, deadline, stop);
}

} // namespace gridbridge
