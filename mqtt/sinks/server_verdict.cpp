#include "mqtt/sinks/server_verdict.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

struct StatusRow {
    int status;
    Verdict verdict;
    std::string_view fix;
};

// RFC 9110, section 15; 402 and 422 as InfluxDB Cloud uses them.
constexpr std::array<StatusRow, 12> status_table{{
    {400, Verdict::Bad, "the store does not take these points: the log names one of them"},
    {401, Verdict::Refused, "check token_file, or username and password_file"},
    {402, Verdict::Refused, "the account of the store is used up"},
    {403, Verdict::Refused, "the token or user may not write there: give it the right to"},
    {404, Verdict::Refused, "check the path of url, and that the database or bucket it names exists"},
    {405, Verdict::Refused, "check the path of url: /write?db=... or /api/v2/write?org=...&bucket=..."},
    {411, Verdict::Refused, "what stands before the store does not take what it gets: check url"},
    {413, Verdict::TooLarge, "smaller batches are sent"},
    {415, Verdict::Refused, "set gzip = false"},
    {422, Verdict::Bad, "the store does not take these points: are they older than it keeps any?"},
    {429, Verdict::Later, "the store asks for fewer: sent later"},
    {503, Verdict::Later, "the store is busy: sent later"},
}};

const StatusRow* row_of(int status) {
    const auto* const row = std::find_if(status_table.begin(), status_table.end(),
                                         [&](const StatusRow& known) { return known.status == status; });
    return row == status_table.end() ? nullptr : row;
}

} // namespace

Verdict verdict_of(int status) {
    if (status >= 200 && status < 300) {
        return Verdict::Taken;
    }
    if (const StatusRow* const row = row_of(status)) {
        return row->verdict;
    }
    return status < 500 ? Verdict::Refused : Verdict::Later;
}

std::string explain_answer(int status, std::string_view body) {
    constexpr std::size_t longest = 200;
    if (verdict_of(status) == Verdict::Taken) {
        return {};
    }
    std::string text = "it answers " + std::to_string(status);
    std::string said(trim(body.substr(0, longest)));
    std::replace_if(
        said.begin(), said.end(), [](unsigned char c) { return c < ' ' || c > '~'; }, ' ');
    if (!said.empty()) {
        text += " (" + said + ")";
    }
    const StatusRow* const row = row_of(status);
    const std::string_view fix = row != nullptr ? row->fix
                                 : verdict_of(status) == Verdict::Refused
                                     ? "check url: is this the address of a store that takes line protocol?"
                                     : "the store fails: its own log knows why; sent later";
    return text.append(": ").append(fix);
}

std::optional<std::chrono::seconds> retry_after(std::string_view header) {
    constexpr long long longest = 900;
    const auto seconds = parse_integer(trim(header));
    if (!seconds || *seconds < 0) {
        return std::nullopt;
    }
    return std::chrono::seconds(std::min(*seconds, longest));
}

std::chrono::milliseconds RetryPause::next(double jitter) {
    constexpr unsigned most_doublings = 6;
    constexpr std::int64_t longest = 60'000;
    const std::int64_t pause = std::min(std::int64_t{1000} << std::min(failures_, most_doublings), longest);
    ++failures_;
    return std::chrono::milliseconds(pause +
                                     static_cast<std::int64_t>(static_cast<double>(pause) / 4 * jitter));
}

} // namespace gridbridge
