// `gridbridge scan` on pseudo terminals and loopback.
#include "app/simulate/pty.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <stop_token>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace gridbridge::testing_support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

std::vector<std::string> scan_of(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "scan");
    return arguments;
}

// The other end of a serial line, driven by the test: `react` gets what arrived, every 20 ms at least.
class Wire {
  public:
    using React = std::function<std::string(const std::string& arrived)>;

    Wire(std::string link, React react) : pty_(std::move(link)), react_(std::move(react)) {}

    const std::string& path() const { return pty_.path(); }
    std::string arrived() {
        thread_.request_stop();
        thread_.join();
        return arrived_;
    }

  private:
    void serve(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            pollfd ready{pty_.master(), POLLIN, 0};
            ::poll(&ready, 1, 20);
            std::array<char, 256> chunk{};
            const ssize_t count = ::read(pty_.master(), chunk.data(), chunk.size());
            const std::string now(chunk.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
            arrived_ += now;
            const std::string answer = react_(now);
            EXPECT_EQ(::write(pty_.master(), answer.data(), answer.size()), std::ssize(answer));
        }
    }

    Pty pty_;
    React react_;
    std::string arrived_;
    std::jthread thread_{[this](const std::stop_token& stop) { serve(stop); }};
};

// Keeps everybody but root off the port.
bool is_marked_exclusive(const std::string& port) {
    const int fd = ::open(port.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    int exclusive = -1;
    EXPECT_EQ(::ioctl(fd, TIOCGEXCL, &exclusive), 0) << port;
    ::close(fd);
    return exclusive != 0;
}

std::string silence(const std::string& /*arrived*/) {
    return {};
}

TEST(Scan, FindsUnitSevenOnASerialPortAndPrintsATable) {
    const Folder folder;
    const std::string port = folder.path("usb-FTDI_FT232R_USB_UART_A1-if00-port0");
    const SimulatedMeter meter("em24", "rtu://" + port, {"--unit", "7"});
    const Result result = gridbridge(scan_of({port, "--bauds", "9600", "--units", "6-8"}));
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_THAT(result.output, StartsWith("CONNECTION"));
    EXPECT_THAT(result.output, AllOf(HasSubstr(port + "  9600 8N1  7 "), HasSubstr("EM24-DIN"),
                                     HasSubstr("BX1230010001S"), Not(HasSubstr("/dev/pts"))));
    EXPECT_THAT(result.errors, HasSubstr(port + ": 9600 8N1, unit 6 (1 of 6), found 0")) << "progress";
}

TEST(Scan, ADeviceThatIsNoPortIsNotCalledInUse) {
    const Result result = gridbridge(scan_of({"/dev/null"}));
    EXPECT_EQ(result.exit_code, 74);
    EXPECT_THAT(result.errors, AllOf(HasSubstr("/dev/null is not a serial port"), Not(HasSubstr("in use"))));
}

TEST(Scan, TcpFramingsAreToldApartAndTheTomlIsAConfiguration) {
    const Folder folder;
    const SimulatedMeter tcp("em540", "tcp://127.0.0.1:0", {"--unit", "3"});
    const SimulatedMeter serial("em24", "rtutcp://127.0.0.1:0");
    const std::string tcp_host = tcp.uri.substr(tcp.uri.find("//") + 2);
    const std::string serial_host = serial.uri.substr(serial.uri.find("//") + 2);
    const Result result =
        gridbridge(scan_of({tcp_host, serial_host, "--units", "1,3", "--timeout", "500", "--toml"}));
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_THAT(result.errors, AllOf(HasSubstr("Modbus TCP"), HasSubstr("RTU over TCP")));
    EXPECT_THAT(result.output, AllOf(HasSubstr("uri = \"cg+tcp://" + tcp_host + "?unit=3\""),
                                     HasSubstr("uri = \"cg+rtutcp://" + serial_host + "\"")));
    folder.write("found.toml", result.output);
    const Result check = gridbridge({"check-config", "--config", folder.path("found.toml")});
    EXPECT_EQ(check.exit_code, 0) << check.errors;
    EXPECT_THAT(check.output, AllOf(HasSubstr("cg+tcp://" + tcp_host), HasSubstr("unit = 3")));
}

TEST(Scan, ANetworkIsSearchedAndOnlyWhatAcceptsIsReported) {
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const std::string port = meter.uri.substr(meter.uri.rfind(':'));
    const Result result = gridbridge(scan_of({"127.0.0.0/28" + port, "--units", "1", "--timeout", "500"}));
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_THAT(result.output, HasSubstr("127.0.0.1" + port + "  Modbus TCP"));
    EXPECT_THAT(result.output + result.errors, Not(HasSubstr("cannot connect")));
}

TEST(Scan, APortInServiceIsRefusedAndItsHolderNamed) {
    const Folder folder;
    const std::string port = folder.path("usb-port0");
    const SimulatedMeter meter("em24", "rtu://" + port);
    const Broker broker;
    const RunningService service(broker, {"cg+rtu://" + port}, folder.path("state"));
    Subscriber values(broker);
    ASSERT_TRUE(values.newest("/Ac/Power")) << service.process->errors();
    const Result result = gridbridge(scan_of({port}));
    EXPECT_EQ(result.exit_code, 74);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors, AllOf(HasSubstr("error: " + port + " is in use by gridbridge (pid "),
                                     HasSubstr("stop it first"), Not(HasSubstr("hint"))));
    const RunningService second(broker, {"cg+rtu://" + port}, folder.path("state2"));
    EXPECT_TRUE(second.process->wait_for_line(port + " is in use by another program"))
        << "the lock: " << second.process->errors();
}

