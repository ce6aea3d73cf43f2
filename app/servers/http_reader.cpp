#include "app/servers/http_reader.hpp"

#include "drivers/text/text.hpp"

#include <http_parser.h>

#include <algorithm>

namespace gridbridge {

std::string_view HttpMessage::header(std::string_view lower_case_name) const {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&](const auto& header) { return header.first == lower_case_name; });
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

class HttpReader::Parser {
  public:
    Parser(Kind kind, std::size_t max_size) : left_(max_size) {
        http_parser_init(&parser_, kind == Kind::Request ? HTTP_REQUEST : HTTP_RESPONSE);
        parser_.data = this;
    }

    State take(std::string_view bytes) {
        if (state_ != State::Incomplete) {
            return state_;
        }
        const std::string_view part = bytes.substr(0, left_);
        left_ -= part.size();
        http_parser_execute(&parser_, &calls(), part.data(), part.size());
        if (state_ == State::Incomplete && HTTP_PARSER_ERRNO(&parser_) != HPE_OK) {
            state_ = State::Invalid;
        } else if (state_ == State::Incomplete && left_ == 0) {
            state_ = State::TooLong;
        }
        return state_;
    }

    State end() {
        if (state_ == State::Incomplete) {
            http_parser_execute(&parser_, &calls(), nullptr, 0);
            state_ = state_ == State::Whole ? State::Whole : State::Invalid;
        }
        return state_;
    }

    const HttpMessage& message() const { return message_; }

  private:
    static Parser& of(http_parser* parser) { return *static_cast<Parser*>(parser->data); }

    // Each text may come in pieces.
    static const http_parser_settings& calls() {
        static const http_parser_settings made = [] {
            http_parser_settings settings;
            http_parser_settings_init(&settings);
            settings.on_url = [](http_parser* parser, const char* text, std::size_t size) {
                of(parser).target_.append(text, size);
                return 0;
            };
            settings.on_header_field = [](http_parser* parser, const char* text, std::size_t size) {
                return of(parser).name({text, size});
            };
            settings.on_header_value = [](http_parser* parser, const char* text, std::size_t size) {
                return of(parser).value({text, size});
            };
            settings.on_body = [](http_parser* parser, const char* text, std::size_t size) {
                of(parser).message_.body.append(text, size);
                return 0;
            };
            settings.on_message_complete = [](http_parser* parser) { return of(parser).complete(); };
            return settings;
        }();
        return made;
    }

    int name(std::string_view text) {
        if (!in_name_) {
            message_.headers.emplace_back();
        }
        in_name_ = true;
        message_.headers.back().first += lower_case(text);
        return 0;
    }

    int value(std::string_view text) {
        in_name_ = false;
        if (!message_.headers.empty()) { // a trailer has none of its own
            message_.headers.back().second += text;
        }
        return 0;
    }

    int complete() {
        constexpr int stop = 1;
        message_.status = parser_.status_code;
        if (parser_.type == HTTP_REQUEST) {
            message_.method = http_method_str(static_cast<http_method>(parser_.method));
            http_parser_url url;
            http_parser_url_init(&url);
            if (http_parser_parse_url(target_.data(), target_.size(), 0, &url) != 0) {
                state_ = State::Invalid;
                return stop;
            }
            message_.path = field(url, UF_PATH);
            message_.query = field(url, UF_QUERY);
        }
        state_ = State::Whole;
        return stop;
    }

    std::string field(const http_parser_url& url, http_parser_url_fields which) const {
        const auto& place = url.field_data[which];
        return (url.field_set & (1U << which)) == 0 ? std::string() : target_.substr(place.off, place.len);
    }

    http_parser parser_{};
    State state_ = State::Incomplete;
    std::size_t left_;
    std::string target_;
    bool in_name_ = false;
    HttpMessage message_;
};

HttpReader::HttpReader(Kind kind, std::size_t max_size) : parser_(std::make_unique<Parser>(kind, max_size)) {}
HttpReader::~HttpReader() = default;

HttpReader::State HttpReader::take(std::string_view bytes) {
    return parser_->take(bytes);
}

HttpReader::State HttpReader::end() {
    return parser_->end();
}

const HttpMessage& HttpReader::message() const {
    return parser_->message();
}

std::string_view http_reason(int status) {
    return http_status_str(static_cast<http_status>(status));
}

} // namespace gridbridge
