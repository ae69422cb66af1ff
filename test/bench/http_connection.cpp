#include "http_connection.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace sendonce::bench {

namespace {

constexpr size_t kReadBytes = 16'384;
constexpr size_t kStatusAt = 9;  // behind "HTTP/1.1 "

[[noreturn]] void Fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

sockaddr_in AddressOf(const std::string& address, uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (inet_pton(AF_INET, address.c_str(), &to.sin_addr) != 1) {
    throw std::runtime_error("not a numeric address: " + address);
  }
  return to;
}

// The value of a header in a reply's head, or nullopt. Servers write the name as they like.
std::optional<std::string_view> HeaderIn(std::string_view head, std::string_view name) {
  for (size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line)) {
    line += 2;
    if (strncasecmp(head.data() + line, name.data(), name.size()) == 0) {
      return head.substr(line + name.size());
    }
  }
  return std::nullopt;
}

}  // namespace

HttpConnection::HttpConnection(const std::string& address, uint16_t port)
    : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), buffer_(kReadBytes) {
  if (descriptor_ < 0) Fail("no socket");
  const sockaddr_in to = AddressOf(address, port);
  if (connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) != 0) {
    close(descriptor_);
    Fail("cannot connect to port " + std::to_string(port));
  }
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  fcntl(descriptor_, F_SETFL, O_NONBLOCK);
}

HttpConnection::~HttpConnection() {
  close(descriptor_);
}

HttpConnection::Progress HttpConnection::Send(std::string request) {
  request_ = std::move(request);
  sent_ = 0;
  return Write();
}

HttpConnection::Progress HttpConnection::Write() {
  while (wants_to_write()) {
    const ssize_t count =
        send(descriptor_, request_.data() + sent_, request_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0) return errno == EAGAIN ? Progress(Waiting{}) : Progress(Closed{});
    sent_ += static_cast<size_t>(count);
  }
  return Waiting{};
}

HttpConnection::Progress HttpConnection::Read() {
  for (;;) {
    const ssize_t count = recv(descriptor_, buffer_.data(), buffer_.size(), 0);
    if (count == 0) return Closed{};
    if (count < 0) return errno == EAGAIN ? Progress(Waiting{}) : Progress(Closed{});
    received_.append(buffer_.data(), static_cast<size_t>(count));
    if (auto reply = TakeReply()) return std::move(*reply);
  }
}

// A reply has a Content-Length here: no server that is measured sends chunks for what is asked of
// it; one that does fails the run rather than to be measured wrongly.
std::optional<Reply> HttpConnection::TakeReply() {
  if (body_begin_ == 0) {
    const size_t end = received_.find("\r\n\r\n");
    if (end == std::string::npos) return std::nullopt;
    const auto length = HeaderIn({received_.data(), end + 2}, "content-length:");
    if (!length) throw std::runtime_error("a reply without Content-Length: " + received_);
    body_begin_ = end + 4;
    body_length_ = std::strtoull(length->data(), nullptr, 10);
  }
  if (received_.size() < body_begin_ + body_length_) return std::nullopt;
  Reply reply{std::atoi(received_.c_str() + kStatusAt),
              received_.substr(body_begin_, body_length_)};
  received_.clear();
  body_begin_ = 0;
  return reply;
}

}  // namespace sendonce::bench
