#!/usr/bin/env python3
"""linli-verify 查验邻里总账: check a receipt, an export, two checkpoints or a backup of a Linli ledger.

One file. Needs Python 3.9 or later and the package `cryptography`; nothing of Linli, no network, no configuration.
It trusts only the keys you give it (--vkey, --witness): get them from a notice board, a newspaper or a witness.

  linli-verify.py receipt FILE [--vkey KEY]... [--witness KEY]... [--quorum N] [--hash HEX]
  linli-verify.py export FILE [--checkpoint FILE] [--vkey KEY]...
  linli-verify.py checkpoints A B [PROOF] [--vkey KEY]...
  linli-verify.py backup FILE-OR-FOLDER [--vkey KEY]...

Exit codes: 0 everything holds, under a key you gave · 1 something does not hold · 2 cannot be read, or asked wrongly ·
3 everything fits together, but no key of yours was given, so it is not known who signed it.

Forms: C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-proof; RFC 9162 over SHA-256; RFC 8032 Ed25519.
"""

import argparse
import base64
import binascii
import datetime
import hashlib
import json
import os
import sqlite3
import sys
import unicodedata

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    sys.stderr.write(
        "需要 cryptography 这个包。The package “cryptography” is needed: pip install cryptography\n"
    )
    raise SystemExit(2) from None

HOLDS, BROKEN, UNREADABLE, UNKNOWN_KEY = 0, 1, 2, 3
UTC = datetime.timezone.utc  # noqa: UP017 (older Pythons)
EMPTY = hashlib.sha256(b"").digest()
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
PAIRS = [one + two for one in LETTERS for two in LETTERS]
KEY_FIELDS = ("vkey", "origin", "previous", "signature", "own")


class Unreadable(Exception):
    """Not in a form that can be checked."""


# ── telling ──────────────────────────────────────────────────────────────────────────────────────


class Findings:
    """What was found, printed as it is found. ``broken`` and ``unsure`` decide the exit code."""

    def __init__(self):
        self.broken = self.unsure = False

    def yes(self, zh, en):
        print(f"✓ {zh}\n  {en}")

    def no(self, zh, en):
        self.broken = True
        print(f"✗ {zh}\n  {en}")

    def unknown(self, zh, en):
        self.unsure = True
        print(f"? {zh}\n  {en}")

    def note(self, zh, en):
        print(f"· {zh}\n  {en}")

    def end(self):
        if self.broken:
            print("\n结论：不成立。 It does not hold.")
            return BROKEN
        if self.unsure:
            print("\n结论：自己对得上，但公钥还没有核对。 It fits together, but the key was not compared.")
            return UNKNOWN_KEY
        print("\n结论：成立。 It holds.")
        return HOLDS


# ── the tree of RFC 9162 ─────────────────────────────────────────────────────────────────────────


