"""Bugs that the fuzz targets have to find, see planted_bugs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    target: str
    says: str
    file: str
    old: str
    new: str
    via: str = ""  # the source that is compiled, if the bug is in a header

    @property
    def compiled(self):
        return self.via or self.file


BUGS = [
    Bug("transaction", "amounts are not summed", "src/bitcoin/transaction.cpp",
        "if (IsMoney(output.amount_sat)) total_sat += output.amount_sat;", ""),
    Bug("transaction", "a witness section may be empty", "src/bitcoin/transaction.cpp",
        "if (!HasWitness(transaction)) reader.Fail();", ""),
    Bug("transaction", "a length need not be the shortest", "src/bitcoin/byte_reader.cpp",
        "if (ok_ && CompactSizeLength(value) != 1 + size) Fail();", ""),
    Bug("address", "version 0 is taken in bech32m, too", "src/bitcoin/address.cpp",
        "if ((version == 0) != (text.variant == Bech32Variant::kBech32)) return std::nullopt;", ""),
    Bug("address", "the human-readable part is compared from its third letter on",
        "src/bitcoin/address.cpp",
        "if (text->human_readable_part != parameters.human_readable_part) return std::nullopt;",
        "if (text->human_readable_part.substr(2) != parameters.human_readable_part.substr(2))\n"
        "      return std::nullopt;"),
    Bug("json", "one level more", "src/http/json_reader.cpp", "if (depth == limits_.depth)",
        "if (depth == limits_.depth + 1)"),
    Bug("json", "the last of few keys may stand twice", "src/http/json_reader.cpp",
        "for (size_t i = 1; i < fields.size(); ++i) {",
        "for (size_t i = 1; i + 1 < fields.size(); ++i) {"),
    Bug("send_body", "one satoshi below dust", "src/http/send_body.cpp",
        "if (*amount_sat < dust_sat || *amount_sat == 0)",
        "if (*amount_sat + 1 < dust_sat || *amount_sat == 0)"),
    Bug("send_body", "the sum of the outputs is not checked", "src/http/send_body.cpp",
        "if (!bitcoin::IsMoney(total_sat)) {", "if (false) {"),
    Bug("send_body", "the fee is no part of the hash", "src/core/send.cpp",
        "AppendOptional(content.fee->fee_rate_sat_kvb, fields[1]);", ""),
    Bug("send_body", "not_after is not compared", "src/core/send.cpp",
        'if (stored.not_after_ms != offered.not_after_ms) return "not_after";', ""),
    Bug("bulk_body", "an element is numbered from the taken ones", "src/http/bulk_body.cpp",
        "bulk.refused.push_back({i, std::move(*problem)});",
        "bulk.refused.push_back({items.size(), std::move(*problem)});"),
    Bug("http_request", "two lengths are no objection", "src/http/headers.cpp",
        "if (lengths + encodings > 1)", "if (lengths + encodings > 2)"),
    Bug("http_request", "an origin need only begin as it should", "src/http/access.cpp",
        'if (!origin || !EqualIgnoringCase(*origin, "http://" + std::string(*host))) {',
        'if (!origin || !StartsWithIgnoringCase(*origin, "http://" + std::string(*host))) {'),
    Bug("wal_codec", "a bool may be any byte", "src/wal/wire.h", "if (byte > 1) return Fail();",
        "", "src/wal/codec.cpp"),
    Bug("wal_codec", "bytes may be left over", "src/wal/wire.h",
        "bool complete() const { return ok_ && rest_.empty(); }",
        "bool complete() const { return ok_; }", "src/wal/codec.cpp"),
    Bug("wal_frame", "the checksum of an anchor is not looked at", "src/wal/anchor.cpp",
        "if (EncodeAnchor(anchor) != text) return std::nullopt;", ""),
    Bug("zmq", "a counter that stands still is no gap", "src/node/zmq_codec.cpp",
        "const bool follows = counter == last->second + 1;",
        "const bool follows = counter - last->second <= 1;"),
    Bug("zmq", "the size of a mempool event is not checked", "src/node/zmq_codec.cpp",
        "if (body.size() != kHashSize + 1 + rest) return std::nullopt;",
        "if (body.size() < kHashSize + 1 + rest) return std::nullopt;"),
    Bug("rpc_reply", "of two replies with one id the second counts", "src/node/rpc_codec.cpp",
        "if (slot || !(slot = ReadReply(reply))) return std::nullopt;",
        "if (!(slot = ReadReply(reply))) return std::nullopt;"),
    Bug("rpc_reply", "an error after a broadcast is taken for -27", "src/node/evidence.cpp",
        "    case kVerifyError:\n      return JudgeVerifyError(error.message);",
        "    case kVerifyError:\n      return Refusal::kAlreadyInChain;"),
    Bug("node_readers", "what spends a coin is not looked into", "src/node/coin_lookup.cpp",
        'if (!Spends(known->second, standings[i].outpoint)) '
        'return Malformed("gettxspendingprevout");',
        ""),
    Bug("node_readers", "another txid is taken for ours", "src/node/wallet_actions.cpp",
        'if (ReadHash(*result) != effect.txid) return Malformed("sendrawtransaction");', ""),
    Bug("settings", "a digit too many", "src/settings/settings.cpp", "kMaxIntegerDigits = 18",
        "kMaxIntegerDigits = 19"),
    Bug("http_client", "what was cut is a reply", "src/net/http_client.cpp",
        "if (reply != nullptr && evhttp_request_get_response_code(reply) != 0) {",
        "if (reply == nullptr && exchanger->received_bytes_ > 0) {\n"
        "    exchanger->Finish(HttpResponse{200, {}, {}, {}});\n"
        "  } else if (reply != nullptr && evhttp_request_get_response_code(reply) != 0) {"),
    Bug("cli_reply", "a refusal that shows a send is that send", "src/cli/reply.cpp",
        '  if (Refused(reply)) {\n    return TextField(reply.document, "code") == "unknown_id"',
        '  if (Refused(reply)) {\n    if (reply.status == 409) return ExitCode::kNever;\n'
        '    return TextField(reply.document, "code") == "unknown_id"'),
    Bug("cli_reply", "whose fate it is is not looked at", "src/cli/reply.cpp",
        ' || TextField(value, "id") != id)', " || id.empty())"),
    Bug("ledger", "a coin may be reserved twice (R2)", "src/core/record_objection.cpp",
        "if (owner != left || !all_leave)", "if (false)"),
    Bug("core", "what has an effect leaves at once (R1)", "src/core/outbox.cpp",
        "if (OnlyReads(effect) || ledger_.last_seq() <= durable_seq_) {", "if (true) {"),
    Bug("core", "answers leave at once (G1)", "src/core/outbox.cpp",
        "  if (seq <= durable_seq_) {\n    released_.emplace_back(std::move(answer));",
        "  if (true) {\n    released_.emplace_back(std::move(answer));"),
    Bug("core", "what is held is released one record early", "src/core/outbox.cpp",
        "const auto end = held_.upper_bound(seq);", "const auto end = held_.upper_bound(seq + 1);"),
    Bug("core", "the cap on the fee of a transaction is not checked",
        "src/core/transaction_check.cpp", "if (fee_sat > policy.max_fee_sat) {",
        "if (fee_sat < 0) {"),
]
