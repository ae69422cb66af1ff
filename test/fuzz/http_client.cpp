// The client towards bitcoind and sendonced, against a server that sends anything and closes. The
// first byte says how: the bytes as they are, or as the body of a reply that is built around them,
// whole or cut. A reply that was cut is never taken for one (R5).

#include "net/http_client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <thread>

#include "input.h"
#include "target.h"

namespace sendonce::fuzz {
namespace {

constexpr size_t kMaxReplyBytes = 4'096;

// Sends each client the reply that is set, after the end of its request's head, and closes.
class Server {
 public:
  Server() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int bound = bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
    const int listening = listen(fd_, 16);
    socklen_t length = sizeof(address);
    const int named = getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
    assert(bound == 0 && listening == 0 && named == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }

  ~Server() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }

  uint16_t port() const { return port_; }

  void SetReply(std::string reply) {
    const std::lock_guard lock(mutex_);
    reply_ = std::move(reply);
  }

 private:
  void Serve() {
    for (int client = accept(fd_, nullptr, nullptr); client >= 0;
         client = accept(fd_, nullptr, nullptr)) {
      std::string head;
      char buffer[1'024];
      for (ssize_t got = 1; got > 0 && head.find("\r\n\r\n") == std::string::npos;) {
        got = recv(client, buffer, sizeof(buffer), 0);
        if (got > 0) head.append(buffer, static_cast<size_t>(got));
      }
      const std::lock_guard lock(mutex_);
      send(client, reply_.data(), reply_.size(), MSG_NOSIGNAL);
      close(client);
    }
  }

  const int fd_;
  uint16_t port_ = 0;
  std::mutex mutex_;
  std::string reply_;
  std::thread thread_;
};

net::HttpOutcome Exchange(const std::string& reply) {
  static Server server;
  server.SetReply(reply);
  net::HttpClient client("127.0.0.1", server.port(), {5'000, 5'000, kMaxReplyBytes});
  return client.Exchange({"GET", "/", {}, ""});
}

void CheckAnything(const std::string& reply) {
  const auto outcome = Exchange(reply);
  if (const auto* response = std::get_if<net::HttpResponse>(&outcome)) {
    assert(response->status > 0 && response->body.size() <= kMaxReplyBytes);
    return;
  }
  // The request was read: nobody knows what became of it.
  assert(std::get<net::HttpFailure>(outcome).kind == net::HttpFailure::Kind::kNoAnswer);
}

std::string WithLength(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// In chunks of `size` bytes.
std::string Chunked(const std::string& body, size_t size) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t at = 0; at < body.size(); at += size) {
    const std::string chunk = body.substr(at, size);
    text += std::string{kDigits[chunk.size() / 16], kDigits[chunk.size() % 16]} + "\r\n" + chunk +
            "\r\n";
  }
  return text + "0\r\n\r\n";
}

void CheckWhole(const std::string& reply, const std::string& body) {
  const auto outcome = Exchange(reply);
  if (reply.size() > kMaxReplyBytes) return;
  const auto* response = std::get_if<net::HttpResponse>(&outcome);
  assert(response && response->status == 200 && response->body == body);
}

void CheckCut(const std::string& reply, size_t cut) {
  const auto outcome = Exchange(reply.substr(0, reply.size() - cut));
  assert(std::holds_alternative<net::HttpFailure>(outcome));
}

}  // namespace
}  // namespace sendonce::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sendonce::fuzz;
  Input input(data, size);
  const size_t how = input.Below(5);
  const size_t parameter = input.Byte();
  const std::string body = input.RestAsText();
  const std::string with_length = WithLength(body);
  const std::string chunked = Chunked(body, 1 + parameter % 255);
  switch (how) {
    case 0:
      CheckAnything(body);
      break;
    case 1:
      CheckWhole(with_length, body);
      break;
    case 2:
      CheckWhole(chunked, body);
      break;
    case 3:
      if (!body.empty()) CheckCut(with_length, 1 + parameter % body.size());
      break;
    default:
      CheckCut(chunked, 1 + parameter % 5);
  }
  return 0;
}