def leaf_hash(data):
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that only grows, in logarithmic space."""

    def __init__(self):
        self.size, self.frontier = 0, []

    def append(self, leaf):
        rank, grown = self.size, leaf
        while rank & 1:
            grown = node_hash(self.frontier.pop(), grown)
            rank >>= 1
        self.frontier.append(grown)
        self.size += 1

    def root(self):
        if not self.frontier:
            return EMPTY
        root = self.frontier[-1]
        for older in reversed(self.frontier[:-1]):
            root = node_hash(older, root)
        return root


def included(leaf, index, size, proof, root):
    """RFC 9162 2.1.3.2."""
    if not 0 <= index < size:
        return False
    fn, sn, grown = index, size - 1, leaf
    for other in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            grown = node_hash(other, grown)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            grown = node_hash(grown, other)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and grown == root


def consistent(old, new, proof, old_root, new_root):
    """RFC 9162 2.1.4.2."""
    if not 0 < old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    path = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not path:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = path[0]
    for other in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            first, second = node_hash(other, first), node_hash(other, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, other)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and first == old_root and second == new_root


# ── notes and keys ───────────────────────────────────────────────────────────────────────────────


def decoded(text):
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unreadable(f"not base64: {text[:40]}") from error
    if base64.b64encode(raw).decode() != text:
        raise Unreadable(f"not the one way to write base64: {text[:40]}")
    return raw


class Key:
    """A vkey taken apart: ``name+hash+base64(type || key)``. Type 1 is a log, type 4 a witness."""

    def __init__(self, vkey):
        self.vkey = vkey.strip()
        parts = self.vkey.split("+", 2)
        raw = decoded(parts[2]) if len(parts) == 3 else b""
        if len(raw) != 33 or raw[0] not in (1, 4) or not parts[0]:
            raise Unreadable(f"not a public key: {self.vkey[:80]}")
        self.name, self.kind, self.public = parts[0], raw[0], raw[1:]
        self.id = hashlib.sha256(self.name.encode() + b"\n" + raw).digest()[:4]
        if self.id.hex() != parts[1]:
            raise Unreadable(f"the hash of the key does not fit it: {self.vkey[:80]}")

    def holds(self, signature, message):
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def signed(self, note):
        """None where the note has no line of this key, else whether the line holds; and the time a witness gives."""
        for name, key_id, blob in note.lines:
            if (name, key_id) == (self.name, self.id):
                if self.kind == 1:
                    return self.holds(blob, note.text.encode()), 0
                at = int.from_bytes(blob[:8], "big")
                said = f"cosignature/v1\ntime {at}\n{note.text}".encode()
                return len(blob) == 72 and at < 1 << 63 and self.holds(blob[8:], said), at
        return None, 0


def plain(number):
    """Whether this is a size or an index as the forms write it."""
    return number.isascii() and number.isdigit() and (number == "0" or number[0] != "0") and len(number) < 20


class Note:
    """A signed checkpoint taken apart; nothing of it is proved yet."""

    def __init__(self, written):
        at = written.rfind("\n\n")
        if at < 0 or not written.endswith("\n") or len(written) > 1 << 20:
            raise Unreadable("not a signed checkpoint")
        self.text, self.lines = written[: at + 1], []
        for line in written[at + 2 : -1].split("\n"):
            dash, name, blob = [*line.split(" "), "", "", ""][:3]
            if dash != "—" or not name or line.count(" ") != 2:
                raise Unreadable("not a signature line")
            raw = decoded(blob)
            self.lines.append((name, raw[:4], raw[4:]))
        lines = self.text[:-1].split("\n")
        if len(lines) < 3 or not all(lines) or not plain(lines[1]):
            raise Unreadable("not a checkpoint")
        self.origin, self.size, self.root = lines[0], int(lines[1]), decoded(lines[2])
        if len(self.root) != 32:
            raise Unreadable("not a checkpoint")


def statement_holds(said):
    """Whether a new key is signed by itself and, where it names one, by the key before it."""
    try:
        words = f"linli ledger key v1\n{said['origin']}\n{said['previous']}\n{said['vkey']}\n".encode()
        if not Key(said["vkey"]).holds(decoded(said["own"]), words):
            return False
        if not said["previous"]:
            return not said["signature"]
        return Key(said["previous"]).holds(decoded(said["signature"]), words)
    except (Unreadable, KeyError, TypeError, AttributeError):
        return False


def walked(start, statements):
    """Every vkey that can be trusted when ``start`` are: each new key is vouched for by the one before."""
    trusted = list(start)
    for said in statements:
        if isinstance(said, dict) and said.get("previous") in trusted and statement_holds(said):
            trusted.append(said["vkey"])
    return trusted


def check_signed(note, statements, given, tell):
    """Whether the checkpoint is signed, and whether by a key that ``given`` leads to."""
    trusted = walked(given, statements)
    named = [
        said["vkey"] for said in statements if isinstance(said, dict) and isinstance(said.get("vkey"), str)
    ]
    signer = None
    for vkey in dict.fromkeys([*trusted, *named]):
        key = Key(vkey)
        held = key.signed(note)[0] if key.kind == 1 and key.name == note.origin else None
        if held is False:
            tell.no(f"公钥 {vkey} 的签名不成立", f"the signature of {vkey} does not hold")
            return
        if held and (signer is None or vkey in trusted):
            signer = vkey
    if signer is None:
        wanted = "、".join(given) or "（没有给）(none given)"
        tell.no(f"没有可信公钥的签名：{wanted}", f"not signed by any key that is trusted: {wanted}")
    elif signer in trusted:
        tell.yes(
            f"检查点由您给的公钥签名：{note.size} 条",
            f"the checkpoint of {note.size} entries is signed by your key",
        )
    elif given:
        tell.no(f"不是您给的公钥签的，是 {signer}", f"not signed by the key you gave, but by {signer}")
    else:
        tell.unknown(
            f"签名成立，但公钥要您自己核对：{signer}",
            f"the signature holds; compare the key yourself: {signer}",
        )


def check_witnesses(note, witnesses, quorum, tell):
    """How many of the witnesses that are trusted signed."""
    count = 0
    for vkey in witnesses:
        key = Key(vkey)
        held, at = key.signed(note) if key.kind == 4 else (None, 0)
        if held:
            count += 1
            hour = datetime.datetime.fromtimestamp(at, UTC).isoformat()
            tell.yes(f"见证人 {key.name} 于 {hour} 签名", f"witness {key.name} signed at {hour}")
        elif held is False:
            tell.no(f"见证人 {key.name} 的签名不成立", f"the signature of witness {key.name} does not hold")
        else:
            tell.note(f"见证人 {key.name} 没有签", f"witness {key.name} has not signed")
    wanted = len(witnesses) if quorum is None else quorum
    if count < wanted:
        tell.no(f"见证人签名不够：{count} / {wanted}", f"too few witnesses: {count} of {wanted}")


# ── receipt ──────────────────────────────────────────────────────────────────────────────────────


def read_proof(written):
    head, gap, checkpoint = written.partition("\n\n")
    lines = head.split("\n")
    if not gap or lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 2:
        raise Unreadable("not a receipt (tlog-proof)")
    extra = {}
    if lines[1].startswith("extra "):
        try:
            extra = json.loads(decoded(lines.pop(1)[6:]))
        except ValueError as error:
            raise Unreadable("the receipt's extra line is not JSON") from error
    if len(lines) < 2 or not lines[1].startswith("index ") or not plain(lines[1][6:]):
        raise Unreadable("the receipt names no index")
    hashes = [decoded(line) for line in lines[2:]]
    if any(len(one) != 32 for one in hashes):
        raise Unreadable("a hash has 32 bytes")
    return int(lines[1][6:]), hashes, Note(checkpoint), extra if isinstance(extra, dict) else {}


def receipt(asked, tell):
    index, hashes, note, extra = read_proof(read(asked.file))
    entry = extra.get("entry")
    leaf = leaf_hash(entry.encode()) if isinstance(entry, str) else None
    if asked.hash:
        wanted = bytes.fromhex(asked.hash)
        if leaf is None:
            leaf = wanted
        elif leaf != wanted:
            tell.no("条目不是这个哈希的那一条", "the entry is not the one with this hash")
    if leaf is None:
        raise Unreadable("the receipt holds no entry: give its hash with --hash")
    if included(leaf, index, note.size, hashes, note.root):
        zh = f"条目 {leaf.hex()[:16]}… 是总账 {note.size} 条中的第 {index + 1} 条"
        tell.yes(zh, f"entry {leaf.hex()[:16]}… is number {index + 1} of the {note.size} in the ledger")
    else:
        tell.no(
            "从条目算不到树根：条目或证明被改过",
            "the entry does not lead to the root: it or the proof was altered",
        )
    check_signed(note, extra.get("keys", []), asked.vkey, tell)
    check_witnesses(note, asked.witness, asked.quorum, tell)
    if entry:
        check_opened(entry, extra.get("opened", []), tell)
        print(f"\n{entry}")


def check_opened(entry, opened, tell):
    try:
        committed = json.loads(entry)["body"].get("words", [])
    except (ValueError, KeyError, AttributeError):
        committed = []
    for field, salt, text in opened:
        raw, data = bytes.fromhex(salt), unicodedata.normalize("NFC", text).encode()
        made = hashlib.sha256(
            b"linli commitment v1\x00" + len(raw).to_bytes(2, "big") + raw + data
        ).hexdigest()
        if [field, made] in committed:
            tell.yes(f"“{text[:40]}” 与总账里的承诺一致", f"“{text[:40]}” fits its commitment in the ledger")
        else:
            tell.no(
                f"“{text[:40]}” 与总账里的承诺不一致",
                f"“{text[:40]}” does not fit any commitment in the ledger",
            )


# ── export ───────────────────────────────────────────────────────────────────────────────────────


class Chain:
    """Entries in order: the tree, the keys, and each subject's own numbering."""

    def __init__(self, tell):
        self.tree, self.keys, self.last, self.tell = Tree(), [], {}, tell
        self.wrong = 0

    def take(self, data, where):
        """One entry's exact bytes."""
        leaf, entry = leaf_hash(data), parsed(data)
        subject, kind, body = entry.get("subject"), entry.get("kind"), entry.get("body")
        if not isinstance(subject, str) or not isinstance(body, dict) or "seq" not in entry:
            self.tree.append(leaf)
            self.fault(f"{where}：不是条目", f"{where}: not an entry")
            return
        self.follow(leaf, subject, entry["seq"], body if kind == "ledger.key" else None, where)

    def follow(self, leaf, subject, seq, statement, where):
        """The next entry by its parts; ``statement`` is the body of one about a key."""
        if seq != self.last.get(subject, 0) + 1:
            self.fault(
                f"{where}：{subject} 的第 {seq} 步接在第 {self.last.get(subject, 0)} 步后面",
                f"{where}: step {seq} of {subject} follows step {self.last.get(subject, 0)}",
            )
        self.last[subject] = seq
        self.tree.append(leaf)
        if statement is not None:
            self.keys.append({name: statement.get(name, "") for name in KEY_FIELDS})
            if not statement_holds(self.keys[-1]):
                self.fault(f"{where}：公钥的声明不成立", f"{where}: the statement of a key does not hold")

    def fault(self, zh, en):
        self.wrong += 1
        if self.wrong <= 20:
            self.tell.no(zh, en)


