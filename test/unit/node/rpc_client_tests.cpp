#include "node/rpc_client.h"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <future>

#include "net/basic_auth.h"
#include "scripted_node.h"

namespace sendonce::node {

namespace {

using core::Refusal;
using test::Error;
using test::HttpExchange;
using test::RefusalOf;
using test::Result;
using test::ResultOf;
using test::ScriptedNode;
using test::UnknownOf;

// A cookie file that is gone with the test.
class Cookie {
 public:
  Cookie() : path_(std::filesystem::temp_directory_path() / Name()) {}
  ~Cookie() { std::filesystem::remove(path_); }
  Cookie(const Cookie&) = delete;
  Cookie& operator=(const Cookie&) = delete;

  std::string path() const { return path_.string(); }
  void Write(const std::string& text) { std::ofstream(path_, std::ios::binary) << text; }

 private:
  static std::string Name() {
    static int count = 0;
    return "sendonce-cookie-" + std::to_string(getpid()) + "-" + std::to_string(++count);
  }

  std::filesystem::path path_;
};

RpcOptions WithCookie(const ScriptedNode& node, const Cookie& cookie) {
  RpcOptions options = node.Options();
  options.user.clear();
  options.cookie_file = cookie.path();
  return options;
}

bool HasCredentials(const HttpExchange& request, const std::string& credentials) {
  return request.head.find("Authorization: " + net::BasicAuthorization(credentials) + "\r\n") !=
         std::string::npos;
}

// Lets in only who knows these.
ScriptedNode::RawHandler Guarding(const std::string& credentials) {
  return [credentials](const HttpExchange& request) {
    if (!HasCredentials(request, credentials)) return ScriptedNode::HttpReply(401, "");
    const auto body = ParseJson(request.body);
    return ScriptedNode::HttpReply(
        200, R"({"result":"in","error":null,"id":)" + *(*body)["id"].NumberText() + "}");
  };
}

ScriptedNode::RawHandler Saying(int status, const std::string& body) {
  return [=](const HttpExchange&) { return ScriptedNode::HttpReply(status, body); };
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rpc_client_tests)

BOOST_AUTO_TEST_CASE(a_call_brings_its_result) {
  ScriptedNode node;
  node.On("getblockhash",
          [](const Json& params) { return Result(std::to_string(*params.At(0).Integer() + 1)); });
  RpcClient rpc(node.Options());
  BOOST_CHECK(ResultOf(rpc.Call("getblockhash", "[41]")).Integer() == 42);
  BOOST_CHECK(ResultOf(rpc.Call("getblockhash", "[1]")).Integer() == 2);
  BOOST_TEST(node.calls().front() == "getblockhash [41]");
  BOOST_TEST(node.requests().front().head.starts_with("POST / HTTP/1.1\r\n"));
}

BOOST_AUTO_TEST_CASE(an_error_is_judged_by_the_evidence_table) {
  ScriptedNode node;
  node.On("listunspent", Error(-18, "Requested wallet does not exist or is not loaded"));
  node.On("sendrawtransaction", Error(-25, "Mempool internal error"));
  RpcClient rpc(node.Options());
  BOOST_CHECK(RefusalOf(rpc.Call("listunspent", "[]")) == Refusal::kWalletNotLoaded);
  UnknownOf(rpc.Call("sendrawtransaction", "[]"));
}

BOOST_AUTO_TEST_CASE(errors_come_with_several_statuses) {
  for (const int status : {200, 400, 404, 500}) {
    ScriptedNode node;
    node.OnHttp(Saying(status, R"({"result":null,"error":{"code":-28,"message":"x"},"id":1})"));
    RpcClient rpc(node.Options());
    BOOST_CHECK(RefusalOf(rpc.Call("getblock", "[]")) == Refusal::kNotExecuted);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_the_reply_is_unknown) {
  for (const char* body : {R"({"result":1,"error":null,"id":99})", "<html>", "", "[]"}) {
    ScriptedNode node;
    node.OnHttp(Saying(200, body));
    RpcClient rpc(node.Options());
    UnknownOf(rpc.Call("getblock", "[]"));
    UnknownOf(rpc.CallEach("getblock", {"[]"}));
  }
}

BOOST_AUTO_TEST_CASE(a_status_without_a_reply_is_judged_alone) {
  ScriptedNode node;
  RpcClient rpc(node.Options());
  node.OnHttp(Saying(503, "Work queue depth exceeded"));
  BOOST_CHECK(RefusalOf(rpc.Call("getblock", "[]")) == Refusal::kNotExecuted);
  node.OnHttp(Saying(403, ""));
  BOOST_CHECK(RefusalOf(rpc.Call("getblock", "[]")) == Refusal::kUnauthorized);
  node.OnHttp(Saying(500, "out of order"));
  BOOST_TEST(UnknownOf(rpc.Call("getblock", "[]")).find("out of order") != std::string::npos);
  // Whatever it carries: a proxy in between may say so after the node has acted.
  node.OnHttp(Saying(502, R"({"result":1,"error":null,"id":4})"));
  UnknownOf(rpc.Call("getblock", "[]"));
}

BOOST_AUTO_TEST_CASE(a_node_that_is_not_there_is_not_executed) {
  test::BoundSocket deaf;
  RpcOptions options;
  options.port = deaf.port();
  options.user = "user";
  RpcClient rpc(options);
  BOOST_CHECK(RefusalOf(rpc.Call("getblock", "[]")) == Refusal::kNotExecuted);
}

BOOST_AUTO_TEST_CASE(a_connection_that_breaks_is_unknown_and_the_call_is_not_repeated) {
  ScriptedNode node;
  node.OnHttp([](const HttpExchange&) { return std::string(); });
  RpcClient rpc(node.Options());
  UnknownOf(rpc.Call("sendrawtransaction", "[]"));
  BOOST_TEST(node.requests().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_wallet_is_named_in_the_path) {
  ScriptedNode node;
  node.On("getwalletinfo", Result("{}"));
  for (const auto& [wallet, path] :
       {std::pair("hot", "/wallet/hot"), std::pair("", "/wallet/"),
        std::pair("a b/\xc3\xa9?#%", "/wallet/a%20b%2F%C3%A9%3F%23%25")}) {
    RpcOptions options = node.Options();
    options.wallet = wallet;
    RpcClient rpc(options);
    ResultOf(rpc.Call("getwalletinfo", "[]"));
    BOOST_TEST(node.requests().back().head.starts_with("POST " + std::string(path) + " HTTP"));
  }
}

BOOST_AUTO_TEST_CASE(user_and_password_come_before_the_cookie) {
  ScriptedNode node;
  Cookie cookie;
  cookie.Write("__cookie__:1");
  RpcOptions options = WithCookie(node, cookie);
  options.user = "u";
  options.password = "p:q";
  node.OnHttp(Guarding("u:p:q"));
  RpcClient rpc(options);
  ResultOf(rpc.Call("help", "[]"));
  node.OnHttp(Guarding("__cookie__:1"));
  BOOST_CHECK(RefusalOf(rpc.Call("help", "[]")) == Refusal::kUnauthorized);
  BOOST_TEST(node.requests().size() == 2U);
}

BOOST_AUTO_TEST_CASE(a_cookie_that_changed_is_read_again_and_the_refused_call_repeated_once) {
  ScriptedNode node;
  Cookie cookie;
  cookie.Write("__cookie__:1");
  node.OnHttp(Guarding("__cookie__:1"));
  RpcClient rpc(WithCookie(node, cookie));
  ResultOf(rpc.Call("help", "[]"));
  node.OnHttp(Guarding("__cookie__:2"));
  cookie.Write("__cookie__:2");
  BOOST_CHECK(ResultOf(rpc.Call("help", "[]")).String() == "in");
  BOOST_TEST(node.requests().size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_cookie_that_is_wrong_and_the_same_is_not_tried_again) {
  ScriptedNode node;
  Cookie cookie;
  cookie.Write("__cookie__:1");
  node.OnHttp(Guarding("__cookie__:2"));
  RpcClient rpc(WithCookie(node, cookie));
  BOOST_CHECK(RefusalOf(rpc.Call("help", "[]")) == Refusal::kUnauthorized);
  BOOST_TEST(node.requests().size() == 1U);
  cookie.Write("__cookie__:2");
  ResultOf(rpc.Call("help", "[]"));
}

BOOST_AUTO_TEST_CASE(without_a_cookie_file_nothing_is_sent) {
  ScriptedNode node;
  Cookie cookie;
  RpcClient rpc(WithCookie(node, cookie));
  BOOST_CHECK(RefusalOf(rpc.Call("help", "[]")) == Refusal::kNotExecuted);
  for (const std::string& content :
       {std::string("no colon"), std::string("a:b\nX: y"), "a:" + std::string(1'000, 'b')}) {
    cookie.Write(content);
    BOOST_CHECK(RefusalOf(rpc.Call("help", "[]")) == Refusal::kUnauthorized);
  }
  BOOST_TEST(node.requests().empty());
}

BOOST_AUTO_TEST_CASE(many_calls_go_in_few_exchanges_and_come_back_in_order) {
  ScriptedNode node;
  node.On("getblockhash",
          [](const Json& params) { return Result(std::to_string(*params.At(0).Integer())); });
  RpcClient rpc(node.Options());
  std::vector<std::string> params;
  const size_t count = 2 * kMaxCallsPerExchange + 1;
  for (size_t i = 0; i < count; ++i) params.push_back(JsonArray({std::to_string(i)}));
  const auto results = ResultOf(rpc.CallEach("getblockhash", params));
  BOOST_REQUIRE(results.size() == count);
  for (size_t i = 0; i < count; ++i) {
    BOOST_CHECK(results[i].Integer() == static_cast<int64_t>(i));
  }
  BOOST_TEST(node.requests().size() == 3U);
  BOOST_TEST(ResultOf(rpc.CallEach("getblockhash", {})).empty());
}

BOOST_AUTO_TEST_CASE(one_error_among_many_is_the_outcome_of_all) {
  ScriptedNode node;
  node.On("getblockhash", [](const Json& params) {
    return *params.At(0).Integer() == 1 ? Error(-8, "Block height out of range") : Result("0");
  });
  RpcClient rpc(node.Options());
  BOOST_CHECK(RefusalOf(rpc.CallEach("getblockhash", {"[0]", "[1]", "[2]"})) == Refusal::kRejected);
}

BOOST_AUTO_TEST_CASE(an_interrupt_ends_the_running_call_and_every_later_one) {
  ScriptedNode node;
  std::promise<RpcClient*> to_interrupt;
  auto client = to_interrupt.get_future();
  node.OnHttp([&client](const HttpExchange&) {
    client.get()->Interrupt();
    return std::string();
  });
  RpcClient rpc(node.Options());
  to_interrupt.set_value(&rpc);
  UnknownOf(rpc.Call("help", "[]"));
  UnknownOf(rpc.Call("help", "[]"));
  BOOST_TEST(node.requests().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sendonce::node
