// Any text as a record, any words as keys, and a meter that answers whatever it likes: no command and no
// confirmation without its reason, one answer to each request.
#include "drivers/modbus/signing/transaction_machine.hpp"

#include <cstdlib>
#include <span>
#include <string>

namespace {

using namespace gridbridge;
using namespace std::chrono_literals;

constexpr const char* ids[] = {"0f2b7a10-52f0-4a08-9a3e-1d9f4c6b7e01",
                               "7c3d9e55-0b1c-4f7a-8e2d-6a5b4c3d2e10"};
constexpr SourceId source{0, 0};

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_texts(std::string_view text) {
    const std::string id = ocmf::id_of_record(text);
    require(id.empty() || is_transaction_id(id) ||
            id.find_first_not_of("0123456789", 1) == std::string::npos);
    static_cast<void>(ocmf::is_record(text));
    const std::string_view cut = ocmf::shortened(text, 20);
    require(cut.size() <= 20 && text.starts_with(cut));
    const auto words = ocmf::encode_text(text);
    require(words.size() == text.size() / 2 + 1);
    require(ocmf::decode_text(words) == text.substr(0, text.find('\0')));
    require(ocmf::raw_key_of(words).size() <= 4 * words.size());
    require(ocmf::der_key_of(words).size() <= 4 * words.size());
}

class Meter {
  public:
    explicit Meter(std::span<const std::uint8_t> data) : data_(data) {
        desk_.attach({}, [](const std::string&) { return false; });
    }

    void run() {
        machine_.meter_found("S", now_);
        while (!data_.empty()) {
            const unsigned what = byte();
            disturb(what);
            if (const auto request = machine_.next(now_)) {
                check(*request);
                machine_.answered(answer_to(*request, what), now_);
            }
            now_ += std::chrono::milliseconds(10 * (what % 64));
            listen();
        }
        require(answers_ <= asked_);
    }

  private:
    unsigned byte() {
        const unsigned value = data_.empty() ? 0U : data_.front();
        data_ = data_.subspan(data_.empty() ? 0 : 1);
        return value;
    }

    void disturb(unsigned what) {
        if (what == 0xF0) {
            machine_.meter_lost(now_);
            machine_.meter_found("S", now_);
        } else if (what == 0xF1 || what == 0xF2) {
            StartTransaction start;
            start.transaction_id = ids[what - 0xF1];
            asked_ += desk_.ask(source, start) ? 1 : 0;
        } else if (what == 0xF3 || what == 0xF4) {
            asked_ += desk_.ask(source, StopTransaction{ids[what - 0xF3]}) ? 1 : 0;
        } else if (what == 0xF5 && told_) {
            desk_.kept(source, {*told_});
            kept_ = true;
        }
    }

    void check(const RegisterRequest& request) const {
        require(request.words <= 125 && request.write.size() <= 123);
        require((request.words == 0) != request.write.empty());
        if (request.words > 0) {
            return;
        }
        require(request.address != ocmf::state || kept_);
        if (request.address == ocmf::command) {
            require(state_ == (request.write.at(0) == ocmf::begin ? 0U : 1U));
        }
        require((request.address != ocmf::utc_time && request.address != ocmf::utc_offset) || state_ == 0);
    }

    RegisterAnswer answer_to(const RegisterRequest& request, unsigned what) {
        if (what % 16 == 1) {
            return {};
        }
        if (what % 16 == 2) {
            return {RegisterAnswer::Kind::Refused, 3, {}};
        }
        RegisterAnswer answer{RegisterAnswer::Kind::Good, 0, {}};
        const bool is_text = request.address == ocmf::text_register && what % 2 == 0;
        const auto text = ocmf::encode_text(std::string("<=>") + ids[what % 4 / 2]);
        for (std::size_t i = 0; i < request.words; ++i) {
            const bool is_small = request.words == 1 && request.address != ocmf::file_size;
            answer.words.push_back(is_text    ? (i < text.size() ? text[i] : std::uint16_t{0})
                                   : is_small ? static_cast<std::uint16_t>(byte() % 5)
                                              : static_cast<std::uint16_t>(byte() << 8 | 0x41U));
        }
        if (request.address == ocmf::signature_type) {
            answer.words = {static_cast<std::uint16_t>(what % 2)};
        }
        if (request.address == ocmf::state && request.words == 1) {
            state_ = answer.words[0];
        }
        return answer;
    }

    void listen() {
        for (const auto& [from, event] : desk_.take_events()) {
            answers_ += std::holds_alternative<TransactionResult>(event) ? 1 : 0;
            if (const auto* record = std::get_if<TransactionRecord>(&event)) {
                require(!record->transaction_id.empty());
                told_ = record->transaction_id;
                kept_ = false;
            }
        }
    }

    std::span<const std::uint8_t> data_;
    TransactionDesk desk_;
    TransactionMachine machine_{source, {}, desk_, [] { return WallTime{1800000000, 60}; }};
    Clock::time_point now_{1h};
    std::optional<std::string> told_;
    bool kept_ = false;
    unsigned state_ = 9; // as last read
    int asked_ = 0, answers_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes(data, size);
    check_texts(std::string(bytes.begin(), bytes.end()));
    Meter(bytes).run();
    return 0;
}
