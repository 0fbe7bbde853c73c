// The proxy against a real server and psycopg2: what is said is heard, and arrives as it was said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <thread>

#include "act/program.hpp"
#include "base/process.hpp"
#include "record/proxy.hpp"
#include "support/deployment.hpp"

namespace pgcontract::record {
namespace {

using test::Deployment;
using test::expect;
using testing::ElementsAre;
using testing::HasSubstr;

Deployment& deployment() {
  static Deployment one;
  return one;
}

struct Ran {
  Transcript heard;
  ProcessResult result;
  std::string folder;
};

// A Python program that connects as it is told.
Ran run(const std::string& program, const Counts& counts = {}, const postgres::Dsn& dsn = deployment().dsn(),
        int deadline_ms = 60'000) {
  Proxy proxy = expect(Proxy::start(dsn, counts));
  ProcessRequest request;
  request.arguments = {"/usr/bin/python3", "-c",
                       "import os, psycopg2\nc = psycopg2.connect(os.environ['URL'])\nk = c.cursor()\n" + program};
  act::set_connection(request, proxy.dsn(), "-c lock_timeout=5000");
  request.environment["URL"] = proxy.dsn().url();
  request.deadline_ms = deadline_ms;
  Ran ran;
  ran.folder = proxy.dsn().keyword("host");
  if (auto result = run_process(request)) ran.result = std::move(*result);
  ran.heard = proxy.stop();
  return ran;
}

std::vector<std::string> texts(const Transcript& heard) {
  std::vector<std::string> out;
  for (const auto& sent : heard.statements) out.push_back((sent.failed ? "!" : "") + sent.text);
  return out;
}

TEST(Recorder, HearsStatementsErrorsAndSavepointsAndPassesThemOn) {
  const Ran ran =
      run("k.execute('CREATE TABLE heard (a int); INSERT INTO heard VALUES (%s), (2)', (1,))\n"
          "k.execute('SAVEPOINT s')\n"
          "try: k.execute('SELECT nothing')\n"
          "except psycopg2.Error as e: print(e.pgcode)\n"
          "k.execute('ROLLBACK TO SAVEPOINT s')\n"
          "k.execute('SELECT a FROM heard ORDER BY a'); print(k.fetchall())\n"
          "c.commit()\n");
  EXPECT_EQ(ran.result.output, "42703\n[(1,), (2,)]\n") << ran.result.error_output;
  EXPECT_THAT(texts(ran.heard),
              ElementsAre("BEGIN", "CREATE TABLE heard (a int)", "INSERT INTO heard VALUES (1), (2)", "SAVEPOINT s",
                          "!SELECT nothing", "ROLLBACK TO SAVEPOINT s", "SELECT a FROM heard ORDER BY a", "COMMIT"));
  EXPECT_EQ(ran.heard.statements[6].rows, 2);
  EXPECT_FALSE(ran.heard.statements[0].in_transaction);
  EXPECT_TRUE(ran.heard.statements[1].in_transaction);
  EXPECT_EQ(expect(deployment().connect().query("SELECT count(*) FROM public.heard")).at(0, 0), "2");
  EXPECT_FALSE(std::filesystem::exists(ran.folder + "/.s.PGSQL.5432"));
}

TEST(Recorder, CarriesLargeMessagesBothWays) {
  const Ran ran =
      run("x = 'ab' * 8_000_000\n"
          "k.execute('SELECT length(%s)', (x,)); print(k.fetchone()[0])\n"
          "k.execute(\"SELECT repeat('cd', 8000000)\"); print(len(k.fetchone()[0]))\n"
          "k.execute('SELECT generate_series(1, 300000)'); print(len(k.fetchall()))\n"
          "k.execute('SELECT %s::bytea', (psycopg2.Binary(bytes(range(256))),)); print(bytes(k.fetchone()[0]) == "
          "bytes(range(256)))\n");
  EXPECT_EQ(ran.result.output, "16000000\n16000000\n300000\nTrue\n") << ran.result.error_output;
  EXPECT_GT(ran.heard.statements.at(1).text.size(), 16'000'000U);
}

TEST(Recorder, KeepsSessionsApart) {
  const Ran ran = run(
      "d = psycopg2.connect(os.environ['URL']); l = d.cursor()\n"
      "k.execute('SELECT 1'); l.execute('SELECT 2'); k.execute('SELECT 3'); print(l.fetchone()[0], k.fetchone()[0])\n"
      "k.execute('SELECT pg_backend_pid()'); print(k.fetchone()[0] == c.get_backend_pid())\n");
  EXPECT_EQ(ran.result.output, "2 3\nTrue\n") << ran.result.error_output;
  EXPECT_EQ(ran.heard.sessions, 2);
  std::vector<int> sessions;
  for (const auto& sent : ran.heard.statements) sessions.push_back(sent.session);
  EXPECT_THAT(sessions, ElementsAre(1, 1, 2, 2, 1, 1));
}

TEST(Recorder, NoticesCopyAndTellsRowCountsWrongWhereAsked) {
  const Ran copied =
      run("import io\nk.execute('CREATE TEMP TABLE t (a int)')\n"
          "k.copy_expert('COPY t FROM STDIN', io.StringIO('1\\n2\\n'))\n"
          "k.execute('UPDATE t SET a = 3'); print(k.rowcount)\n");
  EXPECT_EQ(copied.result.output, "2\n") << copied.result.error_output;
  EXPECT_NE(copied.heard.statements.at(2).unclear, "");
  const Ran wrong =
      run("k.execute('CREATE TEMP TABLE t AS SELECT 1 AS a')\n"
          "for i in range(2):\n  k.execute('UPDATE t SET a = 3'); print(k.rowcount)\n",
          {true, "alembic_version"});
  EXPECT_EQ(wrong.result.output, "2\n1\n") << wrong.result.error_output;
}

TEST(Recorder, CarriesTheSessionsOptionsAndCancels) {
  const Ran ran =
      run("k.execute('SHOW lock_timeout'); print(k.fetchone()[0], c.encoding, c.server_version >= 140000)\n"
          "import threading\nthreading.Timer(0.5, c.cancel).start()\n"
          "try: k.execute('SELECT pg_sleep(30)')\n"
          "except psycopg2.Error as e: print(e.pgcode)\n");
  EXPECT_EQ(ran.result.output, "5s UTF8 True\n57014\n") << ran.result.error_output;
}

TEST(Recorder, LetsNobodyGoElsewhere) {
  const Ran database =
      run("try: psycopg2.connect(os.environ['URL'], dbname='template1')\n"
          "except psycopg2.Error as e: print(e)\n");
  EXPECT_THAT(database.result.output, HasSubstr("env.py connects to dbname template1"));
  EXPECT_THAT(database.heard.refused, HasSubstr("template1"));
  const Ran user =
      run("try: psycopg2.connect(os.environ['URL'], user='nobody')\n"
          "except psycopg2.Error as e: print(e)\n");
  EXPECT_THAT(user.result.output, HasSubstr("env.py connects to user nobody"));
}

// Sessions of this database that run pg_sleep.
int sleeping() {
  return std::stoi(std::string(expect(deployment().connect().query("SELECT pg_catalog.count(*) FROM pg_stat_activity "
                                                                   "WHERE wait_event = 'PgSleep'"))
                                   .at(0, 0)));
}

TEST(Recorder, LeavesNothingRunningWhereTheProgramIsKilled) {
  const Ran ran = run("k.execute('SELECT pg_sleep(60)')\n", {}, deployment().dsn(), 1'500);
  EXPECT_NE(ran.result.output, "done\n");
  for (int i = 0; i < 50 && sleeping() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(sleeping(), 0);
}

TEST(Recorder, PassesOnThatTheServerEndedTheSession) {
  const Ran ran = run(
      "import threading\nd = psycopg2.connect(os.environ['URL']); l = d.cursor(); pid = c.get_backend_pid()\n"
      "threading.Timer(0.5, lambda: l.execute('SELECT pg_terminate_backend(%s)', (pid,))).start()\n"
      "try: k.execute('SELECT pg_sleep(30)')\n"
      "except psycopg2.Error as e: print(isinstance(e, psycopg2.OperationalError), c.closed)\n"
      "import time; time.sleep(0.5); print(l.execute('SELECT 1'))\n");
  EXPECT_EQ(ran.result.output, "True 2\nNone\n") << ran.result.error_output;
}

TEST(Recorder, SpeaksTlsAndPasswordsForTheProgram) {
  const std::string data = deployment().directory() + "/.pgcontract/local/data";
  const auto shell = [](const std::string& command) {
    ProcessRequest request;
    request.arguments = {"/bin/sh", "-c", command};
    return expect(run_process(request));
  };
  const auto made =
      shell("cd " + data +
            " && openssl req -new -x509 -days 2 -nodes -subj /CN=localhost -out server.crt -keyout server.key "
            "2>/dev/null && chmod 600 server.key && chown $(stat -c %U .) server.crt server.key");
  ASSERT_EQ(made.exit_code, 0) << made.error_output;
  auto admin = deployment().connect();
  expect(admin.execute("ALTER SYSTEM SET ssl = on"));
  expect(admin.query("SELECT pg_catalog.pg_reload_conf()"));
  std::this_thread::sleep_for(std::chrono::milliseconds(500));
  const auto dsn = deployment().dsn().with("host", "127.0.0.1").with("sslmode", "require");
  const Ran ran =
      run("k.execute('SELECT s.ssl FROM pg_stat_ssl s WHERE pid = pg_backend_pid()'); print(k.fetchone()[0])\n"
          "k.execute(\"SELECT repeat('x', 9000000)\"); print(len(k.fetchone()[0]))\n"
          "k.execute('SELECT length(%s)', ('y' * 9000000,)); print(k.fetchone()[0])\n"
          "print('PGPASSFILE' in os.environ, 'PGPASSWORD' in os.environ, c.get_dsn_parameters().get('password'))\n",
          {}, dsn);
  ASSERT_FALSE(dsn.password.empty());
  EXPECT_EQ(ran.result.output, "True\n9000000\n9000000\nFalse False None\n") << ran.result.error_output;
  expect(admin.execute("ALTER SYSTEM RESET ssl"));
  expect(admin.query("SELECT pg_catalog.pg_reload_conf()"));
}

}  // namespace
}  // namespace pgcontract::record
