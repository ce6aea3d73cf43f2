// The verbs that run the service or use its parts once. Each returns an exit code of options.hpp.
#pragma once

#include "app/config/options.hpp"

#include <string>

namespace gridbridge {

// How a verb ends that could not do its work: says why on standard error, and gives the code.
int fail(int code, const std::string& text);

int run_service(const Options& options);
int run_check_config(const Options& options);
int run_read(const Options& options);
int run_decode(const Options& options);
int run_simulate(const Options& options);
int run_scan(const Options& options);
int run_verify(const Options& options);
int run_forget(const Options& options);
int run_doctor(const Options& options);
int run_health(const Options& options);
int run_history(const Options& options);
int run_bundle(const Options& options);
int run_incidents(const Options& options);
int run_init(const Options& options);
int run_monitor(const Options& options);
int run_record(const Options& options);
int run_replay(const Options& options);

} // namespace gridbridge
