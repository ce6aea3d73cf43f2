// The network of an installation in real time: one of its own, with a name server that can be mute.
#pragma once

#include "tests/bench/name_server.hpp"
#include "tests/integration/own_network.hpp"

#include <memory>
#include <string>

namespace gridbridge::mill {

// The thread that makes it is in that network from then on, and so is what it starts. Where the machine does
// not allow one, hosts have no names.
class LiveNetwork {
  public:
    LiveNetwork() {
        network_.silence_name_server();
        if (network_.usable) {
            names_ = std::make_unique<bench::NameServer>(network_.name_server());
        }
    }

    bool has_names() const { return names_ != nullptr; }
    // Of this machine.
    std::string host(const std::string& name) const {
        return has_names() ? name + ".mill.example" : std::string("127.0.0.1");
    }
    void be_mute(bool wanted) {
        if (names_) {
            names_->be_mute(wanted);
        }
    }

  private:
    testing_support::OwnNetwork network_;
    std::unique_ptr<bench::NameServer> names_;
};

} // namespace gridbridge::mill
