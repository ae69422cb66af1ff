#include "http/cookie.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "bitcoin/bytes.h"

namespace sendonce::http {

namespace {

constexpr std::string_view kUser = "__cookie__:";
constexpr size_t kSecretBytes = 32;
constexpr size_t kCookieBytes = kUser.size() + 2 * kSecretBytes;

std::string Because(const std::string& what, const std::string& path) {
  return what + " " + path + ": " + std::strerror(errno);
}

std::optional<std::string> RandomHex() {
  std::array<uint8_t, kSecretBytes> secret;
  // Up to 256 bytes come whole once the kernel's generator is seeded (getrandom(2)).
  if (getrandom(secret.data(), secret.size(), 0) != static_cast<ssize_t>(secret.size())) {
    return std::nullopt;
  }
  return bitcoin::HexFromBytes(secret);
}

// REQUIRES: `text` fits one write of a regular file.
bool WriteWhole(int fd, const std::string& text) {
  return write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// A new file that nobody else has open and only we may read.
std::optional<std::string> WriteNewFile(const std::string& path, const std::string& text) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return Because("can not replace", path);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return Because("can not create", path);
  const bool written = fchmod(fd, 0600) == 0 && WriteWhole(fd, text);
  std::optional<std::string> error;
  if (!written) error = Because("can not write", path);
  if (close(fd) != 0 && !error) error = Because("can not write", path);
  return error;
}

}  // namespace

CookieFile::CookieFile(std::string path, std::string credentials)
    : path_(std::move(path)), credentials_(std::move(credentials)) {}

std::variant<CookieFile, std::string> CookieFile::Create(const std::string& path) {
  const std::optional<std::string> secret = RandomHex();
  if (!secret) return Because("no random bytes for", path);
  const std::string credentials = std::string(kUser) + *secret;
  const std::string temporary = path + ".tmp";
  if (auto error = WriteNewFile(temporary, credentials)) return *error;
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    const std::string error = Because("can not write", path);
    unlink(temporary.c_str());
    return error;
  }
  return CookieFile(path, credentials);
}

bool CookieFile::Remove() const {
  return unlink(path_.c_str()) == 0;
}

std::optional<std::string> ReadCookie(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::array<char, kCookieBytes + 1> text;
  const ssize_t size = read(fd, text.data(), text.size());
  close(fd);
  if (size != static_cast<ssize_t>(kCookieBytes)) return std::nullopt;
  const std::string cookie(text.data(), kCookieBytes);
  return cookie.starts_with(kUser) ? std::optional<std::string>(cookie) : std::nullopt;
}

}  // namespace sendonce::http
