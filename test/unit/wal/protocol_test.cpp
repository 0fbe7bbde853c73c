#include "wal/protocol.hpp"

#include <gtest/gtest.h>

#include "wal/agent_queue.hpp"

namespace pgcontract::wal {
namespace {

TEST(Protocol, RequestsAreFilesOfTheArchiveByAbsolutePath) {
  const auto push = parse_request("push /pg data/pg_wal/000000010000000000000003");
  ASSERT_TRUE(push);
  EXPECT_EQ(push->name, "000000010000000000000003");
  EXPECT_EQ(push->path, "/pg data/pg_wal/000000010000000000000003");
  const auto fetch = parse_request("fetch 00000002.history\t/pg/pg_wal/RECOVERYHISTORY");
  ASSERT_TRUE(fetch);
  EXPECT_EQ(fetch->act, AgentRequest::Act::Fetch);
  EXPECT_EQ(fetch->path, "/pg/pg_wal/RECOVERYHISTORY");
  for (const auto* bad : {"", "push", "push pg_wal/000000010000000000000003", "push /etc/passwd", "fetch ../x\t/y",
                          "fetch 00000002.history /no/tab", "drop /pg/pg_wal/000000010000000000000003"})
    EXPECT_FALSE(parse_request(bad)) << bad;
}

TEST(Protocol, AnswersAreOneLine) {
  AgentRequest push{AgentRequest::Act::Push, "n", "/n"}, fetch{AgentRequest::Act::Fetch, "n", "/n"};
  EXPECT_EQ(answer_of(push, {}), "ok\n");
  EXPECT_EQ(answer_of(fetch, fail(ErrorCode::NotFound, "x")), "absent\n");
  EXPECT_EQ(answer_of(push, fail(ErrorCode::NotFound, "gone")), "error gone\n");
  EXPECT_EQ(answer_of(push, fail(ErrorCode::Io, "two\nlines\x1b[1m")), "error two lines [1m\n");
  EXPECT_LE(answer_of(push, fail(ErrorCode::Io, std::string(100'000, 'x'))).size(), kLongestLine);
}

TEST(AgentQueue, HistoriesFirstThenTheOldest) {
  AgentQueue queue;
  queue.ready({"000000010000000000000003", "000000010000000000000002", "00000002.history"}, "/w");
  for (const auto* name : {"00000002.history", "000000010000000000000002", "000000010000000000000003"}) {
    const auto job = queue.take();
    ASSERT_TRUE(job);
    EXPECT_EQ(job->request.name, name);
    EXPECT_EQ(job->request.path, std::string("/w/") + name);
  }
}

TEST(AgentQueue, RemembersWhatIsStoredUntilTheServerMarkedIt) {
  AgentQueue queue;
  const std::string name = "000000010000000000000002";
  const Identity identity{1, 2, 3, 4};
  queue.ready({name}, "/w");
  const auto job = queue.take();
  queue.ready({name}, "/w");  // seen again while it is stored
  static_cast<void>(queue.done(*job, true, identity));
  EXPECT_TRUE(queue.is_stored(name, identity));
  EXPECT_FALSE(queue.is_stored(name, Identity{1, 2, 3, 5}));
  queue.ready({name}, "/w");
  EXPECT_TRUE(queue.is_stored(name, identity));
  queue.ready({}, "/w");
  EXPECT_FALSE(queue.is_stored(name, identity));
  queue.stop();
  EXPECT_FALSE(queue.take());
}

TEST(AgentQueue, WhoAsksIsServedFirstAndAnsweredByWhoeverStoresIt) {
  AgentQueue queue;
  queue.ready({"000000010000000000000002", "000000010000000000000009"}, "/w");
  const auto asker = [] {
    return Asker{{AgentRequest::Act::Push, "000000010000000000000009", "/w/000000010000000000000009"},
                 FileDescriptor()};
  };
  queue.ask(asker());
  const auto job = queue.take();
  EXPECT_EQ(job->request.name, "000000010000000000000009");
  queue.ask(asker());
  EXPECT_EQ(queue.take()->request.name, "000000010000000000000002");
  EXPECT_EQ(queue.done(*job, true, Identity{}).size(), 2U);
}

}  // namespace
}  // namespace pgcontract::wal
