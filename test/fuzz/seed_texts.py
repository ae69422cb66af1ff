"""The texts that the first inputs of the fuzz targets are made of: what callers, operators and a
bitcoind really write, and what sits close beside it."""

from hashlib import sha256

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
TXID = "03" * 32
BLOCK = "aa" * 32
SCRIPT = "0014751e76e8199196d454941c45d1b3a323f1433bd6"

# From BIP 173, BIP 350 and the wiki's page on base58check.
ADDRESSES = [
    "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
    "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    "tb1z0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqglt7rf",
    "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs",
    ADDRESS,
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
    "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
    "2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc",
    "A12UEL5L", "a1lqfn3a", "11111111111111111111111111111111111", "",
]

ONE = {"outputs": [{"address": ADDRESS, "amount_sat": 150000}]}
BODIES = [
    ONE,
    {"outputs": [{"address": ADDRESS.upper(), "amount_sat": 150000}]},
    {"outputs": ONE["outputs"] * 2},
    {"outputs": [{"address": ADDRESS, "amount_sat": 294}]},
    {"outputs": [{"address": ADDRESS, "amount_sat": 293}]},
    {"outputs": [{"address": "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "amount_sat": 546}]},
    {"outputs": [{"address": ADDRESS, "amount_sat": 2100000000000000}]},
    {"outputs": [{"address": ADDRESS, "amount_sat": 2100000000000000}] * 2},
    {**ONE, "fee": {"conf_target": 6}},
    {**ONE, "fee": {"rate_sat_vb": 12.5}},
    {**ONE, "max_fee_sat": 20000},
    {**ONE, "batch": False},
    {**ONE, "not_after": 1790000000000},
    {**ONE, "reference": "customer 4711"},
    {**ONE, "fee": {"conf_target": 1008}, "max_fee_sat": 1, "batch": True,
     "not_after": 253402300799999, "reference": "\u00e9\ud83d\ude00"},
    {**ONE, "fee": {"conf_target": 1, "rate_sat_vb": 1}},
    {"rate_sat_vb": 30},
    {"txid": TXID, **ONE, "reference": "r"},
    {"verdict": "pay_again", "reason": "seen"},
    {"reason": "our own sweep"},
]

JSONS = [
    b"[]", b"{}", b"null", b"true", b' "a" ', b"-0.5e+3", b"0", b"[1,[2,[3,[4,[5,[6,[7,[8]]]]]]]]",
    b'{"a":1,"b":{"a":2}}', b'{"a":1,"a":2}', b'{"a":{"b":[0,{"c":1,"c":2}]}}',
    b'"\\u0041\\ud83d\\ude00\\n\\\\"', b'"\\ud83d"', b'"\xf0\x9f\x98\x80"', b'"\xc0\xaf"', b"01",
    b"[1,]", b"9223372036854775807", b"9223372036854775808", b"{} {}", b'"\\u0000"',
]


def request(first, *headers, body=b""):
    lines = [first, "Host: 127.0.0.1:8552", *headers]
    return "\n".join(lines).encode() + b"\n\n" + body


CONTENT = b'{"outputs":[{"address":"' + ADDRESS.encode() + b'","amount_sat":150000}]}'
JSON_BODY = "Content-Type: application/json"
COOKIE = "Authorization: Basic X19jb29raWVfXzo1ZWNhNw=="
REQUESTS = [
    request("PUT /v1/sends/w-1?wait=30&until=final", JSON_BODY, COOKIE, body=CONTENT),
    request("GET /v1/sends/w%2d1?wait=5", COOKIE),
    request("DELETE /v1/sends/w-1", COOKIE),
    request("POST /v1/sends/w-1/bump", JSON_BODY, body=b'{"rate_sat_vb":30}'),
    request("POST /v1/sends/w-1/adopt", JSON_BODY, body=b'{"txid":"' + TXID.encode() + b'"}'),
    request("POST /v1/sends/w-1/verdict", JSON_BODY, body=b'{"verdict":"never","reason":"r"}'),
    request("POST /v1/sends", JSON_BODY, body=b'{"sends":[{"id":"w-1",' + CONTENT[1:] + b"]}"),
    request("POST /v1/lookup", JSON_BODY, body=b'{"ids":["w-1","w-2"]}'),
    request("POST /v1/alarms/42/accept", JSON_BODY, body=b'{"reason":"r"}'),
    request("GET /v1/sends/w-1/history"), request("GET /v1/status"), request("GET /metrics"),
    request("GET /v1/funds?x=1"), request("GET /v1/alarms"), request("GET /healthz"),
    request("GET /readyz", "Origin: http://127.0.0.1:8552"),
    request("GET /v1/sends/..", "Origin: http://evil.example"),
    b"GET /v1/status\nHost: [::1]:8552\nHost: localhost\n\n",
    b"GET /v1/status\nHost: 10.1.2.3\nauthorization: bAsIc   X19jb29raWVfXzo1ZWNhNw==\n\n",
    request("PUT /v1/sends/w-1", "Content-Length: 5", "content-length: 6"),
    request("PUT /v1/sends/w-1", "Transfer-Encoding: chunked"),
    request("PUT /v1/sends/w-1", "Transfer-Encoding: gzip, chunked", "Content-Length: 1"),
]

CONFIGS = [
    b"-regtest -port=18000 -debug=node init\n",
    b"-chain=signet -rpcport=1 -noprinttoconsole -- word\nport=1\n",
    b"-regtest\n# comment\nrpcuser=u\nrpcpassword=longpassword\n[regtest]\nrpcport=18443\n",
    b"\nregtest=1\nregtest.fallbackfee=12.5\nfinality=3\nconflictdepth=50\n",
    b"\n[nowhere]\nport=1\n", b"\nrpcpassword=a#b\n", b"-port=0\n", b"-help\n", b"-version\n",
    b"-retrymin=99999999 -retrymax=1\nmaxfeerate=0\n",
    b"-nozmqpubrawtx -zmqpubsequence=tcp://127.0.0.1:28332\nprune=7\nmaxconnections=1\n",
    b"123456789012345678 1234567890123456789 00 -1\n",
]

REPLIES = [
    {"result": TXID, "error": None, "id": 7},
    {"result": None, "error": {"code": -25, "message": "bad-txns-inputs-missingorspent"}, "id": 7},
    {"result": None, "error": {"code": -26, "message": "min relay fee not met, 1 < 2"}, "id": 7},
    {"result": None, "error": {"code": -27, "message": "already in utxo set"}, "id": 7},
    {"result": None, "error": {"code": -28, "message": "Loading block index..."}, "id": 7},
    {"result": None, "error": {"code": -4, "message": "The preselected coins total"}, "id": 7},
    {"result": {"value": 0.0015, "bestblock": BLOCK, "txid": TXID, "vout": 1}, "id": 7},
    [{"result": 1, "error": None, "id": 8}, {"result": [TXID], "error": None, "id": 7}],
    [{"result": 1, "id": 7}, {"result": 1, "id": 7}],
    {"chain": "regtest", "blocks": 101, "bestblockhash": BLOCK, "chainwork": "00" * 31 + "02",
     "initialblockdownload": False},
    {"walletname": "hot", "private_keys_enabled": True, "unlocked_until": 0, "scanning": False,
     "lastprocessedblock": {"height": 101, "hash": BLOCK}},
    ["sendonce:" + "ab" * 16, "other"],
    {"hex": "0102", "complete": True},
    {"hex": "0102", "complete": False, "errors": [{"txid": TXID, "vout": 0, "error": "e"}]},
    {"amount": -21000000.00000000, "fee": 1e-8, "value": 0.12345678},
]

BLOCKCHAIN = {"chain": "regtest", "blocks": 101, "bestblockhash": "bb" * 32,
              "chainwork": "00" * 31 + "02", "initialblockdownload": False}
WALLET = REPLIES[10]
FACTS = [BLOCKCHAIN, "99" * 32, {"subversion": "/Satoshi:29.0.0/"}, 12, WALLET, REPLIES[11]]
COIN = {"txid": TXID, "vout": 0, "amount": 0.015, "scriptPubKey": SCRIPT, "confirmations": 3,
        "spendable": True, "solvable": True, "safe": True}
UNSPENT = {"bestblock": BLOCK, "value": 0.001, "scriptPubKey": {"hex": SCRIPT}}
PREVOUTS = [{"txid": "01" * 32, "vout": 0}, {"txid": "02" * 32, "vout": 1}]
HEADER = {"confirmations": 2, "height": 100}



def spender_of(coin):
    """A transaction that spends the coin, in hexadecimal, and its txid."""
    raw = (bytes.fromhex("0200000001") + bytes.fromhex(coin["txid"])[::-1]
           + coin["vout"].to_bytes(4, "little") + bytes.fromhex("00fdffffff01")
           + (1000).to_bytes(8, "little") + b"\x16" + bytes.fromhex(SCRIPT) + bytes(4))
    return raw.hex(), sha256(sha256(raw).digest()).digest()[::-1].hex()


def spent_by(spender):
    """The node's lines about both coins: the first is spent in the mempool by that transaction."""
    raw, txid = spender
    prevouts = [{**PREVOUTS[0], "spendingtxid": txid}, PREVOUTS[1]]
    return [prevouts, None, UNSPENT, prevouts, raw]


# What is read (see node_readers.cpp), three flags, and the node's lines.
NODE_SCRIPTS = [
    (0, (0, 0, 0), [*FACTS, HEADER, "bb" * 32, "00"]),
    (0, (0, 0, 0), [*FACTS, "E-5 Block not found", "E-5 Block not found"]),
    (1, (0, 0, 0), [101, [COIN, {**COIN, "spendable": False}], 101]),
    (2, (0, 0, 0), [2147483647, [COIN], 2147483647]),
    (3, (0, 0, 0), [{"transactions": [{"category": "send", "txid": TXID, "confirmations": 1}]}]),
    (4, (0, 0, 0), [PREVOUTS, UNSPENT, UNSPENT, PREVOUTS]),
    (4, (0, 0, 0), [PREVOUTS, UNSPENT, None, PREVOUTS]),
    (4, (0, 0, 0), [[{**PREVOUTS[0], "spendingtxid": TXID}, PREVOUTS[1]], None, UNSPENT,
                    [{**PREVOUTS[0], "spendingtxid": TXID}, PREVOUTS[1]], "00"]),
    (4, (0, 0, 0), spent_by(spender_of(PREVOUTS[0]))),
    (4, (0, 0, 0), spent_by(spender_of(PREVOUTS[1]))),
    (5, (0, 0, 0), [{"vsize": 1}, {"confirmations": 0, "hex": "00", "details": []}]),
    (5, (0, 0, 0), ["E-5 Transaction not in mempool", "E-5 Invalid or non-wallet transaction id"]),
    (6, (0, 0, 1), [UNSPENT, UNSPENT, {"feerate": 0.0001}, ADDRESS, {"scriptPubKey": SCRIPT}]),
    (6, (0, 0, 0), [UNSPENT, UNSPENT, ADDRESS, {"scriptPubKey": SCRIPT, "isvalid": True},
                    {"hex": "00", "fee": 0.0001, "changepos": 1}]),
    (6, (1, 1, 1), [UNSPENT, None, {"errors": ["Insufficient data or no feerate found"]}]),
    (7, (0, 0, 0), [True]),
    (7, (1, 0, 0), [[{"txid": "01" * 32, "vout": 0}], True]),
    (7, (2, 0, 0), [{"hex": "0102", "complete": True}]),
    (7, (3, 0, 0), [TXID]),
    (7, (3, 0, 0), ["E-26 insufficient fee, rejecting replacement"]),
    (7, (4, 0, 0), [ADDRESS]),
    (8, (0, 0, 0), [{"version": 290000}, "E-32601 Method not found", WALLET, []]),
    (9, (0, 0, 0), [{"scriptPubKey": SCRIPT, "isvalid": True}, {"hex": "0102", "complete": True}]),
    (9, (0, 0, 0), ["U"]),
]
