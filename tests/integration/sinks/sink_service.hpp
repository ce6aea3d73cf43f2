// What the tests of `[[sink]]` share: a service with a sink, and certificates for its ends.
#pragma once

#include "tests/integration/support.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <memory>
#include <string>
#include <vector>

namespace gridbridge::testing_support {

// A service with a meter and a sink.
class SinkService {
  public:
    SinkService(const Broker& broker, const std::string& sink) : meter_("em540", "tcp://127.0.0.1:0") {
        folder_.write("gridbridge.toml", "portal_id = \"p\"\nstate_dir = \"" + folder_.path("state") +
                                             "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                             "\"]\n[status]\nlisten = \"\"\n[[meter]]\nuri = \"cg+" +
                                             meter_.uri + "\"\ninterval = 100\n[[sink]]\n" + sink);
        start();
    }
    void start() {
        process_ = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder_.path("gridbridge.toml")});
    }
    void kill() { process_.reset(); } // SIGKILL
    Process& process() { return *process_; }
    Folder& folder() { return folder_; }

  private:
    Folder folder_;
    SimulatedMeter meter_;
    std::unique_ptr<Process> process_;
};

inline void must_run(const std::vector<std::string>& command) {
    const Result result = run(command);
    ASSERT_EQ(result.exit_code, 0) << result.errors;
}

// An authority, and certificates of a host and of a gateway.
inline void make_certificates(const Folder& folder) {
    const std::vector<std::string> key{"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"};
    const auto request = [&](const std::string& name, std::vector<std::string> more) {
        std::vector<std::string> command{"openssl", "req"};
        command.insert(command.end(), key.begin(), key.end());
        command.insert(command.end(), {"-subj", "/CN=" + name, "-keyout", folder.path(name + ".key")});
        command.insert(command.end(), more.begin(), more.end());
        must_run(command);
    };
    request("authority", {"-x509", "-days", "2", "-out", folder.path("authority.crt")});
    for (const std::string name : {"localhost", "gateway"}) {
        request(name, {"-out", folder.path(name + ".csr")});
        must_run({"openssl", "x509", "-req", "-days", "2", "-CAcreateserial", "-in",
                  folder.path(name + ".csr"), "-CA", folder.path("authority.crt"), "-CAkey",
                  folder.path("authority.key"), "-out", folder.path(name + ".crt")});
        ::chmod(folder.path(name + ".key").c_str(), 0644); // mosquitto runs as another user
    }
    ::chmod(folder.path().c_str(), 0755);
}

} // namespace gridbridge::testing_support
