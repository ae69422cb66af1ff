#include "http/cookie.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>

BOOST_AUTO_TEST_SUITE(http_cookie)

using namespace sendonce::http;

namespace {

struct Folder {
  std::filesystem::path path;

  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "sendonce-cookie-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()));
    path = name;
  }
  ~Folder() { std::filesystem::remove_all(path); }

  std::string File() const { return (path / ".cookie").string(); }
};

std::string Contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

CookieFile Made(const std::string& path) {
  auto made = CookieFile::Create(path);
  BOOST_REQUIRE(std::holds_alternative<CookieFile>(made));
  return std::get<CookieFile>(std::move(made));
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(writes_a_new_secret_that_only_we_can_read, Folder) {
  const mode_t old_mask = umask(0);
  const CookieFile cookie = Made(File());
  umask(old_mask);
  BOOST_TEST(cookie.credentials().starts_with("__cookie__:"));
  BOOST_TEST(cookie.credentials().size() == 11u + 64u);
  BOOST_TEST(cookie.credentials().find_first_not_of("0123456789abcdef", 11) == std::string::npos);
  BOOST_TEST(Contents(File()) == cookie.credentials());
  struct stat info {};
  BOOST_REQUIRE(stat(File().c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 07777) == 0600u);
  BOOST_TEST(*ReadCookie(File()) == cookie.credentials());
}

BOOST_FIXTURE_TEST_CASE(replaces_an_older_one_whole, Folder) {
  const CookieFile first = Made(File());
  const int reader = open(File().c_str(), O_RDONLY);
  const CookieFile second = Made(File());
  BOOST_TEST(first.credentials() != second.credentials());
  BOOST_TEST(Contents(File()) == second.credentials());
  char old[128] = {};
  BOOST_TEST(read(reader, old, sizeof(old)) == 75);
  close(reader);
  BOOST_TEST(old == first.credentials());
  BOOST_TEST(std::distance(std::filesystem::directory_iterator(path), {}) == 1);
}

BOOST_FIXTURE_TEST_CASE(does_not_follow_what_lies_in_its_way, Folder) {
  const std::string victim = (path / "victim").string();
  std::ofstream(victim) << "keep";
  std::filesystem::create_symlink(victim, File() + ".tmp");
  const CookieFile cookie = Made(File());
  BOOST_TEST(Contents(victim) == "keep");
  BOOST_TEST(Contents(File()) == cookie.credentials());
}

BOOST_FIXTURE_TEST_CASE(is_removed_at_the_end, Folder) {
  const CookieFile cookie = Made(File());
  BOOST_TEST(cookie.Remove());
  BOOST_TEST(!std::filesystem::exists(File()));
  BOOST_TEST(!cookie.Remove());
}

BOOST_FIXTURE_TEST_CASE(says_why_it_can_not, Folder) {
  const auto made = CookieFile::Create((path / "absent" / ".cookie").string());
  BOOST_REQUIRE(std::holds_alternative<std::string>(made));
  BOOST_TEST(std::get<std::string>(made).find("No such file") != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(reads_nothing_but_cookies, Folder) {
  BOOST_TEST(!ReadCookie(File()));
  for (const std::string& text : {std::string(), std::string("__cookie__:12"), std::string(75, 'x'),
                                  "__cookie__:" + std::string(65, '0')}) {
    std::ofstream(File()) << text;
    BOOST_TEST(!ReadCookie(File()));
  }
}

BOOST_AUTO_TEST_SUITE_END()
