#include "http/bulk_body.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "http/send_body.h"
#include "sample.h"

BOOST_AUTO_TEST_SUITE(http_bulk_body)

using namespace sendonce;
using namespace sendonce::http;

namespace {

// A send to the sample's address.
std::string Element(const std::string& id, const std::string& more = "",
                    const std::string& amount = "150000") {
  return R"({"id":")" + id + R"(","outputs":[{"address":")" + sample::kAddress +
         R"(","amount_sat":)" + amount + "}]" + (more.empty() ? "" : "," + more) + "}";
}

std::string Sends(const std::string& elements) {
  return R"({"sends":[)" + elements + "]}";
}

std::string Repeated(const std::string& element, size_t count) {
  std::string list;
  for (size_t i = 0; i < count; ++i) list += (i > 0 ? "," : "") + element;
  return list;
}

std::string TextOf(const Problem& problem) {
  return std::string(CodeText(problem.code)) + " " + problem.field;
}

// What is refused of a body: "position code field, ..." of elements, or "code field" of it all.
template <typename Result>
std::string Refused(const Result& result) {
  if (const auto* problem = std::get_if<Problem>(&result)) return TextOf(*problem);
  std::string text;
  for (const RefusedElement& one : std::get<0>(result).refused) {
    text += (text.empty() ? "" : ", ") + std::to_string(one.position) + " " + TextOf(one.problem);
  }
  return text.empty() ? "none" : text;
}

auto Submits(const std::string& body) {
  return ReadBulkSubmit(body, bitcoin::Network::kRegtest);
}

std::string RefusedOf(const std::string& elements) {
  return Refused(Submits(Sends(elements)));
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_sends_in_order) {
  const auto read = Submits(Sends(Element("w-1") + "," + Element("w-2", R"("batch":false)")));
  const auto& bulk = std::get<BulkSubmit>(read);
  BOOST_TEST(bulk.refused.empty());
  BOOST_REQUIRE(bulk.command.items.size() == 2u);
  BOOST_TEST(bulk.command.items[0].id == "w-1");
  BOOST_TEST(bulk.command.items[0].content.outputs[0].amount_sat == 150000);
  BOOST_TEST(!bulk.command.items[0].content.batch);
  BOOST_TEST(bulk.command.items[1].id == "w-2");
  BOOST_TEST(!*bulk.command.items[1].content.batch);
}

// The content is what the single call makes of the same body: a retry may change from one to the
// other.
BOOST_AUTO_TEST_CASE(the_content_is_that_of_the_single_call) {
  const std::string fields = R"("fee":{"rate_sat_vb":12.5},"max_fee_sat":20000,"batch":true,)"
                             R"("not_after":1790000000000,"reference":"x")";
  const auto read = Submits(Sends(Element("w-1", fields)));
  const auto& item = std::get<BulkSubmit>(read).command.items.at(0);
  const std::string body = sample::kBody;
  const auto single = ReadSendBody(body.substr(0, body.size() - 1) + "," + fields + "}",
                                   bitcoin::Network::kRegtest);
  BOOST_TEST(!DifferingField(item.content, std::get<core::SendContent>(single)));
}

BOOST_AUTO_TEST_CASE(a_bad_element_is_refused_alone) {
  const auto read = Submits(Sends(Element("a b") + "," + Element("w-1") + ",7," +
                                  Element("w-2", "", "1") + "," + Element("w-3")));
  const auto& bulk = std::get<BulkSubmit>(read);
  BOOST_REQUIRE(bulk.command.items.size() == 2u);
  BOOST_TEST(bulk.command.items[0].id == "w-1");
  BOOST_TEST(bulk.command.items[1].id == "w-3");
  BOOST_TEST(Refused(read) == "0 bad_id id, 2 bad_json , 3 bad_amount outputs[0].amount_sat");
}

