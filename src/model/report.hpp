#pragma once
// What a command has to say, as data: the input of report/. Every command fills one of these; report/ renders it as
// text, JSON, JUnit, SARIF or Markdown and decides nothing.

#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "base/result.hpp"
#include "model/attack.hpp"
#include "model/drift.hpp"
#include "model/finding.hpp"
#include "model/proof.hpp"
#include "model/step.hpp"

namespace pgcontract {

enum class Format { Text, Json, JUnit, Sarif, Markdown };

// Where the report comes from; the head of every format.
struct Scene {
  std::string contract_name;   // "stratmaster"
  std::string contract_file;   // "contract.yaml"
  std::string environment;     // "local"
  std::string target;          // Dsn::describe(), never a secret; empty where no cluster was asked
  std::string server_version;  // "15.20"; empty likewise
  Instant at{};
  double duration_seconds = 0;
  int tenants = -1;  // -1: not known
};

// A table for commands that list things (tenants, environments). JSON: objects keyed by `key`.
struct Table {
  struct Column {
    std::string key;    // "display_name"
    std::string title;  // "NAME"
  };
  std::string name;  // JSON key of the list: "tenants"
  std::vector<Column> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;  // nullopt: null
};

struct Report {
  std::string command;  // "verify", "tenant list"
  Scene scene;
  std::optional<Verdicts> verdicts;
  std::optional<Proof> proof;
  std::optional<Plan> plan;
  std::optional<Application> application;
  std::optional<AttackRun> attacks;
  std::optional<Drift> drift;
  std::vector<Table> tables;
  bool finds = false;              // what the tables show is not as it should be
  std::string page;                // Markdown that the text and Markdown formats show instead of the tables (explain)
  std::vector<std::string> notes;  // sentences for the person at the terminal
  std::vector<std::string> next;   // commands to run next
  std::optional<Error> error;      // the command failed
};

}  // namespace pgcontract
