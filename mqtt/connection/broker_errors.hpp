// Why a broker did not let us in, in words with the setting to change. They speak of the broker of `[mqtt]`;
// of another server in_words_of() says the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gridbridge {

// What stands for "[mqtt] servers", "[mqtt] ", "mqtt://" and "broker" where another server is meant.
struct ServerWords {
    std::string_view servers, section, plain, peer;
};
inline constexpr ServerWords words_of_gx{"[gx] server", "[gx] ", "mqtt://", "broker"};
inline constexpr ServerWords words_of_uplink{"servers", "", "mqtt://",
                                             "broker"}; // the sink's name stands before
inline constexpr ServerWords words_of_store{"url", "", "http://", "store"};

std::string in_words_of(const ServerWords& words, std::string text);

// What tells the broker who we are. A certificate beside a user name counts as Password: the name is looked
// up.
enum class LoginBy : std::uint8_t { Password, Certificate };

// `return_code`: Paho's (negative) or the CONNACK return code of MQTT 3.1.1 (table 3.1, 1..5).
// `reason_code`: CONNACK reason code of MQTT 5 (table 3-1), 0 when there is none.
std::string explain_refusal(int return_code, int reason_code, LoginBy login = LoginBy::Password);

// Whether such a text says that it is about who we are: user, password, client id or rights.
bool is_login_refusal(std::string_view text);

// A line of OpenSSL's error queue ("...:certificate verify failed:...") in plain words, or the line itself.
std::string explain_tls_error(std::string_view line);

// Verdict of OpenSSL on the broker's certificate (X509_V_ERR_..., its text) with what to do about it.
std::string explain_certificate(long verdict, const std::string& text);

// Why an established connection ended: the reason code of the DISCONNECT packet of MQTT 5 (table 3-13), or 0.
std::string explain_loss(int reason_code);

// What to say when connections break off again and again soon after they came about.
std::string suspect_take_over(const std::string& client_id);

// The connection ended before a subscription was answered.
std::string explain_early_end();

// Of a broker whose host has no address, or that cannot be reached by TCP (`error`: errno value of connect).
std::string explain_unknown_host(const std::string& host);
std::string explain_unreachable(int error);

} // namespace gridbridge
