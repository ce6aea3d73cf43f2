#include "app/verbs/verb_table.hpp"

#include <cstdio>
#include <exception>
#include <iostream>
#include <variant>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace {

// The options know only verbs of the table.
int dispatch(const gridbridge::Options& options) {
    for (const gridbridge::Verb& verb : gridbridge::verb_table) {
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

// Started with a standard descriptor closed, a socket would take its number and be sent log lines.
void open_standard_descriptors() {
    int fd = 0;
    while (fd <= STDERR_FILENO) {
        fd = open("/dev/null", O_RDWR); // the lowest free number
        if (fd < 0) {
            return;
        }
    }
    close(fd);
}

} // namespace

int main(int argc, char** argv) {
    open_standard_descriptors();
    try {
        const auto parsed = gridbridge::parse_options(argc, argv, gridbridge::verb_table);
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