def export(asked, tell):
    with open(asked.file, "rb") as file:
        first, note = file.readline(), None
        header = parsed(first)
        if not header:
            raise Unreadable("not lines of JSON: export with `linli ledger export`, or with --format jsonl")
        if "checkpoint" in header:  # linli ledger export
            note, first = Note(header["checkpoint"]), b""
        if asked.checkpoint:
            note = Note(read(asked.checkpoint))
        if note is None:
            raise Unreadable("the export carries no checkpoint: give one with --checkpoint")
        chain = Chain(tell)
        for number, line in enumerate([first] if first else [], 1):
            chain.take(exact(line), f"第 {number} 行 line {number}")
        for number, line in enumerate(file, 2):
            if chain.tree.size == note.size:
                if not asked.checkpoint:
                    tell.no("检查点之后还有条目", "there are entries beyond the checkpoint")
                break
            chain.take(exact(line), f"第 {number} 行 line {number}")
    if (chain.tree.size, chain.tree.root()) == (note.size, note.root):
        tell.yes(
            f"{note.size} 条重算出的树根与检查点一致",
            f"the root recomputed from {note.size} entries is the checkpoint's",
        )
    else:
        tell.no(
            f"树根不一致：检查点 {note.size} 条 {note.root.hex()}，这里 {chain.tree.size} 条 {chain.tree.root().hex()}",
            f"the root differs: {note.size} entries {note.root.hex()} were signed, here are {chain.tree.size} with {chain.tree.root().hex()}",
        )
    check_signed(note, chain.keys, asked.vkey, tell)


