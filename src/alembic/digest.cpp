#include "alembic/digest.hpp"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "alembic/text_file.hpp"
#include "base/sha256.hpp"

namespace pgcontract::alembic {

void add_digests(RevisionGraph& graph, const std::string& directory) {
  for (auto& revision : graph.revisions) {
    const auto text = read_text_file((std::filesystem::path(directory) / revision.file).string(), revision.file);
    revision.sha256 = text ? sha256(*text) : std::string();
  }
}

std::string digest_of(const MigrationFiles& files) {
  std::vector<std::string> lines;
  for (const RevisionGraph* graph : {&files.application, &files.tenant})
    for (const auto& revision : graph->revisions) {
      if (revision.sha256.empty()) return {};
      lines.push_back(graph->section + "/" + revision.id + " " + revision.sha256 + "\n");
    }
  std::ranges::sort(lines);
  Sha256 sum;
  for (const auto& line : lines) sum.add(line);
  return sum.hex();
}

}  // namespace pgcontract::alembic
