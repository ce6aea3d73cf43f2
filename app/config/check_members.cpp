#include "app/config/check_members.hpp"

#include "drivers/meter/members.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {
namespace {

using Formed = std::span<const MeterConfig>;

// Every maker's serial numbers have more digits than people give names.
bool may_be_serial(std::string_view member) {
    constexpr auto least_digits = 4;
    return std::count_if(member.begin(), member.end(), [](char c) { return is_digit(c); }) >= least_digits;
}

std::string names_text(Formed meters) {
    std::string list;
    for (const MeterConfig& meter : meters) {
        const std::string& name = meter.name.empty() ? meter.serial : meter.name;
        list += name.empty() ? std::string() : (list.empty() ? "" : ", ") + in_quotes(name);
    }
    return list.empty() ? "no meter has a name: give each member one with name = \"...\""
                        : "the names are " + list;
}

std::string unknown_text(const Config& config, const std::string& member) {
    const auto& off = config.disabled_meters;
    if (find_member(off, member)) {
        return "its member " + in_quotes(member) + " has enabled = false: switch it on, or take it out of of";
    }
    std::vector<std::string_view> names;
    for (const MeterConfig& meter : config.meters) {
        for (const std::string* const name : {&meter.name, &meter.serial}) {
            if (!name->empty()) {
                names.push_back(*name);
            }
        }
    }
    return "no meter is called " + in_quotes(member) + did_you_mean(member, names) + ", and " +
           names_text(config.meters);
}

void check_names(const Config& config, const MeterConfig& meter, Findings& findings) {
    const auto error = [&](std::string text) { findings.errors.push_back({meter.uri, std::move(text)}); };
    for (const std::string& member : meter.members) {
        const auto count =
            std::count_if(config.meters.begin(), config.meters.end(),
                          [&](const MeterConfig& other) { return is_configured_as(other, member); });
        if (count > 1) {
            error("its member " + in_quotes(member) + " is the name of " + std::to_string(count) +
                  " meters: give each a name of its own");
        } else if (count == 0 && !may_be_serial(member)) {
            error(unknown_text(config, member));
        }
    }
}

void check_serial(Formed before, const MeterConfig& meter, Findings& findings) {
    const auto same = std::find_if(before.begin(), before.end(), [&](const MeterConfig& other) {
        return is_formed(other.driver) && other.serial == meter.serial;
    });
    if (same != before.end()) {
        findings.errors.push_back({meter.uri, "its name " + in_quotes(meter.serial) + " is that of " +
                                                  same->uri + ": each needs one of its own"});
    }
}

// "House is formed of Rest, Rest of House".
std::string cycle_text(Formed meters, std::size_t start) {
    std::string text = meters[start].serial + " is formed of ";
    std::vector<std::size_t> way{start};
    const auto order = forming_order(meters);
    const auto is_open = [&](const std::string& member) {
        const auto found = find_member(meters, member);
        return found && is_formed(meters[*found].driver) &&
               std::find(order.begin(), order.end(), *found) == order.end();
    };
    while (true) { // each of these has such a member
        const auto& members = meters[way.back()].members;
        const std::size_t next = *find_member(meters, *std::find_if(members.begin(), members.end(), is_open));
        text += meters[next].serial;
        if (std::find(way.begin(), way.end(), next) != way.end()) {
            return text;
        }
        text += ", " + meters[next].serial + " of ";
        way.push_back(next);
    }
}

void check_cycles(Formed meters, Findings& findings) {
    const auto order = forming_order(meters);
    for (std::size_t index = 0; index < meters.size(); ++index) {
        if (is_formed(meters[index].driver) && std::find(order.begin(), order.end(), index) == order.end()) {
            findings.errors.push_back({meters[index].uri, "cannot be formed of itself (" +
                                                              cycle_text(meters, index) +
                                                              "): take one of them out of of"});
        }
    }
}

// Who looks for the grid meter would find two.
void check_roles(Formed meters, const MeterConfig& meter, Findings& findings) {
    for (const std::string& member : meter.members) {
        const auto found = find_member(meters, member);
        if (found && configured_role(meter) == "grid" && configured_role(meters[*found]) == "grid") {
            findings.warnings.push_back({meter.uri, "is a grid meter, and so is its member " +
                                                        in_quotes(member) +
                                                        ": set role = \"acload\" or another for the member"});
        }
    }
}

} // namespace

void check_members(const Config& config, Findings& findings) {
    const Formed meters = config.meters;
    for (std::size_t index = 0; index < meters.size(); ++index) {
        if (is_formed(meters[index].driver)) {
            check_names(config, meters[index], findings);
            check_serial(meters.first(index), meters[index], findings);
            check_roles(meters, meters[index], findings);
        }
    }
    check_cycles(meters, findings);
}

} // namespace gridbridge
