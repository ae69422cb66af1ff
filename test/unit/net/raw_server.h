// A server for tests that is in full control of what it says, and when: raw sockets, one connection
// after the other.

#ifndef SENDONCE_TEST_UNIT_NET_RAW_SERVER_H
#define SENDONCE_TEST_UNIT_NET_RAW_SERVER_H

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sendonce::test {

// A socket on a free port of the loopback interface, bound and not listening.
class BoundSocket {
 public:
  BoundSocket() : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    BOOST_REQUIRE_EQUAL(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    socklen_t length = sizeof(address);
    BOOST_REQUIRE_EQUAL(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    port_ = ntohs(address.sin_port);
  }
  ~BoundSocket() { close(fd_); }
  BoundSocket(const BoundSocket&) = delete;
  BoundSocket& operator=(const BoundSocket&) = delete;

  int fd() const { return fd_; }
  uint16_t port() const { return port_; }

 private:
  int fd_;
  uint16_t port_ = 0;
};

// One accepted connection, as raw as it comes.
class Stream {
 public:
  explicit Stream(int fd) : fd_(fd) {}
  ~Stream() { Close(); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Head and body of the next request; what there was of it if the client went away.
  std::string ReadRequest() {
    std::string text;
    while (!IsComplete(text)) {
      char buffer[4096];
      const ssize_t got = recv(fd_, buffer, sizeof(buffer), 0);
      if (got <= 0) break;
      text.append(buffer, static_cast<size_t>(got));
    }
    return text;
  }

  bool Send(const std::string& text) {
    return send(fd_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }

  // True if the client has closed; waits that long for it.
  bool IsClosed(int wait_ms) {
    pollfd poller{fd_, POLLIN | POLLRDHUP, 0};
    return poll(&poller, 1, wait_ms) > 0;
  }

  // With a reset instead of an end.
  void Reset() {
    const linger option{1, 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &option, sizeof(option));
    Close();
  }

  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  static bool IsComplete(const std::string& text) {
    const size_t end = text.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const size_t length = text.find("Content-Length: ");
    return text.size() - end - 4 >= std::stoul(text.substr(length + 16));
  }

  int fd_;
};

// Accepts as many connections as it has handlers, one after the other, on its own thread.
class Server {
 public:
  using Handler = std::function<void(Stream&)>;

  explicit Server(std::vector<Handler> handlers) {
    BOOST_REQUIRE_EQUAL(listen(socket_.fd(), 8), 0);
    thread_ = std::thread([this, handlers = std::move(handlers)] {
      for (const Handler& handle : handlers) {
        const int fd = accept(socket_.fd(), nullptr, nullptr);
        if (fd < 0) return;
        Stream stream(fd);
        handle(stream);
      }
    });
  }
  ~Server() {
    shutdown(socket_.fd(), SHUT_RDWR);  // ends an accept that nobody came for
    thread_.join();
  }

  uint16_t port() const { return socket_.port(); }

 private:
  BoundSocket socket_;
  std::thread thread_;
};

}  // namespace sendonce::test

#endif  // SENDONCE_TEST_UNIT_NET_RAW_SERVER_H
