#!/usr/bin/env python3
"""Shows that the lints see: each planted violation is reported, and a clean tree is not."""

import tempfile
import unittest
from pathlib import Path

import distribution
import docs_against_code
import house_style
import include_rules


def header(path, *lines):
    guard = house_style.guard_of(path)
    return "\n".join([f"#ifndef {guard}", f"#define {guard}", *lines, f"#endif  // {guard}", ""])


def function_of(lines, name="Long"):
    return f"int {name}(int a,\n         int b) {{\n" + "  a += b;\n" * (lines - 3) + "}\n"


GUARANTEES = "".join(
    f"## G{number}: a promise\nHeld by `bitcoin_bytes/every_byte` of `test/unit/bitcoin_tests`.\n"
    for number in range(1, 9))

CLEAN = {
    "Makefile.am": "test_unit_core_tests_LDADD = libsendonce_core.a libsendonce_bitcoin.a\n",
    "src/bitcoin/bytes.h": header("src/bitcoin/bytes.h", "#include <vector>"),
    "src/bitcoin/hash.cpp": '#include "bitcoin/bytes.h"\n\n#include <openssl/evp.h>\n',
    "src/core/records.h": header("src/core/records.h", '#include "bitcoin/bytes.h"'),
    "src/core/machine.h": header("src/core/machine.h", '#include "core/records.h"'),
    "src/wal/database.cpp": '#include <leveldb/db.h>\n#include <unistd.h>\n\n#include "config.h"\n'
                            '#include "core/records.h"\n',
    "src/wal/overlay.cpp": "#include <leveldb/db.h>\n",
    "src/daemon/driver.cpp": '#include "core/machine.h"\n#include "wal/log.h"\n#include <thread>\n',
    "src/sendonced.cpp": '#include "daemon/application.h"\n',
    "src/node/codec.cpp": "// TODAY: a comment\n" + function_of(60)
                          + 'const char* k = "{ ( R\'";\n'
                          "struct S {\n  S(int x) : a_{x}, b_(1'000) { a_ = 2; }\n  int a_, b_;\n"
                          "};\n" + function_of(60, "Other"),
    "test/unit/bitcoin/bytes_tests.cpp":
        '#include "bitcoin/bytes.h"\n#include "sample.h"\n#include <boost/test/unit_test.hpp>\n'
        "BOOST_AUTO_TEST_SUITE(bitcoin_bytes)\nBOOST_AUTO_TEST_CASE(every_byte) {}\n"
        "BOOST_AUTO_TEST_SUITE_END()\n",
    "test/functional/sends_once.py": "def test_once():\n    pass\n",
    "contrib/check": "#!/bin/sh\nmake check  # see https://github.com/bitcoin/bips\n",
    "contrib/data.bin": "TO" "DO: but no text of ours\n",
    "doc/guarantees.md": GUARANTEES,
    "README.md": "Read `doc/guarantees.md`, ask 127.0.0.1 for `application/json`.\n",
}

