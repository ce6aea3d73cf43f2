// A load test of the running service, asked for over its broker and told on the terminal as it goes.
#pragma once

#include "app/config/config.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/doctor/load_test_payload.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace gridbridge {

// What is new of each progress, in lines: each sentence once, then what to do when that is another. Pure.
class LoadTestView {
  public:
    std::string news(const LoadProgressTold& told);

  private:
    std::vector<std::string> sentences_;
    std::string text_;
};

// Exit code: 0 when all is right, 65 when a phase is not, 69 when no service answers or the test ended early.
int run_load_test(const Config& config, const LoadTestRequest& request, const Log& log, std::ostream& out);

} // namespace gridbridge
