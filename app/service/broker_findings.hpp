// What outlets have found out about the broker, for health; each is said once in the log.
#pragma once

#include "drivers/waist/log.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// Publisher thread only.
class BrokerFindings {
  public:
    explicit BrokerFindings(Log log) : log_(std::move(log)) {}

    // All that access rules deny now, and what is not known of them.
    void access(std::vector<std::string> problems, std::vector<std::string> remarks);
    // Another service under our portal id; empty: there is none.
    void other_service(std::string problem);

    std::vector<std::string> problems() const;
    const std::vector<std::string>& denied() const { return denied_; }
    const std::string& other_service() const { return other_service_; }
    const std::vector<std::string>& remarks() const { return remarks_; }

  private:
    Log log_;
    std::vector<std::string> denied_, remarks_;
    std::string other_service_;
};

} // namespace gridbridge
