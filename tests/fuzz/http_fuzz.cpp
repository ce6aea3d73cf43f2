// Any bytes as a message of HTTP, whole and in pieces: the same result, within the bound, and an answer that
// is one response.
#include "app/servers/http_answers.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using gridbridge::HttpReader;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

HttpReader::State read_in(HttpReader& reader, std::string_view text, std::size_t step) {
    HttpReader::State state = HttpReader::State::Incomplete;
    for (std::size_t at = 0; at < text.size(); at += step) {
        state = reader.take(text.substr(at, step));
    }
    return state;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gridbridge;
    if (size < 2) {
        return 0;
    }
    const std::size_t step = data[0] % 16U + 1;
    const auto kind = data[1] % 2 == 0 ? HttpReader::Kind::Request : HttpReader::Kind::Response;
    const std::string text(data + 2, data + size);
    constexpr std::size_t bound = 512;
    HttpReader whole(kind, bound);
    HttpReader pieces(kind, bound);
    const auto state = read_in(whole, text, bound);
    require(read_in(pieces, text, step) == state);
    require(whole.end() == pieces.end());
    if (whole.end() == HttpReader::State::Whole) { // of what is not whole any part may be there
        require(whole.message().body == pieces.message().body);
        require(whole.message().path == pieces.message().path);
        require(whole.message().query == pieces.message().query);
        require(whole.message().headers == pieces.message().headers);
    }
    require(whole.message().body.size() <= bound);
    const std::string answer = http_answer(whole.message(), [](const HttpMessage& request) {
        return request.path.size() % 2 == 0 ? std::optional(StatusPage{200, "text/plain", "page"})
                                            : std::nullopt;
    });
    HttpReader own(HttpReader::Kind::Response, 4096);
    own.take(answer);
    require(whole.message().method == "HEAD" || own.end() == HttpReader::State::Whole);
    return 0;
}
