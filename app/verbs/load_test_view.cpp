#include "app/verbs/load_test_view.hpp"

#include "app/service/ask_service.hpp"
#include "app/verbs/kept_identities.hpp"
#include "app/verbs/run.hpp"
#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <ostream>

namespace gridbridge {

// A sentence that was taken back is followed by the one in its place.
std::string LoadTestView::news(const LoadProgressTold& told) {
    std::string lines;
    for (std::size_t i = 0; i < told.sentences.size(); ++i) {
        if (i >= sentences_.size() || sentences_[i] != told.sentences[i]) {
            lines += "  " + told.sentences[i] + "\n";
        }
    }
    sentences_ = told.sentences;
    const bool is_new_turn = !lines.empty();
    if (is_new_turn || told.text != text_) {
        lines += told.text + "\n";
    }
    text_ = told.text;
    return lines;
}

int run_load_test(const Config& config, const LoadTestRequest& request, const Log& log, std::ostream& out) {
    constexpr std::chrono::seconds limit(15); // the service says something every 5 s
    const std::string portal_id = kept_identities(config, log).portal_id;
    const std::string topic = load_test_topic(portal_id);
    LoadTestView view;
    std::optional<LoadProgressTold> last;
    ServiceQuestion question{{topic + "/set", load_test_request(request)}, topic, {}};
    question.is_answer = [&](const std::string& payload) {
        last = parse_load_progress(payload);
        return last && last->is_over;
    };
    question.on_progress = [&](const std::string&) {
        if (last) {
            out << view.news(*last) << std::flush;
        }
    };
    const ServiceAnswer answer = ask_service(config, portal_id, question, limit);
    if (!answer.payload) {
        return fail(exit_code::unavailable, answer.problem);
    }
    if (last->state != "done") {
        return fail(exit_code::unavailable, last->text);
    }
    out << view.news(*last) << std::flush;
    return last->is_right ? exit_code::ok : exit_code::bad_data;
}

} // namespace gridbridge
