#include "tests/app/verbs/documents.hpp"

#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>

namespace gridbridge {
namespace {

const std::filesystem::path top(GRIDBRIDGE_SOURCE_DIR);

// `\|` stands for a bar inside of a cell.
TableRow cells_of(std::string_view line) {
    TableRow cells(1);
    for (std::size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
            cells.back() += line[++i];
        } else if (line[i] == '|') {
            cells.emplace_back();
        } else {
            cells.back() += line[i];
        }
    }
    for (std::string& cell : cells) {
        cell = std::string(trim(cell));
    }
    return cells;
}

std::string anchor_of(std::string_view heading) {
    std::string anchor;
    for (const char letter : heading) {
        const auto code = static_cast<unsigned char>(letter);
        if (letter == ' ') {
            anchor += '-';
        } else if (std::isalnum(code) != 0 || letter == '-' || letter == '_') {
            anchor += static_cast<char>(std::tolower(code));
        }
    }
    return anchor;
}

} // namespace

std::vector<std::string> document_names() {
    namespace fs = std::filesystem;
    std::vector<std::string> names;
    const auto take = [&](const fs::directory_entry& entry) {
        if (entry.path().extension() == ".md") {
            names.push_back(entry.path().lexically_relative(top).string());
        }
    };
    for (const fs::directory_entry& entry : fs::directory_iterator(top)) {
        take(entry);
    }
    for (const char* const folder : {"app", "docker", "drivers", "mqtt", "systemd", "tests"}) {
        for (const fs::directory_entry& entry : fs::recursive_directory_iterator(top / folder)) {
            take(entry);
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string document(const std::string& name) {
    std::ifstream file(top / name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::vector<TableRow> table(const std::string& name, const std::string& header) {
    std::istringstream text(document(name));
    std::vector<TableRow> rows;
    std::string line;
    while (std::getline(text, line)) {
        if (line != header) {
            continue;
        }
        std::getline(text, line); // |---|
        while (std::getline(text, line) && line.starts_with('|')) {
            rows.push_back(cells_of(line));
        }
    }
    return rows;
}

std::string prose(const std::string& text) {
    std::string kept;
    bool is_fenced = false;
    bool is_code = false;
    bool was_empty = true;
    for (const std::string_view line : split(text, '\n')) {
        if (line.starts_with("```")) {
            is_fenced = !is_fenced;
            continue;
        }
        is_code = line.starts_with("    ") ? is_code || was_empty : line.empty() && is_code;
        was_empty = line.empty();
        if (!is_fenced && !is_code) {
            kept.append(line).append("\n");
        }
    }
    return kept;
}

std::vector<std::string> anchors(const std::string& text) {
    std::vector<std::string> found;
    const std::string without_code = prose(text);
    for (const std::string_view line : split(without_code, '\n')) {
        const std::size_t level = line.find_first_not_of('#');
        if (level != std::string_view::npos && level > 0 && line[level] == ' ') {
            found.push_back(anchor_of(line.substr(level + 1)));
        }
    }
    return found;
}

} // namespace gridbridge
