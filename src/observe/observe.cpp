#include "observe/observe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>

#include "alembic/digest.hpp"
#include "alembic/graph.hpp"
#include "observe/catalog.hpp"

namespace pgcontract::observe {
namespace {

// Planning a UNION ALL takes time that grows with the square of its branches: 1,000 version tables cost 0.6 to 0.9 s in
// one statement and 0.1 to 0.3 s in statements of 100 or fewer.
constexpr std::size_t kVersionTablesPerStatement = 100;

// Copies lines into large blocks of the arena, so that a field costs no allocation.
class ArenaWriter {
 public:
  explicit ArenaWriter(Observation& into) : into_(into) {}
  char* keep(std::string_view line) {
    if (line.size() > left_) {
      const std::size_t size = std::max(kBlockSize, line.size());
      into_.arena.push_back(std::make_unique_for_overwrite<char[]>(size));
      next_ = into_.arena.back().get();
      left_ = size;
    }
    char* const start = next_;
    std::memcpy(start, line.data(), line.size());
    next_ += line.size();
    left_ -= line.size();
    return start;
  }

 private:
  static constexpr std::size_t kBlockSize = 256 * 1024;
  Observation& into_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

class Reader {
 public:
  Reader(postgres::Connection& connection, Observation& into) : connection_(connection), into_(into), arena_(into) {}

  // Runs one SELECT under a savepoint: a refused one becomes unreadable[fact] and the rest goes on. Rolling back gives
  // back its locks, of which a server's table by default holds 6,400; released, they would stay to the end, two for
  // each tenant's version table.
  Result<void> read(Fact fact, std::string_view select, const std::function<void(CopyRow&, Observation&)>& reader) {
    PGC_CHECK(connection_.execute("SAVEPOINT fact"));
    ++into_.statements;
    const auto copied = connection_.copy_out(fmt::format("COPY ({}) TO STDOUT", select), [&](std::string_view line) {
      if (line.ends_with('\n')) line.remove_suffix(1);
      CopyRow row(arena_.keep(line), line.size());
      reader(row, into_);
    });
    if (!copied && copied.error().code != ErrorCode::Permission)
      return with_context(copied.error(), fmt::format("reading the {}", to_string(fact)));
    if (!copied) into_.unreadable.emplace(fact, copied.error().message);
    return connection_.execute("ROLLBACK TO SAVEPOINT fact; RELEASE SAVEPOINT fact");
  }

