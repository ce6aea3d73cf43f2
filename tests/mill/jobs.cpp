#include "tests/mill/jobs.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <vector>

#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gridbridge::mill {
namespace {

constexpr int failed = 70;

// From the core on where this process has begun: another mill has begun on another one.
void stay_on_one_core(unsigned first, unsigned job) {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) {
        return; // it is slower then
    }
    std::vector<unsigned> cores;
    for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
        if (CPU_ISSET(core, &allowed)) {
            cores.push_back(core);
        }
    }
    const auto begin = std::find(cores.begin(), cores.end(), first);
    const auto at = static_cast<std::size_t>(begin - cores.begin()) + job;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cores[at % cores.size()], &one);
    ::sched_setaffinity(0, sizeof(one), &one);
}

int guarded(const std::function<int(unsigned job)>& work, unsigned job) {
    try {
        return work(job);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "mill: %s\n", error.what());
        return failed;
    }
}

} // namespace

int run_jobs(unsigned count, Cores cores, const std::function<int(unsigned job)>& work,
             const std::function<void(unsigned job)>& lost) {
    const int here = ::sched_getcpu();
    const auto begin = [&](unsigned job) {
        if (cores == Cores::One) {
            stay_on_one_core(static_cast<unsigned>(std::max(here, 0)), job);
        }
        return guarded(work, job);
    };
    if (count <= 1) {
        return begin(0);
    }
    std::vector<pid_t> processes;
    for (unsigned job = 0; job < count; ++job) {
        std::fflush(nullptr); // else each says it again
        const pid_t process = ::fork();
        if (process < 0) {
            throw std::system_error(errno, std::generic_category(), "fork");
        }
        if (process == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const int result = begin(job);
            std::fflush(nullptr);
            ::_exit(result);
        }
        processes.push_back(process);
    }
    int worst = 0;
    for (unsigned job = 0; job < count; ++job) {
        int status = 0;
        const bool has_ended = ::waitpid(processes[job], &status, 0) > 0 && WIFEXITED(status);
        if (!has_ended) {
            lost(job);
        }
        worst = std::max(worst, has_ended ? WEXITSTATUS(status) : failed);
    }
    return worst;
}

} // namespace gridbridge::mill
