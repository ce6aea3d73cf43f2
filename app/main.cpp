#include "app/run.hpp"

#include <array>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string_view>
#include <variant>

#include <poll.h>
#include <unistd.h>

namespace {

struct Verb {
    std::string_view name;
    int (*run)(const gridbridge::Options& options);
};
constexpr std::array verbs{
    Verb{"run", gridbridge::run_service},   Verb{"check-config", gridbridge::run_check_config},
    Verb{"read", gridbridge::run_read},     Verb{"decode", gridbridge::run_decode},
    Verb{"scan", gridbridge::run_scan},     Verb{"simulate", gridbridge::run_simulate},
    Verb{"verify", gridbridge::run_verify}, Verb{"health", gridbridge::run_health},
    Verb{"init", gridbridge::run_init},     Verb{"monitor", gridbridge::run_monitor}};

// The options know only verbs of this list.
int dispatch(const gridbridge::Options& options) {
    for (const Verb& verb : verbs) {
        if (verb.name == options.verb) {
            return verb.run(options);
        }
    }
    return gridbridge::exit_code::usage;
}

// A full disk must not look like success. A reader that has left (`| head`) has what it wanted.
int with_output_written(int code) {
    std::cout.flush();
    pollfd output{STDOUT_FILENO, 0, 0};
    const bool reader_left = poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
    if (std::cout || code != gridbridge::exit_code::ok || reader_left) {
        return code;
    }
    std::fputs("error: standard output: cannot be written: is the disk full?\n", stderr);
    return gridbridge::exit_code::io;
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto parsed = gridbridge::parse_options(argc, argv);
        if (const auto* const answer = std::get_if<gridbridge::Answer>(&parsed)) {
            (answer->exit_code == 0 ? std::cout : std::cerr) << answer->text;
            return with_output_written(answer->exit_code);
        }
        return with_output_written(dispatch(std::get<gridbridge::Options>(parsed)));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "gridbridge: %s\n", error.what());
        return gridbridge::exit_code::io;
    }
}
