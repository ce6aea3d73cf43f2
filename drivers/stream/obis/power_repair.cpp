#include "drivers/stream/obis/power_repair.hpp"

#include "drivers/stream/obis/decimal.hpp"
#include "drivers/stream/obis/power_sign.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace gridbridge {
namespace {

constexpr double most_watts = 69000; // 100 A on three phases: meters with these faults have no transformers
constexpr double same_moment = 1;    // W; total and phases of one telegram are from one moment

using Numbers = std::vector<double>; // what a value may mean; never empty

bool is_efr(std::string_view server_id_hex) {
    return server_id_hex.size() == 20 && server_id_hex.substr(2).starts_with("01454652");
}

std::int64_t sent_integer(const ObisObject& object) {
    return std::llround(*object.number / scale_decimal(std::uint64_t{1}, object.scaler));
}

Numbers of_dzg(const ObisObject& object) {
    if (*object.number >= 0 || object.encoded_bytes < 1 || object.encoded_bytes > 3) {
        return {*object.number};
    }
    const double as_unsigned =
        scale_decimal(sent_integer(object) + (std::int64_t{1} << (8 * object.encoded_bytes)), object.scaler);
    return as_unsigned > most_watts ? Numbers{*object.number} : Numbers{*object.number, as_unsigned};
}

Numbers of_efr(const ObisObject& object) {
    const std::int64_t sent = object.encoded_bytes == 2 ? sent_integer(object) : 0;
    return sent < 128 || sent > 255 ? Numbers{*object.number}
                                    : Numbers{*object.number, scale_decimal(sent - 256, object.scaler)};
}

ObisObject* find(Telegram& telegram, std::uint8_t c) {
    const auto found =
        std::find_if(telegram.objects.begin(), telegram.objects.end(), [c](const ObisObject& object) {
            return object.code == Obis{1, 0, c, 7, 0} && object.number;
        });
    return found == telegram.objects.end() ? nullptr : &*found;
}

class Repair {
  public:
    explicit Repair(Telegram& telegram)
        : telegram_(telegram), is_dzg_(is_dzg(telegram.server_id)), total_(find(telegram, 16)) {
        for (const std::uint8_t c : {std::uint8_t{36}, std::uint8_t{56}, std::uint8_t{76}}) {
            if (ObisObject* const phase = find(telegram, c)) {
                phases_.push_back(phase);
            }
        }
        if (total_ == nullptr && phases_.size() == 1) { // a meter of one phase
            total_ = std::exchange(phases_, {}).front();
        }
    }

    void run() {
        Numbers totals = total_ == nullptr ? Numbers{} : of_status(meanings(*total_));
        std::vector<Numbers> phases;
        for (const ObisObject* phase : phases_) {
            phases.push_back(meanings(*phase));
        }
        const bool doubtful = totals.size() > 1 || std::any_of(phases.begin(), phases.end(),
                                                               [](const Numbers& n) { return n.size() > 1; });
        if (doubtful) {
            fit(totals, phases);
        }
        if (totals.size() > 1) {
            totals = of_serial(totals);
        }
        if (total_ != nullptr) {
            settle(*total_, totals);
        }
        for (std::size_t i = 0; i < phases.size(); ++i) {
            settle(*phases_[i], phases[i]);
        }
    }

  private:
    Numbers meanings(const ObisObject& object) const { return is_dzg_ ? of_dzg(object) : of_efr(object); }

    // What agrees with the direction of the status word; of a DZG only FNN ones tell it.
    Numbers of_status(Numbers totals) const {
        const auto status = status_word(telegram_);
        if (totals.size() < 2 || !status || (is_dzg_ && !is_fnn_status(*status))) {
            return totals;
        }
        std::erase_if(totals, [&](double watts) { return says_export(*status) != (watts < 0); });
        return totals;
    }
    Numbers of_serial(Numbers totals) const {
        if (is_dzg_) {
            std::erase_if(totals, [&](double watts) {
                return is_dzg_fault_range(telegram_.server_id) != (watts >= 0);
            });
        }
        return totals;
    }

    // One reading of each phase.
    using Choice = std::vector<double>;

    // Leaves the readings whose sum is the total, where there are such. Where several sums fit, the
    // directions of the phases in an FNN status word (bits 12 to 14) decide.
    void fit(Numbers& totals, std::vector<Numbers>& phases) const {
        if (phases.size() != 1 && phases.size() != 3) {
            return;
        }
        std::vector<Choice> fitting;
        Numbers fitting_totals;
        for (const double total : totals) {
            const auto before = fitting.size();
            add_fitting(total, phases, fitting);
            if (fitting.size() > before) {
                fitting_totals.push_back(total);
            }
        }
        if (fitting.empty()) {
            return;
        }
        totals = std::move(fitting_totals);
        const auto agreeing = std::find_if(fitting.begin(), fitting.end(),
                                           [&](const Choice& choice) { return agrees_with_status(choice); });
        if (totals.size() == 1 && agreeing != fitting.end()) {
            fitting = {*agreeing};
        }
        for (std::size_t i = 0; i < phases.size(); ++i) {
            phases[i].clear();
            for (const Choice& choice : fitting) {
                if (std::find(phases[i].begin(), phases[i].end(), choice[i]) == phases[i].end()) {
                    phases[i].push_back(choice[i]);
                }
            }
        }
    }

    static void add_fitting(double total, const std::vector<Numbers>& phases, std::vector<Choice>& fitting) {
        for (unsigned number = 0; number < 1U << phases.size(); ++number) {
            Choice choice;
            for (std::size_t i = 0; i < phases.size(); ++i) {
                const unsigned which = number >> i & 1U;
                if (which < phases[i].size()) {
                    choice.push_back(phases[i][which]);
                }
            }
            const double sum = std::accumulate(choice.begin(), choice.end(), 0.0);
            if (choice.size() == phases.size() && std::abs(sum - total) <= same_moment) {
                fitting.push_back(std::move(choice));
            }
        }
    }

    bool agrees_with_status(const Choice& choice) const {
        constexpr unsigned first_bit = 12;
        const auto status = status_word(telegram_);
        bool agrees = status && is_fnn_status(*status);
        for (std::size_t i = 0; agrees && i < choice.size(); ++i) {
            agrees = (*status >> (first_bit + i) & 1U) == (choice[i] < 0 ? 1U : 0U);
        }
        return agrees;
    }

    static void settle(ObisObject& object, const Numbers& meanings) {
        object.number = meanings.size() == 1 ? std::optional(meanings.front()) : std::nullopt;
    }

    Telegram& telegram_;
    bool is_dzg_;
    ObisObject* total_;
    std::vector<ObisObject*> phases_;
};

} // namespace

bool is_dzg(std::string_view server_id_hex) {
    return server_id_hex.size() == 20 && server_id_hex.starts_with("0a01445a47");
}

bool is_dzg_fault_range(std::string_view server_id_hex) {
    std::uint64_t number = 0;
    if (!is_dzg(server_id_hex)) {
        return false;
    }
    std::from_chars(server_id_hex.data() + 10, server_id_hex.data() + server_id_hex.size(), number, 16);
    return (number >= 42000000 && number <= 48999999) || (number >= 55000000 && number <= 58999999);
}

void repair_power(Telegram& telegram) {
    if (is_dzg(telegram.server_id) || is_efr(telegram.server_id)) {
        Repair(telegram).run();
    }
}

} // namespace gridbridge
