// The reader of src/alembic as a filter, for alembic_graph_test.py to compare with Alembic itself. Each line of stdin
// is
//   graph <TAB> alembic.ini <TAB> section <TAB> directory [<TAB> row,row…]…     a history and some version tables
//   script <TAB> file                                                          output of `alembic upgrade --sql`
//   route <TAB> upgrade|downgrade|stamp <TAB> target <TAB> row,row…            over the history read last
// and each is answered by one line of JSON.

#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "alembic/graph.hpp"
#include "alembic/route.hpp"
#include "alembic/script.hpp"

namespace {

using Json = nlohmann::ordered_json;
using namespace pgcontract;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> out{""};
  for (char c : text) {
    if (c == separator)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

RevisionGraph last_read;

Json graph(const std::vector<std::string>& fields) {
  const auto& read = last_read = alembic::read_graph(fields.at(1), fields.at(2), fields.at(3));
  Json out{{"present", read.present}, {"heads", read.heads}};
  out["revisions"] = Json::array();
  for (const auto& revision : read.revisions)
    out["revisions"].push_back({{"id", revision.id},
                                {"down", revision.down},
                                {"depends_on", revision.depends_on},
                                {"labels", revision.labels},
                                {"message", revision.message},
                                {"file", revision.file}});
  out["problems"] = Json::array();
  for (const auto& problem : read.problems) out["problems"].push_back(problem.where + ": " + problem.message);
  out["states"] = Json::array();
  for (std::size_t i = 4; i < fields.size(); ++i) {
    const auto rows = fields[i].empty() ? std::vector<std::string>{} : split(fields[i], ',');
    out["states"].push_back({{"pending", alembic::pending(read, rows)},
                             {"at_head", alembic::at_head(read, rows)},
                             {"unknown", alembic::unknown_rows(read, rows)}});
  }
  return out;
}

Json script(const std::vector<std::string>& fields) {
  std::ifstream stream(fields.at(1), std::ios::binary);
  const auto parts = alembic::split_rendered(std::string(std::istreambuf_iterator<char>(stream), {}));
  if (!parts) return {{"error", parts.error().describe()}};
  Json out = Json::array();
  for (const auto& part : *parts) {
    Json statements = Json::array();
    for (const auto& statement : part.statements)
      statements.push_back({{"text", statement.text}, {"transactional", statement.transactional}});
    out.push_back({{"upgrade", part.upgrade}, {"from", part.from}, {"to", part.to}, {"statements", statements}});
  }
  return out;
}

Json route(const std::vector<std::string>& fields) {
  const alembic::RevisionMap map(last_read);
  const auto rows = fields.at(3).empty() ? std::vector<std::string>{} : split(fields[3], ',');
  const auto walk = fields.at(1) == "upgrade"     ? alembic::upgrade_route
                    : fields.at(1) == "downgrade" ? alembic::downgrade_route
                                                  : alembic::stamp_route;
  const auto found = walk(map, rows, fields.at(2));
  if (!found) return {{"error", found.error().describe()}};
  Json out = Json::array();
  for (const auto& step : *found)
    out.push_back({{"revision", step.revision},
                   {"upgrade", step.upgrade},
                   {"from", step.from},
                   {"to", step.to},
                   {"deleted", step.rows.deleted},
                   {"inserted", step.rows.inserted},
                   {"updated", step.rows.updated ? Json{step.rows.updated->first, step.rows.updated->second} : Json()},
                   {"rows", step.rows_after}});
  return out;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const auto fields = split(line, '\t');
    const auto answer = fields.at(0) == "graph"    ? graph(fields)
                        : fields.at(0) == "script" ? script(fields)
                                                   : route(fields);
    fmt::print("{}\n", answer.dump());
    std::fflush(stdout);
  }
}
