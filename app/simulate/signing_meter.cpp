#include "app/simulate/signing_meter.hpp"

#include "app/simulate/ocmf_text.hpp"
#include "app/simulate/simulated_values.hpp"
#include "drivers/json/json.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

namespace gridbridge {
namespace {

constexpr int device_failure = 4;
constexpr double clock_refuses_for = 2.0; // s after power on
// From the command to the file: 7100 reads running, then not ready.
constexpr double still_running = 0.15;
constexpr double until_ready = 0.3;

constexpr std::size_t signed_words = 61;

enum Address : std::uint16_t {
    signed_map = 0x0800,
    signature_type = 0x24FF,
    key_point = 0x2500,
    key_der = 0x2600,
    device_state = 0x5012,
    tariff_text = 0x6900,
    tariff_update = 0x69CC,
    generation_mode = 0x6F00,
    identification_status = 0x7000,
    time_offset = 0x7031,
    utc_time = 0x7032,
    modality = 0x7036,
    command = 0x7040,
    charging_status = 0x7045,
    last_id = 0x7059,
    time_status = 0x7060,
    file_state = 0x7100,
    file_size = 0x7101,
    file_number = 0x7102,
    file_text = 0x7110,
};
constexpr std::uint16_t last_file_word = file_text + 2030;

enum State : std::uint16_t { not_ready = 0, running = 1, ready = 2, corrupted = 3 };

struct Span {
    std::uint16_t first, last;
};
constexpr std::array<Span, 5> kept_words{{{tariff_text, tariff_text + 125},
                                          {identification_status, modality},
                                          {charging_status, charging_status},
                                          {last_id, time_status},
                                          {file_state, last_file_word}}};
constexpr std::array<Span, 6> writable_words{{{tariff_text, tariff_text + 125},
                                              {tariff_update, tariff_update},
                                              {identification_status, 0x702F},
                                              {time_offset, modality},
                                              {command, command},
                                              {file_state, file_state}}};

void put_bytes(ModbusImage& image, std::uint16_t first, std::size_t words,
               std::span<const std::uint8_t> bytes) {
    for (std::size_t i = 0; i < words; ++i) {
        const auto byte = [&](std::size_t at) { return at < bytes.size() ? unsigned{bytes[at]} : 0U; };
        image.registers[static_cast<std::uint16_t>(first + i)] =
            static_cast<std::uint16_t>(byte(2 * i) << 8U | byte(2 * i + 1));
    }
}

std::string text_at(const ModbusImage& image, std::uint16_t first, std::size_t words) {
    std::string text;
    for (std::size_t i = 0; i < words; ++i) {
        const unsigned word = image.registers.at(static_cast<std::uint16_t>(first + i));
        text += static_cast<char>(word >> 8U);
        text += static_cast<char>(word & 0xFFU);
    }
    return text.substr(0, text.find('\0'));
}

class SigningMeter {
  public:
    explicit SigningMeter(SigningMeterOptions options) : options_(std::move(options)) {}

    void begin(ModbusImage& image) {
        for (const Span& span : writable_words) {
            for (unsigned address = span.first; address <= span.last; ++address) {
                image.registers[static_cast<std::uint16_t>(address)] = 0;
                image.writable[static_cast<std::uint16_t>(address)] = {0, 0xFFFF};
            }
        }
        for (const Span& span : kept_words) {
            for (unsigned address = span.first; address <= span.last; ++address) {
                image.registers[static_cast<std::uint16_t>(address)] = 0;
            }
        }
        image.registers[generation_mode] = 0;
        image.registers[device_state] = 0;
        image.registers[0x0307] = 312; // 31.2 degrees
        image.registers[signature_type] = options_.bits == 0 ? 2 : options_.bits == 384 ? 1 : 0;
        if (!options_.memory.empty()) {
            recall(image);
        }
        if (options_.bits != 0) {
            show_key(image);
        }
        if (image.registers[file_state] == running) {
            close(image, 'P');
            end_closing(image);
        }
        keep(image);
    }

