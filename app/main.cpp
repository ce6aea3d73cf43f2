#include "app/run.hpp"

#include <cstdio>
#include <exception>
#include <iostream>
#include <variant>

namespace {

int dispatch(const gridbridge::Options& options) {
    if (options.verb == "check-config") {
        return gridbridge::run_check_config(options);
    }
    if (options.verb == "read") {
        return gridbridge::run_read(options);
    }
    if (options.verb == "decode") {
        return gridbridge::run_decode(options);
    }
    if (options.verb == "simulate") {
        return gridbridge::run_simulate(options);
    }
    if (options.verb == "scan") {
        return gridbridge::run_scan(options);
    }
    return gridbridge::run_service(options);
}

} // namespace

int main(int argc, char** argv) {
    try {
        const auto parsed = gridbridge::parse_options(argc, argv);
        if (const auto* const answer = std::get_if<gridbridge::Answer>(&parsed)) {
            (answer->exit_code == 0 ? std::cout : std::cerr) << answer->text;
            return answer->exit_code;
        }
        return dispatch(std::get<gridbridge::Options>(parsed));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "gridbridge: %s\n", error.what());
        return gridbridge::exit_code::io;
    }
}
