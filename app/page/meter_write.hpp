// A change asked for on the page: the message that a client would write over MQTT. Pure.
#pragma once

#include "mqtt/outlet/message.hpp"
#include "mqtt/outlet/meter.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace gridbridge {

// `body` is `{"setting": "CustomName", "value": "Roof"}`, the settings are those of writable_settings(). The
// message goes the way of one that the broker brings; refused is what is refused there. A text is the reason
// why there is none, for people.
std::variant<Message, std::string> meter_write(const Meter& meter, const std::string& portal_id,
                                               std::string_view body);

// Whether `meter` shows what such a message asks for; of a setting it does not show, yes.
bool shows_written(const Meter& meter, std::string_view body);

} // namespace gridbridge
