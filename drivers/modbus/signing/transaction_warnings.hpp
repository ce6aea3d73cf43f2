// What people should know of the transactions of one meter: lines for the log until they are taken.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

class TransactionWarnings {
  public:
    void add(std::string text) { texts_.push_back(std::move(text)); }
    // Once until it went well or failed otherwise.
    void add_failure(const std::string& reason) {
        if (last_failure_ != reason) {
            last_failure_ = reason;
            add("transactions: " + reason + "; starting over in 10 s");
        }
    }
    void went_well() { last_failure_.clear(); }
    std::vector<std::string> take() { return std::exchange(texts_, {}); }

  private:
    std::vector<std::string> texts_; // taken after every few requests
    std::string last_failure_;
};

} // namespace gridbridge
