#include "app/service/signals.hpp"
#include "app/service/wall_clock.hpp"
#include "app/simulate/d0_server.hpp"
#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/signing_meter.hpp"
#include "app/simulate/slave_server.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "app/simulate/stream_server.hpp"
#include "app/verbs/run.hpp"
#include "drivers/meter/driver_table.hpp"
#include "drivers/text/choice.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace gridbridge {
namespace {

// What is wrong with the command line.
class UsageError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

void print_line(const std::string& line) {
    std::cout << line << std::endl;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
        throw std::runtime_error(path + ": cannot be read");
    }
    return text.str();
}

std::vector<std::uint8_t> bytes_of(const std::string& text) {
    return std::vector<std::uint8_t>(text.begin(), text.end());
}

// Runs `serve` until a signal comes or it ends by itself.
template <typename Serve>
int until_signalled(Serve&& serve) {
    block_signals();
    std::atomic<int> result = exit_code::ok;
    {
        const std::jthread server([&](const std::stop_token& stop) {
            result = serve(stop);
            raise_terminate();
        });
        wait_for_signal({});
    }
    return result;
}

// "001LOG0065800041" and those behind it.
D0Device asked_device(std::string address, std::size_t number) {
    constexpr int first_serial = 41;
    const std::string serial = "001LOG00658000" + std::to_string(first_serial + static_cast<int>(number));
    constexpr double apart = 100; // s: each has values of its own
    return {std::move(address), [serial, late = apart * static_cast<double>(number)](double seconds) {
                return d0_telegram(simulate_values(seconds + late),
                                   {.ident = "LOG5LK13BE803319", .serial = serial, .has_checksum = true});
            }};
}

int simulate_requests(const Options& options, std::string_view dialect, const StreamListen& listen) {
    if (dialect != "d0" || listen.kind == StreamListen::Kind::File) {
        throw UsageError("--mode request is for d0 with --listen serial:///path or tcp://host:port");
    }
    constexpr std::size_t most_devices = 16;
    D0ServerOptions server;
    server.listen = listen;
    for (const std::string_view address : split(options.addresses, ',')) {
        server.devices.push_back(asked_device(std::string(trim(address)), server.devices.size()));
    }
    if (server.devices.size() > most_devices) {
        throw UsageError("--addresses takes at most " + std::to_string(most_devices));
    }
    server.print_line = print_line;
    return until_signalled([&](const std::stop_token& stop) { return serve_d0_requests(server, stop); });
}

std::chrono::sys_seconds winter_time_now() {
    return std::chrono::sys_seconds(std::chrono::seconds(unix_milliseconds() / 1000)) + std::chrono::hours(1);
}

int simulate_stream(const Options& options, std::string_view dialect) {
    StreamOptions stream;
    const auto listen = parse_stream_listen(options.listen);
    if (!listen) {
        throw UsageError("--listen must be serial:///path, tcp://host:port or file:///path");
    }
    if (options.mode == "request") {
        return simulate_requests(options, dialect, *listen);
    }
    if (!options.addresses.empty()) {
        throw UsageError("--addresses needs --mode request");
    }
    if (options.mode != "push") {
        throw UsageError("--mode must be push or request");
    }
    stream.listen = *listen;
    stream.period = std::chrono::milliseconds(static_cast<long>(options.period * 1000));
    stream.print_line = print_line;
    if (!options.telegram.empty()) {
        stream.telegram = [bytes = bytes_of(read_file(options.telegram))](double) { return bytes; };
    } else if (dialect == "p1") {
        P1Meter meter;
        meter.begin = winter_time_now();
        stream.telegram = [meter](double seconds) {
            return bytes_of(p1_telegram(simulate_values(seconds), meter));
        };
    } else if (dialect == "d0") {
        stream.telegram = [](double seconds) { return bytes_of(d0_telegram(simulate_values(seconds))); };
    } else {
        stream.telegram = [](double seconds) { return sml_telegram(simulate_values(seconds)); };
    }
    return until_signalled([&](const std::stop_token& stop) { return serve_stream(stream, stop); });
}

