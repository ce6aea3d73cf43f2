#include "drivers/stream/obis/object_list.hpp"

#include "drivers/stream/obis/obis_uses.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/number.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

std::string shortened(std::string text, std::size_t longest) {
    std::replace_if(
        text.begin(), text.end(), [](char c) { return !is_printable(c); }, '?');
    return text.size() <= longest ? text : text.substr(0, longest - 3) + "...";
}

std::string line_of(const ObisObject& object, const std::string& use) {
    const std::string unit = object.unit.empty() ? "" : " " + object.unit;
    const std::string time = object.time.empty() ? "" : " at " + object.time;
    return shortened(name_of(object) + " = " + shortened(value_text(object) + unit + time, longest_listed) +
                         ": " + use,
                     longest_list_line);
}

} // namespace

std::string name_of(const ObisObject& object) {
    return object.code == no_code && !object.id.empty() ? object.id : to_text(object.code);
}

std::string value_text(const ObisObject& object) {
    if (object.number) {
        return number_text(*object.number);
    }
    if (object.groups.empty()) {
        return object.text;
    }
    std::string text;
    for (const std::string& group : object.groups) {
        text += "(" + group + ")";
    }
    return text;
}

std::vector<std::string> list_objects(const Telegram& telegram, const MeterConfig& meter) {
    std::vector<std::string> lines;
    ObisUses uses(telegram, meter);
    const std::size_t count = std::min(telegram.objects.size(), most_listed);
    for (std::size_t i = 0; i < count; ++i) {
        lines.push_back(line_of(telegram.objects[i], uses.of(i)));
    }
    if (telegram.objects.size() > count) {
        lines.push_back(std::to_string(telegram.objects.size() - count) + " more objects");
    }
    return lines;
}

} // namespace gridbridge
