#pragma once
// Runs Alembic once for a revision that looks at the database, on schemas of nobody's in a disposable database, and
// hears what it does there: the recording is sent to every schema that looks as the scratch schema did. It runs for two
// scratch schemas side by side, and only what it said of both alike is kept. Owned by one thread; uses others inside.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alembic/route.hpp"
#include "base/result.hpp"
#include "fingerprint/read.hpp"
#include "fleet/script.hpp"
#include "model/contract.hpp"
#include "rehearse/disposable.hpp"

namespace pgcontract::record {

struct Recording {
  fleet::Recorded recorded;
  fingerprint::SchemaFingerprint before;  // of the scratch schema, built by Alembic alone
  fingerprint::SchemaFingerprint after;
};

class Recorder {
 public:
  using OnLine = std::function<void(std::string_view)>;  // called from one thread at a time
  // Nothing is made before the first record().
  Recorder(const Contract& contract, const postgres::Dsn& dsn, OnLine on_line)
      : contract_(contract), dsn_(dsn), on_line_(std::move(on_line)) {}

  // The tenants' history from `rows` over `route`. An Error, whose message says why, where nothing of it was recorded.
  Result<Recording> record(const std::vector<std::string>& rows, const alembic::Route& route);

 private:
  struct Scratch;
  Result<Recording> attempt(const std::vector<std::string>& rows, const alembic::Route& route);
  Result<void> prepare();
  Result<void> probe(const Scratch& scratch);
  Result<void> build(const Scratch& scratch, const std::vector<std::string>& rows);
  Result<void> follow(Scratch& scratch, const alembic::Route& route);
  Result<void> alembic(const Scratch& scratch, const postgres::Dsn& dsn, const std::string& verb,
                       const std::string& target);
  Result<std::vector<fingerprint::SchemaFingerprint>> fingerprints(const std::vector<Scratch>& scratches);

  const Contract& contract_;
  const postgres::Dsn& dsn_;
  OnLine on_line_;
  std::optional<rehearse::DisposableDatabase> database_;
  std::vector<std::string> other_schemas_;
  bool has_application_ = false;
  bool is_probed_ = false;
};

}  // namespace pgcontract::record
