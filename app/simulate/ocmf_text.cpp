#include "app/simulate/ocmf_text.hpp"

#include "drivers/text/hex.hpp"
#include "drivers/waist/ocmf_names.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace gridbridge {
namespace {

std::string time_text(const OcmfTextReading& reading) {
    const std::time_t local = static_cast<std::time_t>(reading.unix_time) + 60L * reading.offset_minutes;
    std::tm parts{};
    gmtime_r(&local, &parts);
    std::array<char, 40> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S,000", &parts);
    const int minutes = std::abs(reading.offset_minutes);
    std::array<char, 16> zone{};
    std::snprintf(zone.data(), zone.size(), "%c%02d%02d %c", reading.offset_minutes < 0 ? '-' : '+',
                  minutes / 60, minutes % 60, reading.clock);
    return std::string(text.data()) + zone.data();
}

std::string reading_text(const OcmfTextReading& reading) {
    std::array<char, 32> value{};
    std::snprintf(value.data(), value.size(), "%.3f", reading.kwh);
    return R"({"TM":")" + time_text(reading) + R"(","TX":")" + reading.reason + R"(","RV":)" + value.data() +
           R"(,"RI":"1-b:1.8.0","RU":"kWh","RT":"AC","RM":"","ST":"G"})";
}

std::string flags_text(const std::array<int, 4>& flags) {
    std::string text;
    for (const IdentificationFlag& known : identification_flags) {
        if (known.number != 0 && flags.at(known.group) == known.number) {
            text += (text.empty() ? "\"" : ",\"") + std::string(known.name) + '"';
        }
    }
    return text;
}

std::string member(std::string_view key, std::string_view value) {
    return '"' + std::string(key) + "\":\"" + std::string(value) + "\",";
}

} // namespace

std::string ocmf_text(const OcmfTextSource& source, const SigningKey& key) {
    const std::string payload =
        "{" + member("FV", "1.2") + member("GI", "Carlo Gavazzi Controls-EM580DINAV23XS3DET") +
        member("GS", source.serial) + member("GV", "1.2.5") +
        member("PG", "T" + std::to_string(source.number)) + member("MV", "Carlo Gavazzi Controls") +
        member("MM", "EM580DINAV23XS3DET") + member("MS", source.serial) + member("MF", "1.2.5") +
        R"("IS":)" + (source.identified ? "true" : "false") + "," +
        member("IL", name_in(identification_level_names, source.level)) + "\"IF\":[" +
        flags_text(source.flags) + "]," + member("IT", name_in(identification_type_names, source.type)) +
        member("ID", source.identification) + member("TT", source.tariff) + member("CT", "EVSEID") +
        member("CI", source.charge_point) + R"("LC":{"LN":"cable","LI": 0,"LR": 0,"LU": "mOhm"},"RD":[)" +
        reading_text(source.begin) + "," + reading_text(source.end) + "]}";
    const std::string algorithm = "ECDSA-brainpoolP" + std::to_string(key.bits()) + "r1-SHA256";
    return "OCMF|" + payload + R"(|{"SD":")" + hex_text(key.sign(payload), HexCase::Upper) + R"(","SA":")" +
           algorithm + R"("})";
}

} // namespace gridbridge
