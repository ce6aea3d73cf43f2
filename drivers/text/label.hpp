// Serial numbers as people find them on the label of a meter. Pure.
#pragma once

#include <string>
#include <string_view>

namespace gridbridge {

// A serial number, and how an earlier version spelled it; empty: the same way.
struct Label {
    std::string text;
    std::string former;
    bool operator==(const Label&) const = default;
};

// Letters and digits only, at least one.
bool is_label(std::string_view text);

// Of octets given as hexadecimal digits: their text if it is a label, else the digits.
Label label_of_octets(std::string_view hex);

// Of what may be octets as hexadecimal digits, or the label itself: "4530303331" is "E0031".
Label label_of_text(std::string_view text);

} // namespace gridbridge
