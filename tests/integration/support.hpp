// Meters and the service as child processes.
#pragma once

#include "tests/integration/process.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge::testing_support {

// A simulated meter; `uri` is what it listens on.
struct SimulatedMeter {
    SimulatedMeter(const std::string& meter, const std::string& listen, std::vector<std::string> more = {}) {
        std::vector<std::string> command{GRIDBRIDGE_PROGRAM, "simulate", meter, "--listen", listen};
        command.insert(command.end(), more.begin(), more.end());
        process = std::make_unique<Process>(std::move(command));
        const auto line = process->wait_for_line("listening on ");
        EXPECT_TRUE(line) << process->errors() << process->output();
        uri = line ? line->substr(std::string("listening on ").size()) : listen;
    }
    SimulatedMeter(const SimulatedMeter&) = delete;
    SimulatedMeter& operator=(const SimulatedMeter&) = delete;
    // In order, so that it takes the name of its pseudo terminal along: the number is given to the next one,
    // of another test, while the service still tries the name.
    ~SimulatedMeter() {
        process->signal(SIGTERM);
        const auto code = process->wait();
        EXPECT_TRUE(code == 0 || code == 128 + SIGKILL) << code.value_or(-1) << process->errors();
    }
    std::unique_ptr<Process> process;
    std::string uri;
};

// `gridbridge run` on meters and a broker, with a state directory of its own.
struct RunningService {
    RunningService(const Broker& broker, const std::vector<std::string>& meters,
                   const std::string& state_dir) {
        std::vector<std::string> command{GRIDBRIDGE_PROGRAM, "run", "--mqtt",      broker.url(),
                                         "--portal-id",      "p",   "--state-dir", state_dir};
        for (const std::string& meter : meters) {
            command.insert(command.end(), {"--meter", meter});
        }
        process = std::make_unique<Process>(std::move(command));
    }
    std::unique_ptr<Process> process;
};

} // namespace gridbridge::testing_support
