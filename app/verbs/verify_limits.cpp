#include "app/verbs/verify_limits.hpp"

#include "app/verbs/run.hpp"
#include "mqtt/limits/limit_file.hpp"

#include <cstdint>
#include <exception>
#include <fstream>
#include <ostream>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::string_view first_line = R"({"seq":1,"kind":"limit",)";

bool is_of(std::string_view line, std::string_view kind) {
    return line.find(R"(,"kind":")" + std::string(kind) + "\"") != std::string_view::npos;
}

} // namespace

bool is_limit_log(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string begin(first_line.size(), '\0');
    file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
    return file && begin == first_line;
}

int verify_limits(const std::string& path, std::ostream& out) {
    std::uint64_t limits = 0;
    std::uint64_t quarters = 0;
    std::uint64_t exceeded = 0;
    LimitLogCheck check;
    try {
        check = check_limit_log(path, [&](std::string_view line) {
            limits += is_of(line, "limit") ? 1U : 0U;
            quarters += is_of(line, "quarter") ? 1U : 0U;
            exceeded += line.find(R"("kept":false)") != std::string_view::npos ? 1U : 0U;
        });
    } catch (const std::exception& error) {
        return fail(exit_code::io, error.what());
    }
    out << "limits       " << limits << "\nquarters     " << quarters << ", mean import above the limit in "
        << exceeded << "\nlines        " << check.head.lines << "\nnewest hash  " << check.head.hash << '\n';
    if (!check.problem.empty()) {
        out << "NOT VALID: line " << check.head.lines + 1 << ": " << check.problem << std::endl;
        return exit_code::bad_data;
    }
    out << "VALID: no line was changed, left out or put in; whether lines are missing at the end tells the "
           "newest hash, which was published on gridbridge/<portal>/limits"
        << std::endl;
    return exit_code::ok;
}

} // namespace gridbridge
