#include "tenancy/strict.hpp"

#include <algorithm>

namespace pgcontract::tenancy {
namespace {

constexpr StrictName kNames[] = {
    // Changes a setting, `role` among them, from within an expression: one injected SELECT is enough.
    {"set_config"},
    // Run SQL that stands in a string, past whatever reads the statement.
    {"query_to_xml*"},
    {"table_to_xml*"},
    {"schema_to_xml*"},
    {"database_to_xml*"},
    {"cursor_to_xml*"},
    {"ts_stat"},
    // Shared by all tenants of the database: locks, notifications, large objects, the WAL.
    {"pg_advisory_*"},
    {"pg_try_advisory_*"},
    {"pg_notify"},
    {"pg_logical_emit_message"},
    {"lo_create"},
    {"lo_creat"},
    {"lo_from_bytea"},
    {"lo_get"},
    {"lo_open"},
    {"lo_put"},
    {"lo_truncate*"},
    {"lo_unlink"},
    {"loread"},
    {"lowrite"},
    // Say how large and how busy others are.
    {"pg_indexes_size", 'f', true},
    {"pg_relation_size", 'f', true},
    {"pg_table_size", 'f', true},
    {"pg_total_relation_size", 'f', true},
    {"pg_stat_get_activity", 'f', true},
    {"pg_stat_get_backend_*", 'f', true},
    {"pg_stat_get_blocks_*", 'f', true},
    {"pg_stat_get_dead_tuples", 'f', true},
    {"pg_stat_get_ins_since_vacuum", 'f', true},
    {"pg_stat_get_live_tuples", 'f', true},
    {"pg_stat_get_mod_since_analyze", 'f', true},
    {"pg_stat_get_numscans", 'f', true},
    {"pg_stat_get_tuples_*", 'f', true},
    {"pg_db_role_setting", 'r', true},
    {"pg_prepared_xacts", 'r', true},
    {"pg_stat_activity", 'r', true},
    {"pg_stat_all_tables", 'r', true},
    {"pg_stat_user_tables", 'r', true},
};

bool means(const StrictName& row, std::string_view name) {
  if (!row.name.ends_with('*')) return row.name == name;
  return name.starts_with(row.name.substr(0, row.name.size() - 1));
}

}  // namespace

std::span<const StrictName> strict_names() { return kNames; }

const StrictName* strict_name_of(const SystemObject& object) {
  const std::string_view name = object.name.substr(0, object.name.find('('));
  const auto* at =
      std::ranges::find_if(kNames, [&](const StrictName& row) { return row.kind == object.kind && means(row, name); });
  return at == std::end(kNames) ? nullptr : at;
}

std::vector<std::string> strict_keepers(const Contract& contract, const StrictName& name) {
  std::vector<std::string> keepers{contract.tenancy->roles.owner};
  if (name.monitored) keepers.emplace_back("pg_monitor");
  for (const auto& reader : contract.tenancy->catalog_readers)
    if (std::ranges::find(keepers, reader) == keepers.end()) keepers.push_back(reader);
  return keepers;
}

}  // namespace pgcontract::tenancy