# lint, file, its text, what the report must say.
PLANTED = [
    (include_rules, "src/core/a.cpp", '#include "wal/log.h"\n', "core/ may not include wal/"),
    (include_rules, "src/bitcoin/a.cpp", '#include "core/send.h"\n', "may not include core/"),
    (include_rules, "src/node/a.cpp", '#include "http/routes.h"\n', "node/ may not include http/"),
    (include_rules, "src/net/a.cpp", '#include "bitcoin/hash.h"\n', "may not include bitcoin/"),
    (include_rules, "src/wal/a.cpp", '#include "core/machine.h"\n', "the inside of the core"),
    (include_rules, "src/http/a.h", '  #  include "core/ledger.h"\n', "the inside of the core"),
    (include_rules, "src/core/a.h", "#include <thread>\n", "core/ is pure"),
    (include_rules, "src/core/b.h", "#include <chrono>\n", "core/ is pure"),
    (include_rules, "src/core/a.cpp", "#include <cstdio>\n", "core/ is pure"),
    (include_rules, "src/core/b.cpp", "#include <unistd.h>\n", "core/ is pure"),
    (include_rules, "src/bitcoin/a.cpp", "#include <random>\n", "bitcoin/ is pure"),
    (include_rules, "src/wal/a.h", "#include <leveldb/db.h>\n", "LevelDB stays out of our headers"),
    (include_rules, "src/net/a.h", "#include <sys/socket.h>\n", "stays out of our headers"),
    (include_rules, "src/net/a.h", '#include "config.h"\n', "stays out of our headers"),
    (include_rules, "src/wal/third.cpp", "#include <leveldb/db.h>\n", "LevelDB is in more files"),
    (include_rules, "src/node/a.cpp", "#include <leveldb/db.h>\n", "LevelDB is not used here"),
    (include_rules, "src/daemon/a.cpp", "#include <univalue.h>\n", "univalue is not used here"),
    (include_rules, "src/http/a.cpp", "#include <zmq.h>\n", "ZeroMQ is not used here"),
    (include_rules, "src/node/a.cpp", "#include <event2/event.h>\n", "libevent is not used here"),
    (include_rules, "src/wal/a.cpp", "#include <spdlog/logger.h>\n", "spdlog is not used here"),
    (include_rules, "src/http/a.cpp", "#include <openssl/rand.h>\n", "OpenSSL is not used here"),
    (include_rules, "src/daemon/a.cpp", "#include <boost/asio.hpp>\n", "of no library"),
    (include_rules, "src/wal/a.cpp", "#include <snappy-c.h>\n", "of no library"),
    (include_rules, "src/wal/a.cpp", "#include <core/send.h>\n", "belongs in quotes"),
    (include_rules, "src/wal/a.cpp", '#include "log.h"\n', "from src/, with its folder"),
    (include_rules, "src/wal/a.cpp", "#include HEADER\n", "cannot be read"),
    (include_rules, "src/util/a.h", "", "src/util/ is not in the table"),
    (include_rules, "src/core/a.cpp", '#include "util/a.h"\n', "in no folder"),
    (include_rules, "src/sendonced.cpp", '#include "wal/log.h"\n', "a program may not include"),
    (include_rules, "test/unit/core/a_tests.cpp", '#include "wal/log.h"\n', "a test of core/"),
    (include_rules, "Makefile.am", "test_unit_core_tests_LDADD = libsendonce_core.a \\\n"
     "\tlibsendonce_wal.a\n", "the tests of core/ may not link wal/"),
    (include_rules, "Makefile.am", "test_unit_misc_tests_LDADD = libsendonce_core.a\n",
     "misc/ is not in the table"),
    (house_style, "src/node/long.cpp", function_of(61), "Long has 61 lines"),
    (house_style, "src/node/long.cpp", "namespace a {\nstruct B {\n" + function_of(70) + "};\n}\n",
     "Long has 70 lines"),
    (house_style, "src/node/long.cpp",
     "Foo::Foo(int x) : a_{x}, b_(x) {\n" + "  x = {1};\n" * 60 + "}\n", "Foo::Foo has 62 lines"),
    (house_style, "src/node/long.cpp", "auto Foo() const noexcept -> std::vector<int> {\n"
     + "  if (x) { y(\"}\"); }  // }\n" * 60 + "}\n", "Foo has 62 lines"),
    (house_style, "test/unit/bitcoin/long_tests.cpp",
     "BOOST_AUTO_TEST_SUITE(a)\nBOOST_AUTO_TEST_CASE(b_c) {\n" + "  x();\n" * 59 + "}\n",
     "b_c has 61 lines"),
    (house_style, "test/functional/long.py", "def long():\n" + "    pass\n" * 60,
     "long has 61 lines"),
    (house_style, "contrib/tool", "#!/usr/bin/env python3\ndef long():\n" + "    pass\n" * 60,
     "long has 61 lines"),
    (house_style, "src/node/long.h", header("src/node/long.h", *["int a;"] * 600), "603 lines"),
    (house_style, "src/node/a.cpp", "//" + "-" * 99 + "\n", "longer than 100"),
    (house_style, "src/node/a.cpp", "// TO" "DO: more\n", "do it"),
    (house_style, "src/node/a.cpp", "x();  // NO" "LINTNEXTLINE(a)\n", "do it"),
    (house_style, "contrib/check", "#!/bin/sh\n# FIX" "ME\n", "do it"),
    (house_style, "src/node/a.h", header("src/core/a.h"), "SENDONCE_NODE_A_H"),
    (house_style, "src/node/a.h", "#pragma once\n" + header("src/node/a.h"), "before everything"),
    (house_style, "src/node/a.h", header("src/node/a.h")[:-20] + "\n", "the last line"),
    (house_style, "doc/a.md", "See /work" "/notes.\n", "a place on one machine"),
    (house_style, "contrib/check", "#!/bin/sh\ncd /tmp" "/here\n", "a place on one machine"),
    (house_style, "src/node/a.cpp", 'x("/home' '/alice/log");\n', "a place on one machine"),
    (house_style, "contrib/check", "#!/bin/sh\ncurl http:" "//packages.firm:8080/x\n",
     "packages.firm"),
    (house_style, "doc/a.md", "Ask mirror.firm" ".io for it.\n", "mirror.firm"),
    (docs_against_code, "doc/guarantees.md", GUARANTEES.replace("G8", "G9"), "G8 has no section"),
    (docs_against_code, "doc/guarantees.md",
     GUARANTEES.replace("`bitcoin_bytes/every_byte`", "luck"), "G3 names no test"),
    (docs_against_code, "doc/guarantees.md", GUARANTEES + "`no_suite/no_case`\n",
     "no test no_suite"),
    (docs_against_code, "doc/a.md", "`bitcoin_bytes/gone`\n", "no test bitcoin_bytes/gone"),
    (docs_against_code, "doc/a.md", "`test_gone`\n", "no test test_gone"),
    (docs_against_code, "README.md", "Run `contrib/gone`.\n", "no contrib/gone"),
]


