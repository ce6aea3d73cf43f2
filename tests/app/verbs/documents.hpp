// The documents of the tree, as text and as the cells of their tables.
#pragma once

#include <string>
#include <vector>

namespace gridbridge {

// Every *.md of the top folder and below the folders that are shipped or tested, from the top folder.
std::vector<std::string> document_names();

// Empty when there is no such file.
std::string document(const std::string& name);

using TableRow = std::vector<std::string>;

// Cells of the rows of every table with this header line, in order of the document.
std::vector<TableRow> table(const std::string& name, const std::string& header);

// Lines without those of code blocks: fenced, or indented by four blanks behind an empty line.
std::string prose(const std::string& text);

// Anchors of the headings, as GitHub makes them.
std::vector<std::string> anchors(const std::string& text);

} // namespace gridbridge