def parsed(line):
    """A line of JSON as a dict; empty where it is none."""
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def exact(line):
    """The exact bytes of the entry on a line: the line itself, or, of ``linli export ledger``, made again from its columns."""
    line = line.strip(b"\r\n")
    row = parsed(line) if b'"leaf"' in line and b'"v":1' not in line[-8:] else {}
    if "leaf" not in row or "idx" not in row:
        return line
    body = json.dumps(row["body"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return entry_bytes(row["id"], row["kind"], row["subject"], row["seq"], stamp(row["at"]), body)


# ── two checkpoints ──────────────────────────────────────────────────────────────────────────────


def checkpoints(asked, tell):
    one, two = sorted((Note(read(asked.a)), Note(read(asked.b))), key=lambda note: note.size)
    for note in (one, two):
        check_given(note, asked.vkey, tell)
    if one.origin != two.origin:
        tell.no("不是同一本账", f"two different logs: {one.origin}, {two.origin}")
        return
    if one.size == two.size:
        if one.root == two.root:
            tell.yes("两个检查点相同", "the two checkpoints are the same")
        else:
            fork(tell, tell.broken)
        return
    proof = [decoded(line) for line in read(asked.proof).split()] if asked.proof else None
    if one.size == 0:
        tell.yes("空账是任何账的开头", "an empty log is the beginning of every log")
    elif proof is None:
        raise Unreadable(
            f"a proof of consistency from {one.size} to {two.size} is needed: /ledger/consistency/{one.size}/{two.size}"
        )
    elif consistent(one.size, two.size, proof, one.root, two.root):
        tell.yes(
            f"{one.size} 条是 {two.size} 条的开头",
            f"the log of {one.size} entries is the beginning of that of {two.size}",
        )
    else:
        tell.no(
            "证明不成立：账被改写过，或证明给错了",
            "the proof does not hold: the log was rewritten, or the proof is wrong",
        )


def fork(tell, already):
    """Two roots for one size. With both signatures good it is proof against whoever signed."""
    sure = "" if already or tell.unsure else "，签名者无法抵赖"
    en = "a fork: two roots for the same size. Two good signatures prove who did it. Tell everybody who reads this log"
    tell.no(f"分叉：同一长度两个树根{sure}", en)


def check_given(note, given, tell):
    keys = [Key(vkey) for vkey in given]
    held = [key.signed(note)[0] for key in keys if key.kind == 1]
    if any(held):
        tell.yes(
            f"{note.size} 条的检查点签名成立", f"the checkpoint of {note.size} entries is signed by your key"
        )
    elif given:
        tell.no(
            f"{note.size} 条的检查点不是您给的公钥签的",
            f"the checkpoint of {note.size} entries is not signed by your key",
        )
    else:
        tell.unknown("没有给公钥，签名没有查", "no key was given, so signatures were not checked")


# ── backup ───────────────────────────────────────────────────────────────────────────────────────


def id_text(number):
    """13 letters of Crockford base32."""
    first = f"{LETTERS[number >> 60 & 31]}{PAIRS[number >> 50 & 1023]}{PAIRS[number >> 40 & 1023]}"
    return f"{first}{PAIRS[number >> 30 & 1023]}{PAIRS[number >> 20 & 1023]}{PAIRS[number >> 10 & 1023]}{PAIRS[number & 1023]}"


def stamp(at):
    """A moment as SQLite keeps it, as the ledger writes it."""
    if len(at) == 26 and at[10] == " ":
        return f"{at[:10]}T{at[11:]}Z"
    when = datetime.datetime.fromisoformat(at.replace("Z", "+00:00"))
    if when.tzinfo is not None:
        when = when.astimezone(UTC).replace(tzinfo=None)
    return when.isoformat(timespec="microseconds") + "Z"


def entry_bytes(written, kind, subject, seq, at, body):
    return (
        f'{{"at":"{at}","body":{body},"id":"{written}","kind":"{kind}",'
        f'"seq":{seq},"subject":"{subject}","v":1}}'
    ).encode()


def database(path):
    if os.path.isdir(path):
        found = [
            os.path.join(path, name)
            for name in sorted(os.listdir(path))
            if name.endswith((".sqlite3", ".db"))
        ]
        if len(found) != 1:
            raise Unreadable(f"{path} holds {len(found)} databases (*.sqlite3): name the file")
        path = found[0]
    with open(path, "rb") as file:
        if file.read(16) != b"SQLite format 3\x00":
            raise Unreadable(
                f"{path} is not an SQLite database (an encrypted backup must be opened first: linli restore)"
            )
    still = "" if os.path.exists(path + "-wal") else "&immutable=1"
    opened = sqlite3.connect(
        f"file:{os.path.abspath(path).replace('?', '%3f').replace('#', '%23')}?mode=ro{still}", uri=True
    )
    opened.execute("SELECT 1 FROM ledger_entry LIMIT 1")
    return opened


def backup(asked, tell):
    store = database(asked.file)
    signed = {
        size: (bytes(root), note)
        for size, root, note in store.execute("SELECT size, root, note FROM ledger_checkpoint")
    }
    head = store.execute("SELECT size, root FROM ledger_head WHERE id = 1").fetchone() or (0, EMPTY)
    chain, good = Chain(tell), 0
    columns = "idx, id, kind, subject, seq, at, body, leaf"
    for row in store.execute(f"SELECT {columns} FROM ledger_entry WHERE idx IS NOT NULL ORDER BY idx"):
        where = f"ledger_entry id {row[1]} idx {row[0]}"
        if row[0] != chain.tree.size:
            chain.fault(f"{where}：前面缺了一条", f"{where}: an entry before it is missing")
            break
        leaf = leaf_hash(entry_bytes(id_text(row[1]), *row[2:5], stamp(row[5]), row[6]))
        if leaf != bytes(row[7]):
            chain.fault(f"{where}：内容与叶子哈希不符", f"{where}: its words do not fit its leaf hash")
        statement = parsed(row[6]) if row[2] == "ledger.key" else None
        chain.follow(leaf, row[3], row[4], statement, where)
        if chain.tree.size in signed:
            good += check_kept(chain, *signed.pop(chain.tree.size), tell)
    told = (chain.tree.size, chain.tree.root())
    if told == (head[0], bytes(head[1])):
        tell.yes(
            f"{told[0]} 条重算出的树根与表头一致", f"the root recomputed from {told[0]} entries is the head's"
        )
    else:
        tell.no(
            f"表头不一致：{head[0]} 条，重算 {told[0]} 条",
            f"ledger_head says {head[0]} entries, {told[0]} lead to another root",
        )
    for size in sorted(signed):
        tell.no(
            f"检查点 {size} 条，这里没有那么多",
            f"a checkpoint was signed at {size} entries, which are not here: entries were removed",
        )
    if good:
        tell.yes(
            f"{good} 个检查点都与条目一致，签名成立", f"{good} checkpoints fit the entries and are signed"
        )
    last = store.execute("SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    if last is None:
        tell.unknown("还没有签过检查点", "no checkpoint was ever signed here")
    else:
        check_signed(Note(last[0]), chain.keys, asked.vkey, tell)


def check_kept(chain, root, written, tell):
    """A checkpoint against the entries before it; 1 when it holds."""
    note, size = Note(written), chain.tree.size
    if (note.size, note.root, root) != (size, chain.tree.root(), note.root):
        chain.fault(
            f"ledger_checkpoint {size}：与条目不一致", f"ledger_checkpoint {size}: does not fit the entries"
        )
        return 0
    known = [Key(said["vkey"]) for said in chain.keys]
    if not any(key.signed(note)[0] for key in known):
        chain.fault(
            f"ledger_checkpoint {size}：签名不成立", f"ledger_checkpoint {size}: its signature does not hold"
        )
        return 0
    return 1


# ── asking ───────────────────────────────────────────────────────────────────────────────────────


def read(path):
    data = sys.stdin.buffer.read() if path == "-" else open(path, "rb").read()  # noqa: SIM115
    try:
        return data.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path} is not text") from error


def parser():
    form = argparse.RawDescriptionHelpFormatter
    whole = argparse.ArgumentParser(prog="linli-verify", description=__doc__, formatter_class=form)
    commands = whole.add_subparsers(dest="command", required=True)
    for name, function, words in (
        ("receipt", receipt, "查一张凭证 / check a receipt"),
        ("export", export, "查一份导出的总账 / check an export (linli ledger export)"),
        ("checkpoints", checkpoints, "查两个检查点 / check that one checkpoint continues another"),
        ("backup", backup, "查一份备份 / check the ledger in a backup (SQLite)"),
    ):
        command = commands.add_parser(name, help=words)
        command.set_defaults(function=function)
        if name == "checkpoints":
            command.add_argument("a")
            command.add_argument("b")
            command.add_argument("proof", nargs="?", help="base64, 一行一个 / one hash to a line")
        else:
            command.add_argument("file")
        command.add_argument("--vkey", action="append", default=[], help="您信得过的公钥 / a key you trust")
        if name == "export":
            command.add_argument(
                "--checkpoint", help="检查点文件 / a checkpoint, where the export carries none"
            )
        if name == "receipt":
            command.add_argument(
                "--witness", action="append", default=[], help="见证人公钥 / a witness's key"
            )
            command.add_argument("--quorum", type=int, help="至少几个见证人 / how many witnesses at least")
            command.add_argument("--hash", help="条目的哈希 / the hash of the entry, as in the square")
    return whole


def main(arguments=None):
    asked = parser().parse_args(arguments)
    tell = Findings()
    try:
        for vkey in asked.vkey + getattr(asked, "witness", []):
            Key(vkey)
        asked.vkey = [vkey.strip() for vkey in asked.vkey]
        asked.function(asked, tell)
        return tell.end()
    except Unreadable as error:
        print(f"读不懂 Cannot be read: {error}", file=sys.stderr)
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        print(f"打不开 Cannot be opened: {error}", file=sys.stderr)
    except (ValueError, TypeError) as error:
        print(f"读不懂 Cannot be read: {error}", file=sys.stderr)
    return UNREADABLE


if __name__ == "__main__":
    sys.exit(main())
