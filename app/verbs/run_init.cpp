#include "app/config/load_config.hpp"
#include "app/log/make_log.hpp"
#include "app/scan/port_use.hpp"
#include "app/verbs/init_config.hpp"
#include "app/verbs/run.hpp"
#include "app/verbs/venus_import.hpp"
#include "mqtt/files/state_file.hpp"
#include "mqtt/files/state_lock.hpp"
#include "mqtt/settings/settings_store.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace gridbridge {
namespace {

namespace fs = std::filesystem;

// "USB, ftdi_sio" by what the kernel says of the port.
std::string kind_of(const std::string& path) {
    std::error_code error;
    const std::string name = fs::path(path).filename();
    const fs::path device = fs::canonical("/sys/class/tty/" + name + "/device", error);
    if (error) {
        return {};
    }
    const bool usb = device.string().find("/usb") != std::string::npos;
    const fs::path driver = fs::canonical(device / "driver", error).filename();
    return std::string(usb ? "USB" : "on board") + (error ? std::string() : ", " + driver.string());
}

FoundPort describe(const std::string& name) {
    std::error_code error;
    const fs::path path = fs::canonical(name, error);
    FoundPort port{name, error ? name : path.string(), {}, {}};
    port.kind = kind_of(port.path);
    for (const PortHolder& holder : port_holders(port.path)) {
        port.holder = holder.command + " (process " + std::to_string(holder.pid) + ")";
    }
    return port;
}

// Ports by id, and those on the board of which the kernel knows the driver.
std::vector<FoundPort> found_ports() {
    std::vector<FoundPort> ports;
    for (const std::string& name : ports_by_id()) {
        ports.push_back(describe(name));
    }
    std::set<std::string> on_board;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/dev", error)) {
        const std::string name = entry.path().filename();
        for (const char* const prefix : {"ttyAMA", "ttymxc", "ttySC", "ttyO"}) {
            if (name.starts_with(prefix)) {
                on_board.insert(entry.path());
            }
        }
    }
    for (const std::string& path : on_board) {
        ports.push_back(describe(path));
    }
    return ports;
}

void list(const std::vector<FoundPort>& ports) {
    for (const FoundPort& port : ports) {
        std::cerr << port.name << (port.path == port.name ? "" : " -> " + port.path)
                  << (port.kind.empty() ? "" : " (" + port.kind + ")")
                  << (port.holder.empty() ? "" : ", in use by " + port.holder) << '\n';
    }
    if (ports.empty()) {
        std::cerr << "no serial port in " << by_id_folder
                  << ": plug the adapter in, or pass it into the container\n";
    }
}

// Never over a file that is there, unless forced; also not when one appears meanwhile.
int write_config(const std::string& path, const std::string& text, bool force) {
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL);
    const int file = ::open(path.c_str(), flags, 0644);
    if (file < 0) {
        const int reason = errno;
        if (reason == EEXIST) {
            return fail(exit_code::io,
                        path + ": exists already: name another file, or use --force to replace it");
        }
        return fail(reason == EACCES || reason == EPERM ? exit_code::permission : exit_code::io,
                    path + ": cannot be written: " + std::generic_category().message(reason) +
                        ": is the folder there and yours?");
    }
    const ssize_t written = ::write(file, text.data(), text.size());
    const bool closed = ::close(file) == 0;
    if (!closed || written != static_cast<ssize_t>(text.size())) {
        return fail(exit_code::io, path + ": not fully written: is the disk full?");
    }
    std::cerr << "written: " << path << "; next: gridbridge check-config --config " << path << '\n';
    return exit_code::ok;
}

int import_settings(const Options& options) {
    std::ifstream file(options.import_file, std::ios::binary);
    std::string xml(std::istreambuf_iterator<char>(file), {});
    if (!file.is_open() || file.bad()) {
        return fail(exit_code::io, options.import_file + ": cannot be read: is it there and readable?");
    }
    const std::string state_dir = options.state_dir.value_or(load_config(options).config.state_dir);
    const StateFile state(state_dir);
    if (const std::string reason = state.why_not_writable(); !reason.empty()) {
        return fail(exit_code::permission, reason);
    }
    const StateLock lock(state_dir); // a running service would write over what is imported
    if (lock.is_busy()) {
        return fail(exit_code::io, lock.problem());
    }
    Settings settings = load_settings(state_dir, false, make_log(LogLevel::Warn, false));
    const Imported imported = import_venus_settings(xml, settings, options.force);
    for (const std::string& line : imported.lines) {
        std::cout << "imported " << line << '\n';
    }
    for (const std::string& problem : imported.problems) {
        std::cerr << "error: " << options.import_file << ": " << problem << '\n';
    }
    if (!imported.lines.empty()) {
        state.save(settings.to_json());
        std::cerr << "written: " << state.path() << "; the service takes it at its next start\n";
    }
    return imported.problems.empty() ? exit_code::ok : exit_code::bad_data;
}

} // namespace

int run_init(const Options& options) {
    try {
        if (!options.import_file.empty()) {
            return import_settings(options);
        }
        const auto ports = found_ports();
        list(ports);
        const std::string text = commented_config(ports);
        if (!options.output.empty()) {
            return write_config(options.output, text, options.force);
        }
        std::cout << text << std::flush;
        return std::cout ? exit_code::ok : exit_code::io;
    } catch (const std::exception& error) {
        return fail(exit_code::io, error.what());
    }
}

} // namespace gridbridge
