// The cookie file: credentials that are new with every start and that only who may read the data
// directory can have, as bitcoind does it.

#ifndef SENDONCE_HTTP_COOKIE_H
#define SENDONCE_HTTP_COOKIE_H

#include <optional>
#include <string>
#include <variant>

namespace sendonce::http {

// Not thread-safe. Blocks for the file system.
class CookieFile {
 public:
  // Draws 32 random bytes and writes "__cookie__:<hex>" to `path`, mode 0600, in place of what was
  // there: a reader sees the old one, or the new one whole. The error is a sentence for a person.
  // Not synced: after a power cut there is a new start, and a new cookie.
  static std::variant<CookieFile, std::string> Create(const std::string& path);

  // "__cookie__:<hex>": the user, a colon, the password.
  const std::string& credentials() const { return credentials_; }

  // At a clean stop. What remains after a crash is replaced by the next start. Returns false if it
  // could not be removed.
  bool Remove() const;

 private:
  CookieFile(std::string path, std::string credentials);

  std::string path_;
  std::string credentials_;
};

// What the cookie file at `path` holds, for callers; nullopt if it can not be read or is none.
std::optional<std::string> ReadCookie(const std::string& path);

}  // namespace sendonce::http

#endif  // SENDONCE_HTTP_COOKIE_H