// As strict as the single call.
BOOST_AUTO_TEST_CASE(what_the_single_call_refuses_is_refused) {
  BOOST_TEST(RefusedOf("{}") == "0 missing_field id");
  BOOST_TEST(RefusedOf(R"({"id":"w-1"})") == "0 missing_field outputs");
  BOOST_TEST(RefusedOf(R"({"id":7,"outputs":[]})") == "0 bad_id id");
  BOOST_TEST(RefusedOf(R"({"id":"..","outputs":[]})") == "0 bad_id id");
  BOOST_TEST(RefusedOf(R"({"id":"w-1","outputs":[]})") == "0 bad_parameter outputs");
  BOOST_TEST(RefusedOf(Element("w-1", R"("wait":1)")) == "0 unknown_field wait");
  BOOST_TEST(RefusedOf(Element("w-1", R"("batch":null)")) == "0 bad_parameter batch");
  BOOST_TEST(RefusedOf(Element("w-1", R"("fee":{})")) == "0 bad_fee fee");
  BOOST_TEST(RefusedOf(Element("w-1", "", "1e9")) == "0 bad_amount outputs[0].amount_sat");
  BOOST_TEST(RefusedOf("[]") == "0 bad_json ");
  BOOST_TEST(RefusedOf(Element("w-1")) == "none");
}

BOOST_AUTO_TEST_CASE(a_body_that_is_wrong_as_a_whole_is_refused_as_a_whole) {
  const auto refused = [](const std::string& body) { return Refused(Submits(body)); };
  BOOST_TEST(refused("") == "bad_json ");
  BOOST_TEST(refused("[]") == "bad_json ");
  BOOST_TEST(refused("{}") == "missing_field sends");
  BOOST_TEST(refused(R"({"sends":{}})") == "bad_parameter sends");
  BOOST_TEST(refused(R"({"sends":null})") == "bad_parameter sends");
  BOOST_TEST(refused(R"({"sends":[],"wait":1})") == "unknown_field wait");
  BOOST_TEST(refused(R"({"sends":[)" + Element("w-1") + ",]}") == "bad_json ");
  BOOST_TEST(RefusedOf(Element("w-1") + "," + Element("w-2", R"("id":"w-3")")) ==
             "bad_json sends[1].id");
}

BOOST_AUTO_TEST_CASE(a_call_has_a_limit) {
  const size_t limit = core::kMaxSendsInBulk;
  const auto full = Submits(Sends(Repeated(Element("w-1"), limit)));
  BOOST_TEST(std::get<BulkSubmit>(full).command.items.size() == limit);
  BOOST_TEST(Refused(Submits(Sends(Repeated(Element("w-1"), limit + 1)))) ==
             "limit_exceeded sends");
  const auto ids = [](size_t count) {
    return ReadBulkQuery(R"({"ids":[)" + Repeated("\"w-1\"", count) + "]}");
  };
  BOOST_TEST(std::get<BulkQuery>(ids(limit)).command.items.size() == limit);
  BOOST_TEST(Refused(ids(limit + 1)) == "limit_exceeded ids");
  BOOST_TEST(std::get<BulkSubmit>(Submits(Sends(""))).command.items.empty());
}

BOOST_AUTO_TEST_CASE(values_and_depth_have_limits) {
  BOOST_TEST(RefusedOf(Element("w-1", R"("x":)" + std::string(7, '[') + std::string(7, ']'))) ==
             "0 unknown_field x");
  BOOST_TEST(RefusedOf(Element("w-1", R"("x":)" + std::string(8, '[') + std::string(8, ']'))) ==
             "bad_json ");
  BOOST_TEST(RefusedOf(Repeated("0", kBulkJsonLimits.values)) == "bad_json ");
}

BOOST_AUTO_TEST_CASE(reads_ids) {
  const auto read = ReadBulkQuery(R"({"ids":["w-1",7,"a b","w-2"]})");
  const auto& bulk = std::get<BulkQuery>(read);
  BOOST_REQUIRE(bulk.command.items.size() == 2u);
  BOOST_TEST(bulk.command.items[0].id == "w-1");
  BOOST_TEST(bulk.command.items[1].id == "w-2");
  BOOST_TEST(Refused(read) == "1 bad_id id, 2 bad_id id");
  BOOST_TEST(Refused(ReadBulkQuery("{}")) == "missing_field ids");
  BOOST_TEST(Refused(ReadBulkQuery(R"({"ids":"w-1"})")) == "bad_parameter ids");
}

BOOST_AUTO_TEST_SUITE_END()