    void move(ModbusImage& image, double seconds) {
        const bool is_another_second = std::floor(seconds) != std::floor(seconds_);
        seconds_ = seconds;
        if (key_ && is_another_second) {
            sign_live(image);
        }
        if (closing_since_ && seconds >= *closing_since_ + until_ready) {
            end_closing(image);
            keep(image);
        } else if (closing_since_ && seconds >= *closing_since_ + still_running) {
            image.registers[file_state] = not_ready;
        }
    }

    int write(ModbusImage& image, std::uint16_t first, std::span<const std::uint16_t> words) {
        const std::uint16_t state = image.registers[file_state];
        const auto covers = [&](std::uint16_t address) {
            return first <= address && address < first + words.size();
        };
        const bool sets_clock = covers(utc_time) || covers(time_offset);
        if (options_.bits == 0 || (sets_clock && (seconds_ < clock_refuses_for || state == running))) {
            return device_failure;
        }
        if (covers(command)) {
            return obey(image, words[command - first], state);
        }
        if (covers(file_state) && (words[0] != not_ready || state == running)) {
            return device_failure;
        }
        for (std::size_t i = 0; i < words.size(); ++i) {
            image.registers[static_cast<std::uint16_t>(first + i)] = words[i];
        }
        if (sets_clock) {
            clock_set_at_ = seconds_;
            image.registers[time_status] = 1;
        }
        keep(image);
        return 0;
    }

    double age(double seconds) const { return past_ + seconds; }

  private:
    int obey(ModbusImage& image, std::uint16_t letter, std::uint16_t state) {
        if (letter == 'B' && state == not_ready && !closing_since_) {
            begin_reading_ = reading(image, 'B');
            image.registers[file_state] = running;
            image.registers[charging_status] = 1;
            keep(image);
            return 0;
        }
        if ((letter == 'E' || letter == 'A') && state == running && !closing_since_) {
            close(image, static_cast<char>(letter));
            closing_since_ = seconds_;
            keep(image);
            return 0;
        }
        return device_failure;
    }

    OcmfTextReading reading(const ModbusImage& image, char reason) const {
        const auto word = [&](unsigned at) {
            return std::uint64_t{image.registers.at(static_cast<std::uint16_t>(utc_time + at))};
        };
        const auto set_to =
            static_cast<long long>(word(0) | word(1) << 16U | word(2) << 32U | word(3) << 48U);
        const bool synchronised = clock_set_at_.has_value();
        const long long unix_time = synchronised ? set_to + static_cast<long long>(seconds_ - *clock_set_at_)
                                                 : static_cast<long long>(age(seconds_));
        const auto offset = static_cast<std::int16_t>(image.registers.at(time_offset));
        return {unix_time, offset, synchronised ? 'S' : 'U', reason,
                simulate_values(age(seconds_)).energy_in};
    }

    void close(ModbusImage& image, char reason) {
        OcmfTextSource source;
        source.number = ++number_;
        source.serial = text_at(image, 0x5000, 7);
        source.identified = image.registers[identification_status] != 0;
        source.level = image.registers[0x7001];
        for (unsigned i = 0; i < 4; ++i) {
            source.flags[i] = image.registers[static_cast<std::uint16_t>(0x7002 + i)];
        }
        source.type = image.registers[0x7006];
        source.identification = text_at(image, 0x7007, 20);
        source.charge_point = text_at(image, 0x701C, 20);
        source.tariff = text_at(image, tariff_text, 126);
        source.begin = begin_reading_;
        source.end = reading(image, reason);
        file_ = ocmf_text(source, *key_);
    }

    void end_closing(ModbusImage& image) {
        closing_since_.reset();
        const bool broken = options_.corrupt_every != 0 && number_ % options_.corrupt_every == 0;
        if (broken) {
            file_.resize(file_.size() / 2);
        }
        const std::vector<std::uint8_t> bytes(file_.begin(), file_.end());
        const std::size_t words = (bytes.size() + 1) / 2;
        put_bytes(image, file_text, 2031, bytes);
        image.registers[file_size] = static_cast<std::uint16_t>(words);
        image.registers[file_number] = static_cast<std::uint16_t>(number_ & 0xFFFFU);
        image.registers[file_number + 1] = static_cast<std::uint16_t>(number_ >> 16U);
        image.registers[charging_status] = 0;
        image.registers[file_state] = broken ? corrupted : ready;
        const std::string name = "T" + std::to_string(number_);
        put_bytes(image, last_id, 7, std::vector<std::uint8_t>(name.begin(), name.end()));
    }

