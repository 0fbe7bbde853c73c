// The floor of `migrate up`: a bare libpq program that sends the same SQL, one message a schema, on the same number of
// connections. No plan, no guard, no journal, no retry.
//   fleet_floor CONNINFO WORKERS MESSAGE.sql < SCHEMAS      {schema} in the message is each line of SCHEMAS
#include <libpq-fe.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

int main(int, char** argv) {
  std::ifstream file(argv[3]);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> schemas;
  for (std::string line; std::getline(std::cin, line);) schemas.push_back(line);
  const auto start = std::chrono::steady_clock::now();
  std::atomic<std::size_t> next{0};
  std::vector<std::jthread> workers;
  for (int i = 0; i < std::atoi(argv[2]); ++i)
    workers.emplace_back([&] {
      PGconn* connection = PQconnectdb(argv[1]);
      for (std::size_t at = next++; at < schemas.size(); at = next++) {
        std::string message = text;
        for (auto place = message.find("{schema}"); place != std::string::npos; place = message.find("{schema}", place))
          message.replace(place, 8, schemas[at]);
        PGresult* result = PQexec(connection, message.c_str());
        if (PQresultStatus(result) != PGRES_COMMAND_OK) {
          std::fprintf(stderr, "%s: %s", schemas[at].c_str(), PQerrorMessage(connection));
          std::exit(1);
        }
        PQclear(result);
      }
      PQfinish(connection);
    });
  workers.clear();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%.3f\n", seconds.count());
}
