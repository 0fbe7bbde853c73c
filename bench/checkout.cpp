// What it costs to get from a pool to a tenant's first answer, in the forms that services use, and what onboarding does
// to sessions that are open. Written on libpq alone, so that no driver stands between.
//   checkout forms SESSIONS ROUNDS < TENANTS         a line a form: name, p50, p95 and the fastest in microseconds
//   checkout onboarding TENANTS.sql SESSIONS < TENANTS   a line a kind of session: name, p50, p95, the longest
// TENANTS: ids, one a line. The server: PGHOST, PGPORT, PGDATABASE, PGPASSWORD; the password is everybody's. The shared
// login is bench_shared, a member of every tenant's role; the superuser is postgres.
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& message) {
  std::fprintf(stderr, "checkout: %s\n", message.c_str());
  std::exit(1);
}

class Session {
 public:
  explicit Session(const std::string& user) {
    const char* keywords[] = {"user", nullptr};
    const char* values[] = {user.c_str(), nullptr};
    connection_.reset(PQconnectdbParams(keywords, values, 0));
    if (PQstatus(connection_.get()) != CONNECTION_OK) fail(PQerrorMessage(connection_.get()));
  }
  // One message, one answer.
  void ask(const std::string& sql) {
    PGresult* result = PQexec(connection_.get(), sql.c_str());
    expect(PQresultStatus(result), sql);
    PQclear(result);
  }
  // Groups of statements by the extended protocol, a Sync after each group, all in one packet.
  void pipeline(const std::vector<std::vector<std::string>>& groups) {
    PGconn* c = connection_.get();
    PQenterPipelineMode(c);
    for (const auto& group : groups) {
      for (const auto& sql : group) PQsendQueryParams(c, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0);
      PQpipelineSync(c);
    }
    for (const auto& group : groups) {
      for (const auto& sql : group) {
        while (PGresult* result = PQgetResult(c)) {
          expect(PQresultStatus(result), sql);
          PQclear(result);
        }
      }
      PGresult* sync = PQgetResult(c);
      if (PQresultStatus(sync) != PGRES_PIPELINE_SYNC) fail("no answer to Sync");
      PQclear(sync);
    }
    PQexitPipelineMode(c);
  }

 private:
  void expect(ExecStatusType status, const std::string& sql) const {
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(sql + ": " + PQerrorMessage(connection_.get()));
  }
  struct Finish {
    void operator()(PGconn* c) const { PQfinish(c); }
  };
  std::unique_ptr<PGconn, Finish> connection_;
};

struct Tenant {
  std::string id;
  std::string digits;
  std::string role() const { return "app_tenant_" + digits; }
  std::string assert_role() const { return "SET ROLE " + role(); }
  std::string checkout() const { return assert_role() + "; SELECT pgcontract.checkout()"; }
};

std::vector<Tenant> read_tenants() {
  std::vector<Tenant> tenants;
  for (std::string line; std::getline(std::cin, line);) {
    Tenant tenant{line, line};
    std::erase(tenant.digits, '-');
    tenants.push_back(tenant);
  }
  if (tenants.empty()) fail("no tenants");
  return tenants;
}

double microseconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

double quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

struct Form {
  const char* name;
  std::function<void(const Tenant&, Session& own, Session& shared)> run;
};

const std::vector<Form>& forms() {
  static const std::string kQuery = "SELECT 1";
  static const auto setting = [](const Tenant& t) {
    return "SELECT pg_catalog.set_config('app.tenant_id', '" + t.id + "', false)";
  };
  static const auto path = [](const Tenant& t) { return "SET search_path = tenant_" + t.digits + ", stratmaster_api"; };
  static const std::vector<Form> table = {
      {"bare", [](const Tenant&, Session& own, Session&) { own.ask(kQuery); }},
      // The session is the tenant's: after login there is nothing to set.
      {"affine", [](const Tenant&, Session& own, Session&) { own.ask(kQuery); }},
      // What our integrations do: asserted in a round trip of its own, the query, DISCARD ALL.
      {"affine_checked",
       [](const Tenant& t, Session& own, Session&) {
         own.ask(t.checkout());
         own.ask(kQuery);
         own.ask("DISCARD ALL");
       }},
      {"affine_asserted",
       [](const Tenant& t, Session& own, Session&) {
         own.ask(t.checkout());
         own.ask(kQuery);
       }},
      {"affine_pipelined",
       [](const Tenant& t, Session& own, Session&) {
         own.pipeline({{t.assert_role(), "SELECT pgcontract.checkout()"}, {kQuery}});
       }},
      {"shared_pipelined",
       [](const Tenant& t, Session&, Session& shared) {
         shared.pipeline({{t.assert_role(), setting(t), path(t)}, {kQuery, "RESET ROLE"}});
       }},
      {"shared_five_trips",
       [](const Tenant& t, Session&, Session& shared) {
         for (const auto& sql : {t.assert_role(), setting(t), path(t), kQuery, std::string("RESET ROLE")})
           shared.ask(sql);
       }},
  };
  return table;
}

