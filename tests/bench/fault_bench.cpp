// Measures what faults cost the values on the main broker, and prints. Arguments: parts of the names of
// faults, all by default; --program FILE.
#include "tests/bench/fault_world.hpp"
#include "tests/bench/faults.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

namespace gridbridge::bench {
namespace {

bool is_wanted(const Fault& fault, const std::vector<std::string>& parts) {
    return parts.empty() || std::any_of(parts.begin(), parts.end(), [&](const std::string& part) {
               return fault.name.find(part) != std::string_view::npos;
           });
}

// In a process of its own: networks and what is left of the fault end with it.
void measure_apart(const Fault& fault) {
    const pid_t child = ::fork();
    if (child != 0) {
        ::waitpid(child, nullptr, 0);
        return;
    }
    try {
        fault.measure(fault.name);
    } catch (const std::exception& error) {
        std::printf("  %-44s %s\n", std::string(fault.name).c_str(), error.what());
    }
    std::fflush(stdout);
    ::_exit(0);
}

void measure_all(std::span<const Fault> faults, const std::vector<std::string>& parts) {
    for (const Fault& fault : faults) {
        if (is_wanted(fault, parts)) {
            measure_apart(fault);
        }
    }
}

void say(const char* text) {
    std::printf("%s", text);
    std::fflush(stdout); // the children have what is not yet written too
}

} // namespace
} // namespace gridbridge::bench

int main(int count, char** arguments) {
    using namespace gridbridge::bench;
    ::signal(SIGPIPE, SIG_IGN);
    std::vector<std::string> parts;
    for (int i = 1; i < count; ++i) {
        if (std::string_view(arguments[i]) == "--program" && i + 1 < count) {
            program_path() = arguments[++i];
        } else {
            parts.emplace_back(arguments[i]);
        }
    }
    say("Meter at 10 Hz, all in seconds. Beside the main broker: worst gap there (goal: 0.4), start to first "
        "value, end after SIGTERM while the fault is there (goal: 2); 99: not in time\n"
        "                                               gap: -    fault first: -    fault   end: -    "
        "fault\n");
    measure_all(faults_beside(), parts);
    say("Main broker and process: worst gap before the fault; from its end to the first fresh value (goal: "
        "2); the age of the oldest value seen in between, how many were older than 5 s (goal: 0), and how "
        "long "
        "into the fault the last of those was sent; end after SIGTERM\n"
        "                                                    gap    fresh   oldest    stale     sent      "
        "end\n");
    measure_all(faults_within(), parts);
    return 0;
}
