// One keep-alive connection of the load generator: a request out, its reply in, without blocking.

#ifndef SENDONCE_TEST_BENCH_HTTP_CONNECTION_H
#define SENDONCE_TEST_BENCH_HTTP_CONNECTION_H

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace sendonce::bench {

struct Reply {
  int status = 0;
  std::string body;
};

class HttpConnection {
 public:
  // What came of Read and Write: nothing yet, a whole reply, or the end of the connection.
  struct Waiting {};
  struct Closed {};
  using Progress = std::variant<Waiting, Reply, Closed>;

  // Connects (blocking: a connection on the same machine). Throws std::runtime_error.
  // REQUIRES: `address` is a numeric IPv4 address.
  HttpConnection(const std::string& address, uint16_t port);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  int descriptor() const { return descriptor_; }
  bool wants_to_write() const { return sent_ < request_.size(); }

  // REQUIRES: the reply to the one before has come.
  Progress Send(std::string request);
  Progress Write();
  Progress Read();

 private:
  std::optional<Reply> TakeReply();

  int descriptor_ = -1;
  std::string request_;
  size_t sent_ = 0;
  std::vector<char> buffer_;
  std::string received_;
  size_t body_begin_ = 0;  // 0: the head is not complete yet
  size_t body_length_ = 0;
};

}  // namespace sendonce::bench

#endif  // SENDONCE_TEST_BENCH_HTTP_CONNECTION_H
