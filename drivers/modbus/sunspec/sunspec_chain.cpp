#include "drivers/modbus/sunspec/sunspec_chain.hpp"

#include <algorithm>
#include <set>

namespace gridbridge::sunspec {
namespace {

constexpr unsigned address_count = 0x10000;
constexpr unsigned head_words = 2;
constexpr std::uint16_t end_model = 0xFFFF;

std::optional<RegisterAddress> head_at(unsigned address) {
    return address + head_words <= address_count ? std::optional(static_cast<RegisterAddress>(address))
                                                 : std::nullopt;
}

struct Candidate {
    ChainDevice device;
    std::size_t group = 0; // models 1 up to here
};

std::vector<Candidate> candidates(std::span<const ChainModel> chain, ModelKind kind) {
    std::vector<Candidate> found;
    std::optional<ChainModel> common;
    std::size_t group = 0;
    for (const ChainModel& model : chain) {
        if (model.id == common_model) {
            common = model;
            ++group;
        }
        const MeasuringModel* const type = find_measuring_model(model.id);
        if (type != nullptr && type->kind == kind) {
            found.push_back({{type, model, common, std::nullopt}, group});
        }
    }
    return found;
}

// Whether `other`, further down the chain, is taken instead.
bool is_better(const Candidate& other, const Candidate& best, ModelKind kind) {
    if (kind == ModelKind::Meter && other.group != best.group) {
        return false;
    }
    return other.device.type->is_float || !best.device.type->is_float;
}

std::optional<ChainModel> rating_in(std::span<const ChainModel> chain, std::size_t wanted_group) {
    std::size_t group = 0;
    for (const ChainModel& model : chain) {
        group += model.id == common_model ? 1 : 0;
        if (group == wanted_group && find_rating_model(model.id) != nullptr) {
            return model;
        }
    }
    return std::nullopt;
}

} // namespace

ChainWalk::ChainWalk(RegisterAddress base) : next_(head_at(number_of(base) + head_words)) {}

void ChainWalk::take(std::uint16_t id, std::uint16_t length) {
    if (!next_) {
        return;
    }
    const ChainModel model{id, length, *next_};
    next_.reset();
    const bool is_end = id == end_model || id == 0 || length == 0xFFFF;
    if (is_end || model.end() > address_count) {
        return;
    }
    models_.push_back(model);
    if (models_.size() < max_models) {
        next_ = head_at(model.end());
    }
}

std::optional<ChainDevice> choose_device(std::span<const ChainModel> chain, ModelKind kind) {
    std::optional<Candidate> best;
    for (const Candidate& other : candidates(chain, kind)) {
        if (!best || is_better(other, *best, kind)) {
            best = other;
        }
    }
    if (!best) {
        return std::nullopt;
    }
    best->device.rating = kind == ModelKind::Inverter ? rating_in(chain, best->group) : std::nullopt;
    return best->device;
}

std::size_t device_count(std::span<const ChainModel> chain, ModelKind kind) {
    std::set<std::size_t> groups;
    for (const Candidate& candidate : candidates(chain, kind)) {
        groups.insert(candidate.group);
    }
    return groups.size();
}

std::string common_text(std::span<const std::uint16_t> model, CommonText text) {
    if (std::size_t{text.offset} + text.words > model.size()) {
        return {};
    }
    std::string found;
    for (const std::uint16_t word : model.subspan(text.offset, text.words)) {
        found += static_cast<char>(word >> 8U);
        found += static_cast<char>(word & 0xFFU);
    }
    found.erase(std::min(found.find('\0'), found.size()));
    std::erase_if(found, [](char c) { return c < 0x20 || c > 0x7E; });
    found.erase(0, found.find_first_not_of(' '));
    found.erase(found.find_last_not_of(' ') + 1);
    return found;
}

} // namespace gridbridge::sunspec