TEST(Scan, SilenceGivesAHintAndExitCode69) {
    const Folder folder;
    Wire wire(folder.path("port"), silence);
    const Result result =
        gridbridge(scan_of({wire.path(), "--bauds", "9600", "--parities", "none", "--units", "1-2"}));
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_EQ(result.output, "");
    EXPECT_THAT(result.errors, AllOf(HasSubstr("hint: " + wire.path() + ": absolute silence"),
                                     HasSubstr("A and B swapped"), HasSubstr("no meter found")));
    EXPECT_FALSE(is_marked_exclusive(wire.path()));
    const std::string arrived = wire.arrived();
    EXPECT_EQ(arrived.substr(0, 6), std::string("\x01\x03\x00\x0B\x00\x01", 6))
        << "the code is read as one word";
    std::string last = arrived.substr(std::min<std::size_t>(arrived.size(), 2 * 8)); // behind two requests
    for (char& c : last) {
        c = static_cast<char>(c & 0x7F); // a pty has no parity of its own
    }
    EXPECT_EQ(last, "/?!\r\n") << "one sign-on, at the end";
}

TEST(Scan, AnEchoIsNamed) {
    const Folder folder;
    const Wire wire(folder.path("port"), [](const std::string& arrived) { return arrived; });
    const Result result = gridbridge(scan_of({wire.path()}));
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.errors, AllOf(HasSubstr("the adapter echoes"), Not(HasSubstr("silence"))));
}

TEST(Scan, GarbageIsNamedWithItsSetting) {
    const Folder folder;
    Wire wire(folder.path("port"), [](const std::string& arrived) {
        return arrived.empty() ? std::string() : std::string("\xF0\x80\x3C\xF8\x00\xE0\xFE", 7);
    });
    const Result result = gridbridge(
        scan_of({wire.path(), "--bauds", "19200", "--parities", "none", "--units", "1", "--timeout", "150"}));
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.errors, AllOf(HasSubstr("something answers at 19200 8N1, but not readably"),
                                     HasSubstr("not tried yet: --bauds 9600,38400"), Not(HasSubstr("echo"))));
    EXPECT_EQ(wire.arrived().find("\xAF\x3F\x21"), std::string::npos) << "no sign-on where somebody answers";
}

TEST(Scan, NothingIsSentOnABusWithAnotherMaster) {
    const Folder folder;
    Wire wire(folder.path("port"), [](const std::string& /*arrived*/) {
        return std::string("\x01\x03\x00\x00\x00\x02\xC4\x0B", 8);
    });
    const Result result = gridbridge(scan_of({wire.path()}));
    EXPECT_EQ(result.exit_code, 74);
    EXPECT_THAT(result.errors, AllOf(HasSubstr("the bus is in service"), HasSubstr(wire.path())));
    EXPECT_FALSE(is_marked_exclusive(wire.path())) << "it was only listened to";
    EXPECT_EQ(wire.arrived(), "");
}

