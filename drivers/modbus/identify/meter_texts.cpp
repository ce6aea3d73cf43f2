#include "drivers/modbus/identify/meter_texts.hpp"

#include "drivers/modbus/map/decode.hpp"

namespace gridbridge {

std::vector<std::pair<std::string, std::string>> read_texts(UnitLine& line, const ModelRow& model) {
    constexpr int attempts = 3;
    std::vector<std::pair<std::string, std::string>> texts;
    for (const TextRegister& row : model.texts) {
        const auto word = line.read_shown_word(row.word.address, attempts);
        texts.emplace_back(row.path, word ? text_of(row, *word) : std::string());
    }
    if (model.alarms) {
        texts.emplace_back(alarms_path, std::string());
    }
    return texts;
}

std::string text_of(const TextRegister& row, std::uint16_t word) {
    return word < row.choices.size() ? std::string(row.choices[word]) : decode_version(word, row.word.format);
}

Alarms alarms_of(const AlarmRegister& row, std::uint16_t word) {
    Alarms alarms;
    for (std::size_t bit = 0; bit < row.names.size(); ++bit) {
        if ((word >> bit & 1) != 0 && !row.names[bit].empty()) {
            alarms.code |= 1 << bit;
            alarms.text += (alarms.text.empty() ? "" : ", ") + std::string(row.names[bit]);
        }
    }
    return alarms;
}

} // namespace gridbridge
