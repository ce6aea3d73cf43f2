#include "app/signing/ocmf_reading_rules.hpp"

#include "drivers/text/characters.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::string_view reasons = "BCXELRAPST";
constexpr std::string_view endings = "ELRAP";
constexpr std::string_view states = "NGTDRMXIOSEF";

bool is_one_of(std::string_view text, std::string_view letters) {
    return text.size() == 1 && letters.find(text.front()) != std::string_view::npos;
}

// 'd' a digit, 's' a sign, 'c' a state of the clock, else itself. The first place that differs.
std::optional<std::size_t> first_difference(std::string_view text, std::string_view form) {
    for (std::size_t i = 0; i < form.size(); ++i) {
        const char c = i < text.size() ? text[i] : '\0';
        const bool fits = form[i] == 'd'   ? is_digit(c)
                          : form[i] == 's' ? c == '+' || c == '-'
                          : form[i] == 'c' ? is_one_of(std::string_view(&c, 1), "UISR")
                                           : c == form[i];
        if (!fits) {
            return i;
        }
    }
    return text.size() > form.size() ? std::optional(form.size()) : std::nullopt;
}

struct TimeLook {
    long long milliseconds = 0; // UTC
    std::string problem;        // empty: it is a time
};

// Sixty seconds are a leap second.
TimeLook look_at_time(std::string_view text) {
    constexpr std::string_view form = "dddd-dd-ddTdd:dd:dd,dddsdddd c";
    if (const auto place = first_difference(text, form)) {
        return {0, in_quotes(text) + " is wrong from its character " + std::to_string(*place + 1)};
    }
    const auto number = [&](std::size_t at, std::size_t digits) {
        return parse_integer(text.substr(at, digits)).value_or(-1);
    };
    constexpr long long farthest_zone = 840; // minutes from UTC
    using namespace std::chrono;
    const year_month_day day{year(static_cast<int>(number(0, 4))), month(static_cast<unsigned>(number(5, 2))),
                             std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    const long long hour = number(11, 2);
    const long long minute = number(14, 2);
    const long long second = number(17, 2);
    const long long zone = number(24, 2) * 60 + number(26, 2);
    if (!day.ok() || hour > 23 || minute > 59 || second > 60 || number(26, 2) > 59 || zone > farthest_zone) {
        return {0, in_quotes(text) + " is no time of the calendar"};
    }
    const long long days = sys_days(day).time_since_epoch().count();
    const long long minutes = (days * 24 + hour) * 60 + minute - (text[23] == '-' ? -zone : zone);
    return {(minutes * 60 + second) * 1000 + number(20, 3), {}};
}

// A-B:C.D.E, with *F or .F behind it: groups of one to three digits or letters a to f.
bool is_obis(std::string_view text) {
    std::string separators;
    std::size_t digits = 0;
    for (const char c : text) {
        const bool is_hex = is_hex_digit(c);
        if (is_hex && ++digits <= 3) {
            continue;
        }
        if (is_hex || digits == 0) {
            return false;
        }
        separators += c;
        digits = 0;
    }
    return digits != 0 && (separators == "-:.." || separators == "-:..*" || separators == "-:...");
}

// The readings of one quantity follow each other.
struct Course {
    bool has_ended = false;
    std::optional<long long> latest; // ms, UTC
    std::optional<double> value;
    std::string unit;
};

class ReadingRules {
  public:
    ReadingRules(std::size_t count, bool in_transaction, std::vector<OcmfFinding>& findings)
        : count_(count), in_transaction_(in_transaction), findings_(findings) {}

    // A field that is left out is that of the reading before.
    void check(const OcmfFields& reading) {
        ++number_;
        given_ = &reading;
        for (const auto& [name, field] : reading) {
            in_force_[name] = field;
        }
        check_time();
        check_reason();
        check_value();
        check_unit();
        check_rest();
        check_order();
    }

  private:
    void tell(std::string_view name, std::string problem, std::string rule) {
        findings_.push_back({"RD[" + std::to_string(number_) + "]." + std::string(name), std::move(problem),
                             std::move(rule)});
    }
    const OcmfField* in_force(std::string_view name) const {
        const auto found = in_force_.find(name);
        return found == in_force_.end() ? nullptr : &found->second;
    }
    std::string text_of(std::string_view name) const {
        const OcmfField* field = in_force(name);
        return field != nullptr && field->is_text() ? field->text : std::string();
    }
    // What is wrong is said where it is written, not again where it is taken over.
    const OcmfField* given(std::string_view name) const {
        const auto found = given_->find(name);
        return found == given_->end() ? nullptr : &found->second;
    }

    void check_time() {
        const std::string rule =
            "it must look like 2018-07-24T13:22:04,000+0200 S, the last letter U, I, S or R";
        if (in_force("TM") == nullptr) {
            tell("TM", "is missing", "each reading has its time: " + rule);
            return;
        }
        if (const OcmfField* field = given("TM")) {
            std::optional<long long>& latest = courses_[text_of("RI")].latest;
            const TimeLook look =
                field->is_text() ? look_at_time(field->text) : TimeLook{0, field->text + " is no text"};
            if (!look.problem.empty()) {
                tell("TM", look.problem, rule);
            } else if (latest && look.milliseconds < *latest) {
                tell("TM", in_quotes(field->text) + " is before the reading above it",
                     "readings are in the order of their time");
            } else {
                latest = look.milliseconds;
            }
        }
    }

    void check_reason() {
        const std::string rule = "B begin, C during, X error, E end, L, R, A or P a kind of end, S or T";
        if (in_force("TX") == nullptr && in_transaction_) {
            tell("TX", "is missing", "a reading of a transaction says why it was taken: " + rule);
        }
        const OcmfField* field = given("TX");
        if (field != nullptr && !is_one_of(field->text, reasons)) {
            tell("TX", in_quotes(field->text) + " is not known", "one letter: " + rule);
        }
    }

    // An entry that only tells of an error needs no value.
    bool tells_of_error() const {
        const std::string state = text_of("ST");
        return text_of("TX") == "X" || !text_of("EF").empty() || (!state.empty() && state != "G");
    }

    void check_value() {
        const OcmfField* field = given("RV");
        if (field != nullptr && field->kind != OcmfField::Kind::Number) {
            tell("RV", (field->is_text() ? in_quotes(field->text) : field->text) + " is no number",
                 "the value is a JSON number without quotes");
        } else if (in_force("RV") == nullptr && !tells_of_error()) {
            tell("RV", "is missing", "only a reading that tells of an error has no value");
        }
    }

    void check_unit() {
        const OcmfField* unit = given("RU");
        if (unit != nullptr && unit->text != "kWh" && unit->text != "Wh" && unit->text != "mOhm" &&
            unit->text != "uOhm") {
            tell("RU", in_quotes(unit->text) + " is not a unit of OCMF",
                 "kWh or Wh; mOhm or uOhm for cables");
        } else if (in_force("RU") == nullptr && in_force("RV") != nullptr) {
            tell("RU", "is missing", "a value has a unit: kWh or Wh");
        }
        const OcmfField* quantity = given("RI");
        if (quantity != nullptr && !is_obis(quantity->text)) {
            tell("RI", in_quotes(quantity->text) + " is no OBIS code",
                 "what was read, as in 1-b:1.8.0 or 1-0:1.8.0*198");
        } else if (in_force("RI") == nullptr && in_force("RU") != nullptr) {
            tell("RI", "is missing", "RI and RU come together: an OBIS code as in 1-b:1.8.0");
        }
    }

    void check_rest() {
        const OcmfField* state = given("ST");
        if (state != nullptr && !is_one_of(state->text, states)) {
            tell("ST", in_quotes(state->text) + " is not known",
                 "G good, or one of N, T, D, R, M, X, I, O, S, E, F");
        } else if (in_force("ST") == nullptr) {
            tell("ST", "is missing", "each reading has the state of the meter: G when it is good");
        }
        const OcmfField* current = given("RT");
        if (current != nullptr && current->text != "AC" && current->text != "DC") {
            tell("RT", in_quotes(current->text) + " is no kind of current", "AC or DC");
        }
        const OcmfField* errors = given("EF");
        if (errors != nullptr &&
            (!errors->is_text() || errors->text.find_first_not_of("Et") != std::string::npos)) {
            tell("EF", in_quotes(errors->text) + " is not known",
                 "E energy, t time, or empty when both can be billed");
        }
    }

    void check_order() {
        const std::string reason = text_of("TX");
        Course& course = courses_[text_of("RI")];
        const bool is_first = !course.value && !course.has_ended;
        if (course.has_ended) {
            tell("TX", in_quotes(reason) + " comes after the end", "the reading of the end is the last one");
        } else if (reason == "B" && !is_first && given("TX") != nullptr) {
            tell("TX", "\"B\" comes after another reading", "the reading of the begin is the first one");
        } else if (is_one_of(reason, endings) && is_first && count_ > 1 && number_ > 1 && !has_begun_) {
            tell("TX", in_quotes(reason) + " has no begin before it",
                 "the first of several readings has TX \"B\"");
        }
        has_begun_ = has_begun_ || reason == "B";
        course.has_ended = course.has_ended || is_one_of(reason, endings);
        const OcmfField* value = in_force("RV");
        const auto number = value != nullptr ? parse_number(value->text) : std::nullopt;
        if (number && course.value && course.unit == text_of("RU") && *number < *course.value) {
            tell("RV", value->text + " is less than in the reading above it", "a counter never goes back");
        }
        course.value = number ? number : course.value;
        course.unit = text_of("RU");
    }

    const std::size_t count_;
    const bool in_transaction_;
    std::vector<OcmfFinding>& findings_;
    std::size_t number_ = 0;
    const OcmfFields* given_ = nullptr;
    OcmfFields in_force_;
    bool has_begun_ = false;
    std::map<std::string, Course> courses_; // by what is read
};

} // namespace

void check_readings(const std::vector<OcmfFields>& readings, bool in_transaction,
                    std::vector<OcmfFinding>& findings) {
    ReadingRules rules(readings.size(), in_transaction, findings);
    for (const OcmfFields& reading : readings) {
        rules.check(reading);
    }
}

} // namespace gridbridge
