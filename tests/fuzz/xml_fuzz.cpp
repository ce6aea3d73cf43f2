// Any bytes as the settings.xml of a GX: what is taken can be kept and read again.
#include "app/verbs/venus_import.hpp"

#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gridbridge;
    Settings settings;
    const std::string_view xml(reinterpret_cast<const char*>(data), size);
    const Imported first = import_venus_settings(xml, settings, false);
    if (first.lines.empty() && first.problems.empty()) {
        std::abort(); // neither taken nor explained
    }
    const auto again = Settings::from_json(settings.to_json());
    if (!again || again->to_json() != settings.to_json()) {
        std::abort();
    }
    static_cast<void>(import_venus_settings(xml, settings, true));
    return 0;
}