ModbusImage image_of(const Options& options, std::string_view driver) {
    if (!options.image.empty()) {
        return parse_modbus_image(read_file(options.image));
    }
    auto image = built_in_image(driver);
    if (!image) {
        throw UsageError("unknown meter " + in_quotes(driver) +
                         ": see gridbridge --help, or modbus with --image FILE");
    }
    return std::move(*image);
}

// Replaces the file as a whole: the meter may be ended at any moment.
void write_memory(const std::string& path, const std::string& memory) {
    const std::string fresh = path + ".new";
    std::ofstream(fresh, std::ios::binary) << memory;
    if (std::rename(fresh.c_str(), path.c_str()) != 0) {
        throw std::runtime_error(path + ": cannot be written");
    }
}

ModbusImage signing_image(const Options& options, const SlaveFaults& faults) {
    constexpr Names<int, 3> signatures{{{"384", 384}, {"256", 256}, {"none", 0}}};
    SigningMeterOptions meter;
    if (const std::string problem = take_name(signatures, options.signature, meter.bits); !problem.empty()) {
        throw UsageError("--signature " + problem);
    }
    if (!options.memory.empty()) {
        meter.memory = std::ifstream(options.memory).good() ? read_file(options.memory) : std::string();
        meter.remember = [path = options.memory](const std::string& memory) { write_memory(path, memory); };
    }
    meter.corrupt_every = faults.corrupt_every;
    return signing_meter(std::move(meter));
}

int simulate_slave(const Options& options, std::string_view driver) {
    SlaveOptions slave;
    const auto listen = parse_slave_listen(options.listen);
    if (!listen) {
        throw UsageError("--listen must be rtu:///path, tcp://host:port or rtutcp://host:port");
    }
    slave.listen = *listen;
    for (const std::string& fault : options.faults) {
        if (const std::string problem = parse_fault(fault, slave.faults); !problem.empty()) {
            throw UsageError("--fault " + in_quotes(fault) + ": " + problem);
        }
    }
    const bool signs = driver == "em580" && options.image.empty();
    slave.images.push_back(signs ? signing_image(options, slave.faults) : image_of(options, driver));
    slave.images.front().unit =
        options.image.empty() || options.unit != 1 ? options.unit : slave.images.front().unit;
    slave.pace_baud = options.pace.value_or(0);
    slave.turnaround = std::chrono::milliseconds(options.turnaround);
    slave.print_line = print_line;
    return until_signalled([&](const std::stop_token& stop) { return serve_slave(slave, stop); });
}

} // namespace

int run_simulate(const Options& options) {
    try {
        if (options.arguments.size() != 1 || options.listen.empty()) {
            throw UsageError(
                "simulate needs one meter and where it listens: gridbridge simulate "
                "p1|sml|d0|em24|em540|et112|et340|em340_s27|em580|sunspec|sunspec_meter|modbus --listen URI");
        }
        if (options.period < 0.001 || options.period > 3600) {
            throw UsageError("--period must be seconds from 0.001 to 3600");
        }
        const std::string& driver = options.arguments[0];
        const bool sends = std::any_of(driver_table.begin(), driver_table.end(), [&](const DriverRow& row) {
            return row.is_stream && !row.is_formed && row.name == driver;
        });
        return sends ? simulate_stream(options, driver) : simulate_slave(options, driver);
    } catch (const UsageError& error) {
        std::cerr << "gridbridge: " << error.what() << '\n';
        return exit_code::usage;
    } catch (const std::invalid_argument& error) {
        std::cerr << "gridbridge: " << options.image << ": " << error.what() << '\n';
        return exit_code::bad_data;
    } catch (const std::exception& error) {
        std::cerr << "gridbridge: " << error.what() << '\n';
        return exit_code::io;
    }
}

} // namespace gridbridge