int measure_forms(std::size_t sessions, int rounds) {
  const auto tenants = read_tenants();
  std::vector<std::unique_ptr<Session>> own;
  for (std::size_t i = 0; i < sessions; ++i) {
    own.push_back(std::make_unique<Session>(tenants.at(i).role()));
    own.back()->ask(tenants[i].checkout());
  }
  Session shared("bench_shared");
  std::vector<std::vector<double>> took(forms().size());
  std::mt19937 random(1);
  // The forms take turns, so that what else the machine does meets them all.
  for (int round = -rounds / 10; round < rounds; ++round) {
    for (std::size_t form = 0; form < forms().size(); ++form) {
      const std::size_t at = form == 0 ? 0 : random() % sessions;
      const double time = microseconds_of([&] { forms()[form].run(tenants[at], *own[at], shared); });
      if (round >= 0) took[form].push_back(time);
    }
  }
  for (std::size_t form = 0; form < forms().size(); ++form)
    std::printf("%s %.1f %.1f %.1f\n", forms()[form].name, quantile(took[form], 0.5), quantile(took[form], 0.95),
                quantile(took[form], 0));
  return 0;
}

// After each tenant that is added, the next statement of sessions that were warm.
int measure_onboarding(const char* file, std::size_t sessions) {
  const auto tenants = read_tenants();
  std::ifstream input(file);
  std::vector<std::string> added;
  for (std::string line, script; std::getline(input, line);) {
    script += line + "\n";
    if (line != "COMMIT;") continue;
    added.push_back(script);
    script.clear();
  }
  if (added.empty()) fail("nobody to onboard");
  Session admin("postgres"), shared("bench_shared");
  std::vector<std::unique_ptr<Session>> own;
  for (std::size_t i = 0; i < sessions; ++i) own.push_back(std::make_unique<Session>(tenants.at(i).role()));
  struct Kind {
    const char* name;
    std::vector<double> took;
  };
  Kind kinds[] = {{"own_quiet", {}}, {"shared_quiet", {}}, {"own_after", {}}, {"shared_after", {}}};
  std::mt19937 random(2);
  const auto turn = [&](Kind& of_own, Kind& of_shared) {
    const std::size_t at = random() % sessions;
    of_own.took.push_back(microseconds_of([&] { own[at]->ask(tenants[at].checkout()); }));
    of_shared.took.push_back(microseconds_of([&] { shared.ask(tenants[at].assert_role()); }));
    shared.ask("RESET ROLE");
  };
  for (const auto& script : added) {
    for (std::size_t i = 0; i < sessions; ++i) own[i]->ask(tenants[i].checkout());
    shared.ask(tenants[0].assert_role());
    shared.ask("RESET ROLE");
    turn(kinds[0], kinds[1]);
    admin.ask(script);
    turn(kinds[2], kinds[3]);
  }
  for (const auto& kind : kinds)
    std::printf("%s %.1f %.1f %.1f\n", kind.name, quantile(kind.took, 0.5), quantile(kind.took, 0.95),
                *std::ranges::max_element(kind.took));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string mode = argc == 4 ? argv[1] : "";
  if (mode == "forms") return measure_forms(std::stoul(argv[2]), std::stoi(argv[3]));
  if (mode == "onboarding") return measure_onboarding(argv[2], std::stoul(argv[3]));
  fail("forms SESSIONS ROUNDS, or onboarding TENANTS.sql SESSIONS; tenants on standard input");
}
