// Certificates of a test's own, made by the openssl program.
#pragma once

#include "tests/integration/process.hpp"

#include <stdexcept>
#include <string>
#include <vector>

namespace gridbridge::testing_support {

// Runs to the end, which must be a good one.
inline void must_run(std::vector<std::string> command) {
    const std::string name = command.front();
    const Result result = run(std::move(command));
    if (result.exit_code != 0) {
        throw std::runtime_error(name + ": " + result.errors);
    }
}

// A certificate authority: NAME.crt and NAME.key.
inline void make_authority(const Folder& folder, const std::string& name) {
    must_run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
              "-nodes", "-days", "2", "-subj", "/CN=" + name, "-keyout", folder.path(name + ".key"), "-out",
              folder.path(name + ".crt")});
}

// Signed by it, of a host on the loopback interface; whoever a mosquitto runs as can read it.
inline void make_certificate(const Folder& folder, const std::string& authority, const std::string& host) {
    folder.write(host + ".ext", "subjectAltName=DNS:" + host + ",IP:127.0.0.1\n");
    must_run({"openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
              "-subj", "/CN=" + host, "-keyout", folder.path(host + ".key"), "-out",
              folder.path(host + ".csr")});
    must_run({"openssl", "x509", "-req", "-days", "2", "-CAcreateserial", "-in", folder.path(host + ".csr"),
              "-CA", folder.path(authority + ".crt"), "-CAkey", folder.path(authority + ".key"), "-extfile",
              folder.path(host + ".ext"), "-out", folder.path(host + ".crt")});
    must_run({"chmod", "a+r", folder.path(host + ".key")});
    must_run({"chmod", "a+rx", folder.path()});
}

// Lines of mosquitto.conf: a listener with the certificate of `host`, which anybody may use.
inline std::string tls_listener(int port, const Folder& folder, const std::string& authority,
                                const std::string& host) {
    return "listener " + std::to_string(port) + " 127.0.0.1\nallow_anonymous true\ncafile " +
           folder.path(authority + ".crt") + "\ncertfile " + folder.path(host + ".crt") + "\nkeyfile " +
           folder.path(host + ".key") + "\n";
}

} // namespace gridbridge::testing_support
