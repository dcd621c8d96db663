// Looking for ballots in the public log without saying which ones (docs/protocol.md, S8).
//
// What this module guarantees:
//  - every device that looks asks for the same things, the newest checkpoint and the list of all entry
//    hashes: the box sees that somebody looks, not for which ballot;
//  - the list counts only where it gives, computed here, the root of the signed checkpoint.

import { concat, equal, sha256, toHex } from "./crypto.js";
import { askBox } from "./page.js";
import { names, openCheckpoint, ProtocolError } from "./protocol.js";

const HASH = 32;
const TILE = 256;
const AT_ONCE = 6;

/** The Merkle root of these leaf hashes (RFC 6962): pairs level by level, an odd last one goes up as it is. */
export async function rootOf(leaves) {
  if (leaves.length === 0) return sha256(new Uint8Array());
  let level = leaves;
  while (level.length > 1) {
    const pairs = [];
    for (let at = 0; at < level.length; at += 2) pairs.push(level.slice(at, at + 2));
    level = await Promise.all(
      pairs.map(([left, right]) => (right ? sha256(concat(Uint8Array.of(1), left, right)) : left)),
    );
  }
  return level[0];
}

/** The public log of one vote, as far as this page has read it. */
export class PublicLog {
  constructor(call, manifest) {
    this.call = call;
    this.manifest = manifest;
    this.leaves = [];
    this.root = null;
    /** What the signature of the newest checkpoint is worth here: "valid" or "unsupported". */
    this.signature = "";
  }

  /** The entry hashes of the tiles from number `first` on, or null where one cannot be had. */
  async tiles(first, last) {
    const found = [];
    for (let at = first; at <= last; at += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, last - at + 1) }, (_, i) => at + i);
      const answers = await Promise.all(numbers.map((each) => askBox(`/box/${this.call}/tile/0/${each}`)));
      if (answers.some((answer) => !answer?.ok)) return null;
      for (const answer of answers) {
        const bytes = new Uint8Array(await answer.arrayBuffer());
        for (let i = 0; i < bytes.length; i += HASH) found.push(bytes.slice(i, i + HASH));
      }
    }
    return found;
  }

  /** Read on. False where the box cannot be reached; throws where the log contradicts its checkpoint. */
  async read() {
    const answer = await askBox(`/box/${this.call}/checkpoint`);
    if (answer?.status === 404) return true; // nothing has been published yet
    if (!answer?.ok) return false;
    const { size, root, signature } = await openCheckpoint(await answer.text(), this.manifest.box_vkey);
    if (size < this.leaves.length) throw new ProtocolError("log-shrank");
    if (size > this.leaves.length) {
      const first = Math.floor(this.leaves.length / TILE);
      const more = await this.tiles(first, Math.floor((size - 1) / TILE));
      if (!more) return false;
      const leaves = [...this.leaves.slice(0, first * TILE), ...more].slice(0, size);
      if (leaves.length !== size || !equal(await rootOf(leaves), root)) throw new ProtocolError("log-wrong");
      [this.leaves, this.root] = [leaves, root];
    } else if (this.root && !equal(this.root, root)) {
      throw new ProtocolError("log-wrong");
    }
    this.signature = signature;
    return true;
  }

  /** Whether an entry with this hash (hexadecimal), or with this check code, is in what has been read. */
  has({ hash, code }) {
    return this.leaves.some((each) => (hash ? toHex(each) === hash : names(code, each)));
  }
}
