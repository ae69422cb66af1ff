// Requests made from a pattern and a number: the same number gives the same request, so that what
// was acknowledged can be asked for again.

#ifndef SENDONCE_TEST_BENCH_REQUEST_PATTERN_H
#define SENDONCE_TEST_BENCH_REQUEST_PATTERN_H

#include <cstdint>
#include <string>
#include <vector>

namespace sendonce::bench {

// A text in which {id}, {id64} (in base64), {n} and {address} stand for something that depends on
// the number. Other braces are as they are: JSON is full of them.
class Pattern {
 public:
  Pattern(const std::string& text, std::string id_prefix,
          const std::vector<std::string>& addresses);

  void AppendTo(std::string& text, uint64_t number) const;

 private:
  enum class Kind { kText, kId, kId64, kNumber, kAddress };
  struct Piece {
    Kind kind = Kind::kText;
    std::string text;
  };

  std::string IdOf(uint64_t number) const;
  std::string Filled(const Piece& piece, uint64_t number) const;

  std::string id_prefix_;
  std::vector<std::string> addresses_;  // {address} goes round
  std::vector<Piece> pieces_;
};

struct RequestParts {
  std::string method = "GET";
  std::string target = "/";
  std::string host;           // the Host header
  std::string authorization;  // empty: none
  std::string body;           // {items} stands for `bulk` items, with commas between them
  std::string item;
  uint64_t bulk = 1;
  std::string id_prefix = "b-";
  std::vector<std::string> addresses;
};

class RequestPattern {
 public:
  explicit RequestPattern(const RequestParts& parts);

  // Head and body. Items have the numbers from number * bulk on.
  std::string Make(uint64_t number) const;

 private:
  std::string BodyOf(uint64_t number) const;

  bool has_items_;
  uint64_t bulk_;
  Pattern request_line_;
  std::string headers_;
  Pattern body_;  // up to {items}, if there are any
  Pattern body_end_;
  Pattern item_;
};

}  // namespace sendonce::bench

#endif  // SENDONCE_TEST_BENCH_REQUEST_PATTERN_H
