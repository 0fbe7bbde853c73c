#include "alembic/graph.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <unordered_map>
#include <utility>

#include "alembic/config.hpp"
#include "alembic/lineage.hpp"
#include "alembic/revision_file.hpp"
#include "alembic/text_file.hpp"
#include "alembic/version_files.hpp"

namespace pgcontract::alembic {
namespace {

std::string place_of(const Revision& revision) { return fmt::format("{}:{}", revision.file, revision.line); }

MigrationProblem problem_of(const Error& error) { return {error.where, error.message, error.hint}; }

// Paths as messages show them; files of one folder share its part.
std::vector<std::string> shown_paths(const std::vector<std::string>& paths, const std::string& shown_directory) {
  std::vector<std::string> shown;
  shown.reserve(paths.size());
  std::string_view folder;
  std::string shown_folder;
  for (const auto& path : paths) {
    const auto slash = path.rfind('/');
    const auto in = std::string_view(path).substr(0, slash);
    if (slash == std::string::npos || slash == 0) {
      shown.push_back(shown_path(path, shown_directory));
      continue;
    }
    if (in != folder) shown_folder = shown_path(std::string(in), shown_directory);
    folder = in;
    shown.push_back(shown_folder == "." ? path.substr(slash + 1) : shown_folder + path.substr(slash));
  }
  return shown;
}

// A history has a thousand files: read side by side, each into its own slot.
std::vector<RevisionFile> read_files(const std::vector<std::string>& paths, const std::vector<std::string>& shown) {
  constexpr std::size_t kFilesWorthAThread = 100;
  constexpr std::size_t kMostThreads = 4;
  std::vector<RevisionFile> files(paths.size());
  std::atomic<std::size_t> next = 0;
  const auto read = [&] {
    for (std::size_t i = next++; i < paths.size(); i = next++) {
      const auto text = read_text_file(paths[i], shown[i]);
      files[i] = text ? parse_revision_file(*text, shown[i]) : RevisionFile{std::nullopt, {problem_of(text.error())}};
    }
  };
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < std::min({paths.size() / kFilesWorthAThread, cores, kMostThreads}); ++i)
    threads.emplace_back(read);
  read();
  threads.clear();  // joined
  return files;
}

// Headers that are more than literals: Alembic is asked for all of them at once. Where it does not know either, the
// problem stays, with what it said.
void ask_for_computed(const Ask& ask, const std::string& section, const std::vector<std::string>& paths,
                      const std::vector<std::string>& shown, std::vector<RevisionFile>& files) {
  std::vector<std::string> computed;
  for (std::size_t i = 0; i < files.size(); ++i)
    if (!files[i].computed.empty()) computed.push_back(paths[i]);
  if (!ask || computed.empty()) return;
  auto asked = ask(section, computed);
  std::size_t number = 0;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto& file = files[i];
    if (file.computed.empty()) continue;
    const std::string error = asked ? (*asked)[number].error : asked.error().message;
    if (!error.empty()) {
      for (auto& problem : file.problems) problem.hint += fmt::format(" Alembic was asked, and says: {}.", error);
    } else {
      Revision& answer = (*asked)[number].revision;
      answer.file = shown[i];
      answer.line = file.revision ? file.revision->line : 1;
      answer.computed = fmt::format("{}", fmt::join(file.computed, ", "));
      std::erase_if(file.problems, [](const auto& problem) {
        return problem.message.find("cannot be read statically") != std::string::npos;
      });
      file.revision = std::move(answer);
    }
    ++number;
  }
}

// Every revision that can be read; where an id is there twice the last file wins, as it does for Alembic.
std::vector<Revision> revisions_in(std::vector<RevisionFile> files, std::vector<MigrationProblem>& problems) {
  std::vector<Revision> revisions;
  std::unordered_map<std::string, std::size_t> by_id;
  for (auto& file : files) {
    problems.insert(problems.end(), file.problems.begin(), file.problems.end());
    if (!file.revision) continue;
    const auto [entry, added] = by_id.try_emplace(file.revision->id, revisions.size());
    if (added) {
      revisions.push_back(std::move(*file.revision));
      continue;
    }
    auto& earlier = revisions[entry->second];
    problems.push_back({place_of(*file.revision),
                        fmt::format("revision `{}` is there twice: also in {}", earlier.id, place_of(earlier)),
                        "Give one of the two a new id; Alembic silently takes the last it reads."});
    earlier = std::move(*file.revision);
  }
  return revisions;
}

std::string ring(const Lineage::Cycle& cycle, const std::vector<Revision>& revisions) {
  constexpr std::size_t kShown = 8;
  std::string out;
  const auto size = cycle.revisions.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (size > kShown && i == kShown - 2) {
      out += " -> …";
      i = size - 1;
    }
    out += (i > 0 ? " -> " : "") + revisions[static_cast<std::size_t>(cycle.revisions[i])].id;
  }
  return out;
}

