#include "mqtt/broker/tls_floor.hpp"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include <memory>
#include <mutex>
#include <stdexcept>

namespace gridbridge {
namespace {

struct FreeConfiguration {
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(CONF* conf) const { NCONF_free(conf); }
};

// As openssl.cnf says it for a whole system: Paho has no option for it that allows newer versions too.
std::string configuration(const std::string& version) {
    const std::string name = version == "1.0" ? "TLSv1" : "TLSv" + version;
    const bool old = version < "1.2";
    return "gridbridge = start\n[start]\nssl_conf = names\n[names]\nsystem_default = floor\n[floor]\n"
           "MinProtocol = " +
           name + "\n" + (old ? "CipherString = DEFAULT@SECLEVEL=0\n" : "");
}

} // namespace

void set_tls_floor(const std::string& version) {
    static std::mutex mutex;
    static std::string in_force;
    const std::lock_guard lock(mutex);
    if (version == in_force) {
        return;
    }
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, nullptr); // the system's, which would come later
    const std::string text = configuration(version);
    const std::unique_ptr<BIO, FreeConfiguration> source(
        BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    const std::unique_ptr<CONF, FreeConfiguration> conf(NCONF_new(nullptr));
    long line = 0;
    if (!source || !conf || NCONF_load_bio(conf.get(), source.get(), &line) != 1 ||
        CONF_modules_load(conf.get(), "gridbridge", 0) != 1) {
        ERR_clear_error();
        throw std::runtime_error("TLS " + version + " cannot be made the oldest version: [mqtt] tls_min");
    }
    in_force = version;
}

} // namespace gridbridge
