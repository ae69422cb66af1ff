// JSON-RPC as bitcoind speaks it, as text: requests written, replies read. Pure; safe from any
// thread, but a Json and its copies belong to one thread at a time.

#ifndef SENDONCE_NODE_RPC_CODEC_H
#define SENDONCE_NODE_RPC_CODEC_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

class UniValue;

namespace sendonce::node {

// A JSON value of a reply. Reading never fails: what is not there, or of another type, is null or
// nullopt, so that a path into a reply is checked once, at its end. Cheap to copy; keeps the whole
// reply alive.
class Json {
 public:
  Json();  // null

  bool IsNull() const;
  bool IsArray() const;
  bool IsObject() const;

  // Elements of an array; 0 for anything else.
  size_t size() const;
  Json At(size_t index) const;

  // Member of an object. If a name stands there twice: the first.
  Json operator[](std::string_view name) const;

  // How often an object has a member of that name.
  size_t Count(std::string_view name) const;

  std::optional<bool> Bool() const;
  std::optional<std::string> String() const;

  // The digits of a number just as they were written: amounts are read from them, never from a
  // double.
  std::optional<std::string> NumberText() const;

  // A number without fraction and exponent that fits.
  std::optional<int64_t> Integer() const;

 private:
  friend std::optional<Json> ParseJson(std::string_view text);
  Json(std::shared_ptr<const UniValue> document, const UniValue* value);

  std::shared_ptr<const UniValue> document_;
  const UniValue* value_;  // in the document
};

// The whole of the text as one value, nested at most 512 deep; nullopt otherwise.
std::optional<Json> ParseJson(std::string_view text);

// JSON text, made of JSON text. Strings are escaped.
std::string JsonString(std::string_view text);
std::string JsonBool(bool value);
std::string JsonArray(const std::vector<std::string>& elements);
std::string JsonObject(const std::vector<std::pair<std::string, std::string>>& members);

// `params` is JSON text: an array, or an object with names. One line, as JSON-RPC 1.0, which every
// version of bitcoind understands.
std::string RequestText(uint64_t id, std::string_view method, std::string_view params);

struct RpcError {
  int code = 0;
  std::string message;
};

using RpcReply = std::variant<Json, RpcError>;

// nullopt if it is not a reply to that request: not JSON, not an object, another id, neither a
// result nor an error or both, one of them twice, an error without an integer code and a message.
std::optional<RpcReply> ParseReply(std::string_view body, uint64_t id);

// The replies to `count` requests in one array, with ids from first_id on, in the order of the
// requests whatever the order in the reply. nullopt unless each is there once and nothing else.
std::optional<std::vector<RpcReply>> ParseBatchReply(std::string_view body, uint64_t first_id,
                                                     size_t count);

}  // namespace sendonce::node

#endif  // SENDONCE_NODE_RPC_CODEC_H