    void show_key(ModbusImage& image) {
        if (!key_) {
            key_.emplace(options_.bits);
        }
        put_bytes(image, key_point, key_->bits() == 384 ? 49 : 33, key_->point());
        put_bytes(image, key_der, key_->bits() == 384 ? 62 : 46, key_->der());
        sign_live(image);
    }

    // What a meter has in these words is not published: a text that says so, and is another one each second.
    void sign_live(ModbusImage& image) const {
        std::string data = "simulated em580, the content of these words is not published, second " +
                           std::to_string(static_cast<long long>(age(seconds_)));
        data.resize(2 * signed_words);
        const std::vector<std::uint8_t> signature = key_->sign_raw(data);
        put_bytes(image, signed_map, signed_words, std::vector<std::uint8_t>(data.begin(), data.end()));
        put_bytes(image, signed_map + signed_words, signature.size() / 2, signature);
    }

    void keep(const ModbusImage& image) const {
        if (!options_.remember || !key_) {
            return;
        }
        Json words = Json::object();
        for (const Span& span : kept_words) {
            for (unsigned address = span.first; address <= span.last; ++address) {
                const std::uint16_t word = image.registers.at(static_cast<std::uint16_t>(address));
                if (word != 0) {
                    words[std::to_string(address)] = word;
                }
            }
        }
        // While the file is made the transaction still counts as running.
        if (closing_since_) {
            words[std::to_string(file_state)] = running;
        }
        options_.remember(Json{
            {"key", key_->pem()},
            {"number", closing_since_ ? number_ - 1 : number_},
            {"age", age(seconds_)},
            {"begin",
             {begin_reading_.unix_time, begin_reading_.offset_minutes, begin_reading_.clock,
              begin_reading_.kwh}},
            {"words", words}}.dump());
    }

    void recall(ModbusImage& image) {
        try {
            const Json memory = parse_json_or_throw(options_.memory);
            key_.emplace(memory.at("key").get<std::string>());
            options_.bits = key_->bits();
            image.registers[signature_type] = options_.bits == 384 ? 1 : 0;
            number_ = memory.at("number").get<unsigned>();
            past_ = memory.at("age").get<double>();
            const Json& begin = memory.at("begin");
            begin_reading_ = {begin.at(0).get<long long>(), begin.at(1).get<int>(),
                              static_cast<char>(begin.at(2).get<int>()), 'B', begin.at(3).get<double>()};
            for (const auto& [address, word] : memory.at("words").items()) {
                image.registers[static_cast<std::uint16_t>(std::stoi(address))] = word.get<std::uint16_t>();
            }
        } catch (const std::exception& error) {
            throw std::invalid_argument(std::string("memory of the meter: ") + error.what());
        }
    }

    SigningMeterOptions options_;
    std::optional<SigningKey> key_;
    unsigned number_ = 0; // of the newest record
    double past_ = 0;     // s the meter had run before this start
    double seconds_ = 0;
    std::optional<double> clock_set_at_;
    std::optional<double> closing_since_;
    OcmfTextReading begin_reading_;
    std::string file_;
};

} // namespace

ModbusImage signing_meter(SigningMeterOptions options) {
    ModbusImage image = *built_in_image("em580");
    const auto live = image.move;
    const auto meter = std::make_shared<SigningMeter>(std::move(options));
    meter->begin(image);
    image.move = [meter, live](ModbusImage& moving, double seconds) {
        live(moving, meter->age(seconds));
        meter->move(moving, seconds);
    };
    image.write = [meter](ModbusImage& written, std::uint16_t first, std::span<const std::uint16_t> words) {
        return meter->write(written, first, words);
    };
    return image;
}

} // namespace gridbridge
