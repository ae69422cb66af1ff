"""Records and snapshots: the tables of doc/wal-format.md, word for word (comments in brackets
aside), and what they mean for bytes. test/functional/audit_log.py holds both tables side by side.
"""

import wire

RECORDS = {
    1: ("WalCreated", "wal_id (16 bytes), network, genesis hash, wallet_name text, "
        "binding_address text, tip position, work (32 bytes, big-endian), spends_before hash[]"),
    2: ("SendRecorded", "id text, content"),
    3: ("SendEnded", "id text, ending"),
    4: ("BatchReserved", "sends text[], coins coin[], unsigned_tx bytes, paid u32[][], "
        "change_vout u32?, fee_sat i64, exclusions exclusion[]"),
    5: ("SignatureRequested", "batch u64, version u32"),
    6: ("VersionSigned", "batch u64, version u32, raw_tx bytes"),
    7: ("VersionAccepted", "batch u64, txid hash"),
    8: ("VersionAdopted", "batch u64, raw_tx bytes, paid u32[][]"),
    9: ("RivalSeen", "batch u64, raw_tx bytes, block position?"),
    10: ("RivalGone", "batch u64, txid hash"),
    11: ("BatchConfirmed", "batch u64, txid hash, block position"),
    12: ("BatchReopened", "batch u64, block position"),
    13: ("BatchFinal", "batch u64"),
    14: ("BatchDropped", "batch u64"),
    15: ("ChainMoved", "fork_height i32, blocks position[], work (32 bytes, big-endian)"),
    16: ("AlarmRaised", "kind, txid hash, batch u64?, detail text"),
    17: ("AlarmAccepted", "alarm u64, reason text"),
    18: ("VersionReserved", "batch u64, version u32, added coin[], unsigned_tx bytes, "
         "paid u32[][], change_vout u32?, fee_sat i64"),
    19: ("VerdictGiven", "id text, verdict, excluded hash[], reason text"),
    20: ("PaymentAdopted", "id text, content, raw_tx bytes, vouts u32[], fee_sat i64"),
    21: ("LocksReleased", "batch u64"),
    22: ("CoinsVanished", "batch u64, coins outpoint[]"),
    23: ("DetailPruned", "batches pruned_batch[]"),
}

PARTS = {
    "position": "height i32, hash",
    "outpoint": "txid hash, vout u32",
    "coin": "outpoint, amount_sat i64, script bytes",
    "content": "outputs payee[], fee fee?, max_fee_sat i64?, batch bool?, not_after_ms i64?, "
               "reference text?",
    "payee": "address text, script bytes, amount_sat i64",
    "fee": "conf_target i32?, fee_rate_sat_kvb i64?",
    "pruned_batch": "id u64, payment, former_txids hash[], updated_at_ms i64, seq u64, "
                    "records u64[], stubs_hash hash, sends pruned_send[]",
    "pruned_send": "id text, digest, created_at_ms i64, recorded_seq u64",
    "digest": "hash, field_hashes u64 times 6, amount_sat i64",
    "exclusion": "send text, excluded hash, reason, coin outpoint, rival hash",
}

CHOICES = {
    "network": {1: "main", 2: "testnet4", 3: "signet", 4: "regtest"},
    "ending": {0: "none", 1: "cancelled", 2: "expired", 3: "declared paid"},
    "verdict": {1: "pay again", 2: "never", 3: "paid"},
    "reason": {1: "shared coin", 2: "descends from rival", 3: "deep rival", 4: "verdict"},
    "kind": {1: "unexplained spend", 2: "unexplained spend at start", 3: "foreign version",
             4: "rival", 5: "amount differs", 6: "second payment"},
    "end": {0: "open", 1: "final", 2: "dropped"},
}

SNAPSHOTS = {
    "send": "id text, content?, ending, batches u64[], live_batch u64?, "
            "excluded_by_verdict hash[], payment?, created_at_ms i64, updated_at_ms i64, "
            "recorded_seq u64, seq u64",
    "send, format 2": "id text, digest, batches u64[], live_batch u64?, payment, "
                      "created_at_ms i64, updated_at_ms i64, recorded_seq u64, seq u64",
    "payment": "txid hash, txids hash[], vouts u32[], fee_sat i64, batch_size u32, block position",
    "batch": "id u64, sends text[], coins coin[], core_coins u32, exclusions exclusion[], "
             "versions version[], rivals rival[], vanished outpoint[], confirmation?, end, "
             "left bool, superseded bool, locked bool, created_at_ms i64, updated_at_ms i64, "
             "seq u64",
    "version": "unsigned_tx bytes, raw_tx bytes, txid hash, paid u32[][], change_vout u32?, "
               "fee_sat i64, signature_asked bool, accepted bool, adopted bool",
    "rival": "raw_tx bytes, txid hash, block position?",
    "confirmation": "txid hash, block position",
    "alarm": "number u64, kind, txid hash, batch u64?, detail text, raised_at_ms i64, "
             "accepted_reason text?, accepted_at_ms i64",
    "chain": "locator position[], work (32 bytes, big-endian)",
    "chain, format 2": "locator position[], work (32 bytes, big-endian), pruned_up_to i32",
}

_kinds = wire.Kinds({**PARTS, **SNAPSHOTS}, CHOICES)
_RECORD_KINDS = {number: (name, _kinds.struct(text)) for number, (name, text) in RECORDS.items()}
_SNAPSHOT_KINDS = {name: _kinds.struct(text) for name, text in SNAPSHOTS.items()}


def decode_record(payload):
    """Name and fields of a record: its type and all behind it, to the end of its frame."""
    if not payload:
        raise wire.Malformed("there is no record in it")
    if payload[0] not in _RECORD_KINDS:
        raise wire.Malformed(f"records of type {payload[0]} are not known")
    name, kind = _RECORD_KINDS[payload[0]]
    return name, wire.decode_all(kind, payload, 1)


def encode_record(name, fields):
    """The payload again."""
    number = next(number for number, (known, _) in RECORDS.items() if known == name)
    return bytes([number]) + wire.encode(_RECORD_KINDS[number][1], fields)


def _is_format_2(name, value):
    """Which of the two a value takes: sends without detail, chains below which something was."""
    return value.get({"send": "digest", "chain": "pruned_up_to"}.get(name)) is not None


def encode_snapshot(name, value):
    if _is_format_2(name, value):
        return b"\x02" + wire.encode(_SNAPSHOT_KINDS[name + ", format 2"], value)
    return b"\x01" + wire.encode(_SNAPSHOT_KINDS[name], value)


def decode_snapshot(name, data):
    name += ", format 2" if data[:1] == b"\x02" else ""
    return wire.decode_all(_SNAPSHOT_KINDS[name], data, 1)
