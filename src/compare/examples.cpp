#include "compare/examples.hpp"

#include <algorithm>
#include <span>

#include "base/embedded.hpp"

namespace pgcontract::compare {

std::span<const EmbeddedText> embedded_texts();

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

bool is_title(std::string_view line) { return line.starts_with("# holds: ") || line.starts_with("# breaks: "); }

std::string path_of(std::string_view clause_id) {
  std::string path(clause_id);
  std::ranges::replace(path, '.', '/');
  return path + ".examples";
}

void trim_end(std::string& text) {
  while (text.ends_with('\n')) text.pop_back();
}

}  // namespace

std::vector<Example> examples_of(std::string_view clause_id) {
  std::vector<Example> examples;
  bool in_body = false;
  for (std::string_view line : lines_of(find_embedded(embedded_texts(), path_of(clause_id)))) {
    if (is_title(line)) {
      examples.push_back({});
      examples.back().title = line.substr(line.find(": ") + 2);
      in_body = true;
    } else if (examples.empty()) {
      continue;
    } else if (in_body && line == "# observation:") {
      examples.back().is_observation = true;
    } else if (in_body && line == "----") {
      in_body = false;
    } else if (in_body) {
      examples.back().body.append(line) += '\n';
    } else if (examples.back().verdict.empty()) {
      examples.back().verdict = line;
    } else if (!line.empty()) {
      examples.back().findings.emplace_back(line);
    }
  }
  for (auto& example : examples) {
    trim_end(example.body);
    std::ranges::sort(example.findings);
  }
  return examples;
}

}  // namespace pgcontract::compare
