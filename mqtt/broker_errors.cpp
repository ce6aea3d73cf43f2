#include "mqtt/broker_errors.hpp"

#include <array>
#include <string_view>

namespace gridbridge {
namespace {

struct Refusal {
    int code;
    std::string_view text;
};

constexpr std::string_view bad_login =
    "user name or password refused: check [mqtt] username and password_file";
constexpr std::string_view not_allowed = "not authorised: check [mqtt] username and password_file, the "
                                         "broker's access rules, or on a GX the MQTT setting "
                                         "and security profile";
constexpr std::string_view bad_client_id = "client id refused: set [mqtt] client_id";
constexpr std::string_view bad_version = "protocol version refused: set [mqtt] version to 3.1.1 or 5";

constexpr std::array<Refusal, 5> connack311{{{1, bad_version},
                                             {2, bad_client_id},
                                             {3, "broker says it is unavailable"},
                                             {4, bad_login},
                                             {5, not_allowed}}};
constexpr std::array<Refusal, 8> connack5{{{0x84, bad_version},
                                           {0x85, bad_client_id},
                                           {0x86, bad_login},
                                           {0x87, not_allowed},
                                           {0x88, "broker says it is unavailable"},
                                           {0x89, "broker is busy"},
                                           {0x8A, "banned by the broker"},
                                           {0x9F, "broker limits the connection rate"}}};

} // namespace

std::string explain_refusal(int return_code, int reason_code) {
    for (const Refusal& refusal : connack5) {
        if (refusal.code == reason_code) {
            return std::string(refusal.text);
        }
    }
    for (const Refusal& refusal : connack311) {
        if (refusal.code == return_code) {
            return std::string(refusal.text);
        }
    }
    if (return_code == -1) {
        return "no connection: is the broker running, and are host, port and TLS right?";
    }
    return "refused (client code " + std::to_string(return_code) + ")";
}

} // namespace gridbridge