 private:
  postgres::Connection& connection_;
  Observation& into_;
  ArenaWriter arena_;
};

// Gives columns the names of their types, a few dozen of which serve a hundred thousand columns.
Result<void> read_types(Reader& reader, Observation& into) {
  struct Names {
    Text name;
    Text base;
  };
  std::map<std::pair<Oid, int>, Names> types;
  for (const auto& column : into.columns) types.try_emplace({column.type, column.type_modifier});
  if (types.empty()) return {};
  std::string used;
  for (const auto& [type, names] : types)
    used += fmt::format("{}({}, {})", used.empty() ? "" : ", ", type.first, type.second);
  std::string select(query_text("sql/types.sql"));
  constexpr std::string_view kPlace = "{used}";
  select.replace(select.find(kPlace), kPlace.size(), used);
  PGC_CHECK(reader.read(Fact::Columns, select, [&](CopyRow& row, Observation&) {
    const Oid type = row.oid();
    Names& names = types[{type, row.number<int>()}];
    names.name = row.text();
    names.base = row.text();
    if (names.base.empty()) names.base = names.name;
  }));
  for (auto& column : into.columns) {
    const Names& names = types.at({column.type, column.type_modifier});
    column.type_name = names.name;
    column.base_type_name = names.base;
  }
  return {};
}

void read_registered_tenant(CopyRow& row, Observation& into) {
  const Text id = row.text();
  RegisteredTenant tenant{{}, row.text(), row.text(), row.text(), row.text(), row.text()};
  if (const auto parsed = Uuid::parse(id)) tenant.id = *parsed;
  into.registry.tenants.push_back(tenant);
}

// Rows arrive in order of table: index into the list of tables, version.
void read_version(CopyRow& row, Observation& into) {
  const auto table = row.number<std::size_t>();
  const Text version = row.text();
  if (table < into.version_tables.size()) into.version_tables[table].versions.push_back(version);
}

const Relation* find_relation(const Observation& observation, std::string_view schema, std::string_view name) {
  const Schema* home = observation.schema_named(schema);
  if (!home) return nullptr;
  for (const auto& relation : observation.relations_of(home->oid))
    if (relation.name == name) return &relation;
  return nullptr;
}

Result<void> read_registry(Reader& reader, Observation& into) {
  const Schema* home = into.schema_named("pgcontract");
  const Relation* table = find_relation(into, "pgcontract", "tenant");
  if (!home || !table || table->kind != 'r') return {};
  into.registry.present = true;
  constexpr std::string_view kMark = "pgcontract schema version ";
  if (home->comment.starts_with(kMark)) {
    const Text digits = home->comment.substr(kMark.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), into.registry.version);
  }
  const bool old = into.registry.version < 2;
  return reader.read(Fact::Registry, query_text(old ? "sql/registry_1.sql" : "sql/registry.sql"),
                     read_registered_tenant);
}

void read_evidence_row(CopyRow& row, Observation& into) {
  into.evidence.push_back(Evidence{row.text(), row.text(), row.text(), row.text_list()});
}

Result<void> read_evidence(Reader& reader, Observation& into) {
  const Relation* table = find_relation(into, "pgcontract", "evidence");
  if (!table || table->kind != 'r') return {};
  return reader.read(Fact::Evidence, query_text("sql/evidence.sql"), read_evidence_row);
}

// As Alembic makes it. A column of another type may have a cast to text that somebody wrote, and reading it would run
// that as us.
bool is_version_table(const Relation& relation, const std::string& table_name, const Observation& observation) {
  constexpr Oid kText = 25, kVarchar = 1043;
  if (relation.kind != 'r' || relation.name != table_name) return false;
  const Column* version = observation.column_named(relation.oid, "version_num");
  return version && (version->type == kVarchar || version->type == kText);
}

// ONLY and kind 'r': a tenant could hang a child table or a view of that name under it.
Result<void> read_version_tables(Reader& reader, Observation& into, const std::string& table_name) {
  for (const auto& relation : into.relations)
    if (is_version_table(relation, table_name, into))
      into.version_tables.push_back(VersionTable{relation.schema, relation.oid, {}});
  std::string select;
  std::size_t in_statement = 0;
  for (std::size_t i = 0; i < into.version_tables.size(); ++i) {
    const Relation* relation = into.relation(into.version_tables[i].relation);
    select += fmt::format("{}SELECT {}, v.version_num::pg_catalog.text FROM ONLY {} AS v",
                          select.empty() ? "" : " UNION ALL ", i, into.name_of(*relation));
    if (++in_statement < kVersionTablesPerStatement && i + 1 < into.version_tables.size()) continue;
    PGC_CHECK(reader.read(Fact::VersionTables, select, read_version));
    select.clear();
    in_statement = 0;
  }
  return {};
}

Result<void> read_catalog(postgres::Connection& connection, const Contract& contract, Observation& into) {
  Reader reader(connection, into);
  const int version = connection.server_version();
  for (const auto& query : catalog_queries())
    if (query.serves(version)) PGC_CHECK(reader.read(query.fact, query_text(query.file), query.read));
  if (version < kOldestServer) return {};
  PGC_CHECK(read_types(reader, into));
  into.seal();
  PGC_CHECK(read_registry(reader, into));
  PGC_CHECK(read_evidence(reader, into));
  if (contract.migrations) PGC_CHECK(read_version_tables(reader, into, contract.migrations->version_table));
  return {};
}

std::string filled(std::string_view text, std::string_view place, std::string_view value) {
  std::string out(text);
  for (auto at = out.find(place); at != std::string::npos; at = out.find(place, at + value.size()))
    out.replace(at, place.size(), value);
  return out;
}

Result<void> read_reach(postgres::Connection& connection, const Contract& contract, Observation& into) {
  Reader reader(connection, into);
  const int version = connection.server_version();
  const std::string column = quoted_literal(contract.tenancy ? contract.tenancy->shared_column : "");
  const std::string schema = quoted_literal(contract.schemas.application.name);
  for (const auto& query : reach_queries())
    if (query.serves(version))
      PGC_CHECK(reader.read(query.fact, filled(filled(query_text(query.file), "{column}", column), "{schema}", schema),
                            query.read));
  if (version < kOldestServer) return {};
  into.seal();
  return read_registry(reader, into);
}

// One snapshot for all that `read` sends. A policy would run a tenant's code as us, or hide rows: with row_security off
// the server refuses instead.
Result<void> in_snapshot(postgres::Connection& connection, const std::function<Result<void>()>& read) {
  const bool own_transaction = !connection.in_transaction();
  if (own_transaction) PGC_CHECK(connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  PGC_CHECK(connection.execute("SET LOCAL row_security = off"));
  const auto done = read();
  if (own_transaction && !connection.is_lost()) PGC_CHECK(connection.execute("ROLLBACK"));
  return done;
}

using ReadCatalog = Result<void> (*)(postgres::Connection&, const Contract&, Observation&);

Result<Observation> observed(postgres::Connection& connection, const Contract& contract, ReadCatalog read) {
  Observation observation;
  observation.taken_at = now();
  PGC_CHECK(in_snapshot(connection, [&] { return read(connection, contract, observation); }));
  observation.seal();
  return observation;
}

}  // namespace

Result<Observation> observe_server(postgres::Connection& connection, const Contract& contract) {
  return observed(connection, contract, read_catalog);
}

Result<Observation> observe_reach(postgres::Connection& connection, const Contract& contract) {
  return observed(connection, contract, read_reach);
}

Result<void> observe_columns(postgres::Connection& connection, std::span<const Oid> relations, Observation& into) {
  std::erase_if(into.columns, [&](const Column& column) { return std::ranges::count(relations, column.relation) > 0; });
  PGC_CHECK(in_snapshot(connection, [&]() -> Result<void> {
    Reader reader(connection, into);
    const auto& query = columns_of_query();
    return reader.read(query.fact,
                       filled(query_text(query.file), "{relations}", fmt::format("{{{}}}", fmt::join(relations, ","))),
                       query.read);
  }));
  into.seal();
  return {};
}

Result<void> observe_evidence(postgres::Connection& connection, Observation& into) {
  PGC_TRY(const auto ledger, connection.query("SELECT pg_catalog.to_regclass('pgcontract.evidence') IS NOT NULL"));
  if (ledger.at(0, 0) != "t") return {};
  return in_snapshot(connection, [&]() -> Result<void> {
    Reader reader(connection, into);
    return reader.read(Fact::Evidence, query_text("sql/evidence.sql"), read_evidence_row);
  });
}

Result<Observation> observe_world(postgres::Connection& connection, const Contract& contract) {
  PGC_TRY(Observation observation, observe_server(connection, contract));
  if (contract.migrations) {
    const Migrations& migrations = *contract.migrations;
    const std::string config = (std::filesystem::path(contract.directory) / migrations.config).string();
    observation.migrations.configured = true;
    observation.migrations.application =
        alembic::read_graph(config, migrations.application_section, contract.directory);
    if (!migrations.tenant_section.empty())
      observation.migrations.tenant = alembic::read_graph(config, migrations.tenant_section, contract.directory);
    for (RevisionGraph* graph : {&observation.migrations.application, &observation.migrations.tenant})
      alembic::add_digests(*graph, contract.directory);
    observation.migrations.digest = alembic::digest_of(observation.migrations);
  }
  return observation;
}

}  // namespace pgcontract::observe