TEST(Scan, PortsOfSmartMetersAreRecognised) {
    const Folder folder;
    for (const std::string dialect : {"p1", "sml", "d0"}) {
        const SimulatedMeter meter(dialect, "serial://" + folder.path(dialect), {"--period", "0.5"});
        const Result result = gridbridge(scan_of({folder.path(dialect), "--toml"}));
        EXPECT_EQ(result.exit_code, 0);
        EXPECT_THAT(result.errors, HasSubstr("use " + dialect + "+serial://" + folder.path(dialect)));
        EXPECT_EQ(result.output,
                  "[[meter]]\nuri = \"" + dialect + "+serial://" + folder.path(dialect) + "\"\n\n");
    }
}

TEST(Scan, AMeterThatMustBeAskedIsFound) {
    const Folder folder;
    const std::string port = folder.path("head");
    const SimulatedMeter meter("d0", "serial://" + port, {"--mode", "request"});
    const Result result =
        gridbridge(scan_of({port, "--bauds", "9600", "--parities", "none", "--units", "1", "--toml"}));
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_EQ(result.output, "[[meter]]\nuri = \"d0+serial://" + port + "?mode=request\"\n\n");
    EXPECT_THAT(result.errors, AllOf(HasSubstr("signing on"), HasSubstr("answers when it is asked")));
    const Result read = gridbridge({"read", "--meter", "d0+serial://" + port + "?mode=request"});
    EXPECT_EQ(read.exit_code, 0) << "the entry works: " << read.errors;
}

TEST(Scan, InterruptStopsAtOnce) {
    const Folder folder;
    const Wire wire(folder.path("port"), silence);
    Process scan({GRIDBRIDGE_PROGRAM, "scan", wire.path()});
    ASSERT_TRUE(scan.wait_for_line("unit 1 (1 of 120)"));
    scan.signal(SIGINT);
    EXPECT_EQ(scan.wait(std::chrono::seconds(2)), 69);
    scan.drain();
    EXPECT_THAT(scan.output(), IsEmpty());
    EXPECT_THAT(scan.errors(), AllOf(HasSubstr("stopped before the end"), Not(HasSubstr("hint"))));
}

TEST(Scan, HelpNamesItsOptions) {
    const std::string help = gridbridge({"--help"}).output;
    for (const char* word :
         {"gridbridge scan [PORT|HOST[:PORT]|NETWORK]", "--units", "--bauds", "--parities", "--toml"}) {
        EXPECT_THAT(help, HasSubstr(word));
    }
}

TEST(Scan, ErrorsNameThePortAndTheFix) {
    const Folder folder;
    const Result missing = gridbridge(scan_of({folder.path("none")}));
    EXPECT_EQ(missing.exit_code, 74);
    EXPECT_THAT(missing.errors, HasSubstr(folder.path("none") + " does not exist: not plugged in"));
    folder.write("file", "x");
    const Result file = gridbridge(scan_of({folder.path("file")}));
    EXPECT_EQ(file.exit_code, 74);
    EXPECT_THAT(file.errors, HasSubstr("is not a serial port"));
    const Result nobody = gridbridge(scan_of({"127.0.0.1:" + std::to_string(free_port())}));
    EXPECT_EQ(nobody.exit_code, 69);
    EXPECT_THAT(nobody.errors, HasSubstr("cannot connect to 127.0.0.1"));
    for (const std::vector<std::string>& arguments :
         {std::vector<std::string>{"10.0.0.0/8"}, {"ttyUSB0"}, {"/dev/x", "--units", "0"}}) {
        const Result usage = gridbridge(scan_of(arguments));
        EXPECT_EQ(usage.exit_code, 64) << arguments[0];
        EXPECT_THAT(usage.errors, StartsWith("gridbridge: ")) << arguments[0];
    }
}

} // namespace
} // namespace gridbridge::testing_support