def reports(lint, files):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text, encoding="utf-8")
        return [str(violation) for violation in lint.violations(root)]


class SelfTest(unittest.TestCase):
    def test_a_clean_tree_is_clean(self):
        for lint in (include_rules, house_style, docs_against_code):
            self.assertEqual(reports(lint, CLEAN), [], lint.__name__)

    def test_each_planted_violation_is_reported(self):
        for lint, path, text, expected in PLANTED:
            with self.subTest(path=path, expected=expected):
                found = reports(lint, CLEAN | {path: text})
                matching = [report for report in found if path in report and expected in report]
                self.assertTrue(matching, found)

    def test_missing_guarantees_are_no_success(self):
        files = {name: text for name, text in CLEAN.items() if name != "doc/guarantees.md"}
        self.assertIn("missing", "".join(reports(docs_against_code, files)))

    def test_an_allowance_is_used_or_reported(self):
        allowance = {"src/node/long.cpp: Long": "planted"}
        house_style.LONG_FUNCTIONS.update(allowance)
        try:
            long_one = {"src/node/long.cpp": function_of(61)}
            self.assertEqual(reports(house_style, CLEAN | long_one), [])
            self.assertIn("is not needed", "".join(reports(house_style, CLEAN)))
        finally:
            for name in allowance:
                del house_style.LONG_FUNCTIONS[name]

    def test_builds_in_the_tree_are_left_out(self):
        built = {"src/config.h": "#define A\n", "test/.deps/a.h": "", "build/src/core/a.cpp": "x"}
        for lint in (include_rules, house_style):
            self.assertEqual(reports(lint, CLEAN | built), [])

    def test_what_is_packed_and_what_is_tracked(self):
        tracked, made = {"a", ".gitignore"}, {"configure", "build-aux/missing"}
        self.assertEqual(distribution.differences(tracked, {"new"}, {"a", "new", *made}), [])
        self.assertEqual(distribution.differences(tracked, set(), made),
                         ["a: tracked, and not packed"])
        self.assertEqual(distribution.differences(tracked, set(), {"a", "a.o"}),
                         ["a.o: packed, and not tracked"])


if __name__ == "__main__":
    unittest.main()