void report_cycles(const Lineage& lineage, const std::vector<Revision>& revisions,
                   std::vector<MigrationProblem>& problems) {
  for (const auto& cycle : lineage.cycles()) {
    const auto& first = revisions[static_cast<std::size_t>(cycle.revisions.front())];
    const auto* variable = cycle.dependency ? "depends_on" : "down_revision";
    if (cycle.revisions.size() == 2)
      problems.push_back({place_of(first), fmt::format("revision `{}` names itself in {}", first.id, variable),
                          fmt::format("Correct its {}.", variable)});
    else
      problems.push_back({place_of(first),
                          fmt::format("{} in {}: {}", cycle.dependency ? "a dependency cycle" : "a cycle", variable,
                                      ring(cycle, revisions)),
                          fmt::format("Correct the {} of one of them.", variable)});
  }
}

void report_names(const Lineage& lineage, const std::vector<Revision>& revisions,
                  std::vector<MigrationProblem>& problems) {
  for (const auto& missing : lineage.missing()) {
    const auto& revision = revisions[static_cast<std::size_t>(missing.revision)];
    const bool label = !missing.dependency && lineage.is_label(missing.name);
    problems.push_back({place_of(revision),
                        fmt::format("{} `{}` of revision `{}` {}", missing.dependency ? "depends_on" : "down_revision",
                                    missing.name, revision.id, label ? "is a branch label" : "is in no file"),
                        label ? "Write the id of the revision instead of its label."
                              : "Restore the file that defines it from version control, or correct the id; ids must "
                                "be written in full."});
  }
  for (const auto& clash : lineage.label_clashes()) {
    const auto& revision = revisions[static_cast<std::size_t>(clash.revision)];
    const auto& holder = revisions[static_cast<std::size_t>(clash.holder)];
    problems.push_back({place_of(revision),
                        fmt::format("branch label `{}` of revision `{}` is taken by revision `{}`", clash.label,
                                    revision.id, holder.id),
                        "Choose another label: Alembic refuses to read the history."});
  }
}

std::vector<int> known_rows(const Lineage& lineage, const std::vector<std::string>& current) {
  std::vector<int> out;
  for (const auto& row : current)
    if (const int index = lineage.find(row); index >= 0) out.push_back(index);
  return out;
}

}  // namespace

RevisionGraph read_graph(const std::string& config_path, const std::string& section, const std::string& shown_directory,
                         const Ask& ask) {
  RevisionGraph graph;
  graph.section = section;
  const auto ini = read_ini(config_path, shown_directory);
  if (!ini) {
    graph.problems.push_back(problem_of(ini.error()));
    return graph;
  }
  graph.present = ini->has_section(section) || !ini->toml().empty();
  const auto config = resolve_config(*ini, section, shown_directory);
  if (!config) {
    graph.problems.push_back(problem_of(config.error()));
    return graph;
  }
  auto listed = list_version_files(*config, *ini, shown_directory);
  graph.problems = std::move(listed.problems);
  const auto shown = shown_paths(listed.paths, shown_directory);
  auto files = read_files(listed.paths, shown);
  ask_for_computed(ask, section, listed.paths, shown, files);
  auto revisions = revisions_in(std::move(files), graph.problems);

  const Lineage lineage(revisions);
  report_names(lineage, revisions, graph.problems);
  report_cycles(lineage, revisions, graph.problems);
  for (int head : lineage.heads()) graph.heads.push_back(revisions[static_cast<std::size_t>(head)].id);
  std::ranges::sort(graph.heads);
  // Copied, not moved: the lineage looks at `revisions`.
  for (int index : lineage.upgrade_order(Lineage::Set(revisions.size(), true)))
    graph.revisions.push_back(revisions[static_cast<std::size_t>(index)]);
  return graph;
}

std::vector<std::string> pending(const RevisionGraph& graph, const std::vector<std::string>& current) {
  const Lineage lineage(graph.revisions);
  auto wanted = lineage.ancestors(known_rows(lineage, current));
  wanted.flip();
  std::vector<std::string> out;
  for (int index : lineage.upgrade_order(wanted)) out.push_back(graph.revisions[static_cast<std::size_t>(index)].id);
  return out;
}

bool at_head(const RevisionGraph& graph, const std::vector<std::string>& current) {
  const Lineage lineage(graph.revisions);
  auto rows = known_rows(lineage, current);
  auto heads = lineage.real_heads();
  std::ranges::sort(rows);
  std::ranges::sort(heads);
  return rows == heads && unknown_rows(graph, current).empty();
}

std::vector<std::string> unknown_rows(const RevisionGraph& graph, const std::vector<std::string>& current) {
  std::vector<std::string> out;
  for (const auto& row : current)
    if (!graph.find(row)) out.push_back(row);
  return out;
}

}  // namespace pgcontract::alembic
