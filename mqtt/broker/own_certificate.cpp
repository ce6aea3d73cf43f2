#include "mqtt/broker/own_certificate.hpp"

#include "drivers/text/utc.hpp"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

namespace gridbridge {
namespace {

constexpr std::int64_t soon = std::int64_t{30} * 86400; // s before the end

} // namespace

std::optional<std::int64_t> certificate_end(const std::string& path) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "r"), BIO_free);
    if (file == nullptr) {
        return std::nullopt;
    }
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr), X509_free);
    std::tm end{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end) != 1) {
        return std::nullopt;
    }
    return timegm(&end);
}

std::string certificate_remark(const std::string& path, std::optional<std::int64_t> end,
                               std::int64_t unix_time) {
    if (!end || *end - unix_time > soon) {
        return {};
    }
    return "the certificate " + path + (*end > unix_time ? " ends on " : " has ended on ") +
           utc_text(*end, UtcForm::Date) + ": put a new one in its place";
}

} // namespace gridbridge
