// The history of the running service: what feeds it, what writes it, who asks it.
#pragma once

#include "app/config/config.hpp"
#include "app/history/history_answer.hpp"
#include "app/history/history_writer.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/history/history_memory.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Switched off: no memory, no thread, no outlet.
class ServiceHistory {
  public:
    // `state_dir` empty: nothing is kept beyond the run, unless the configuration names a file.
    ServiceHistory(const HistoryConfig& config, const std::string& state_dir, const Log& log);

    void add_outlet(std::vector<OutletRow>& rows) const;
    // After the publisher has ended: the last batch, which takes at most 0.7 s.
    void finish();
    // For health; any thread.
    std::vector<std::string> remarks() const;
    // What a web page gets, `query_string` as parse_history_query() takes it; 404 when switched off. Any
    // thread but the publisher's.
    HistoryReply answer(std::string_view query_string) const;

  private:
    std::string path_; // empty: memory alone
    std::shared_ptr<HistoryMemory> memory_;
    std::unique_ptr<HistoryWriter> writer_;
};

// Where the history of this configuration is.
std::string history_path(const HistoryConfig& config, const std::string& state_dir);

} // namespace gridbridge
