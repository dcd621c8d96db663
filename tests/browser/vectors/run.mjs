// Runs one check of the voter's modules under Node: `node run.mjs <name>`, JSON on stdin, JSON on stdout.
import { readFileSync } from "node:fs";
import * as crypto from "./vote/crypto.js";
import * as protocol from "./vote/protocol.js";

const hex = (text) => crypto.fromHex(text.replace(/^0x/, "").replace(/^(.(..)*)$/, "0$1"));
const given = JSON.parse(readFileSync(0, "utf8"));

async function importPair(jwk) {
  const ecdh = { name: "ECDH", namedCurve: "P-256" };
  const { d: _, ...open } = jwk;
  return {
    privateKey: await globalThis.crypto.subtle.importKey("jwk", jwk, ecdh, false, ["deriveBits"]),
    publicKey: await globalThis.crypto.subtle.importKey("jwk", open, ecdh, true, []),
  };
}

const checks = {
  async rfc9474(vectors) {
    const results = [];
    for (const v of vectors) {
      const key = { n: BigInt(v.n), e: BigInt(v.e) };
      const factor = crypto.inverseOf(BigInt(v.inv), key.n);
      const salt = v.salt ? hex(v.salt) : new Uint8Array();
      const { blinded, inverse } = await crypto.blind(key, hex(v.input_msg), { salt, factor });
      const signature = crypto.unblind(key, hex(v.blind_sig), inverse);
      results.push({ blinded: crypto.toHex(blinded), signature: crypto.toHex(signature) });
    }
    return results;
  },
  async hpke({ point, info, plaintext, ephemeral, associated }) {
    const fixed = ephemeral
      ? { ephemeral: await importPair(ephemeral), associated: hex(associated) }
      : {};
    return crypto.toHex(await crypto.seal(hex(point), hex(info), hex(plaintext), fixed));
  },
  async begin({ manifest, style }) {
    const opened = await protocol.openManifest(crypto.fromBase64(manifest));
    return protocol.begin(opened, style);
  },
  async ballot({ manifest, attempt, choices }) {
    const opened = await protocol.openManifest(crypto.fromBase64(manifest));
    const token = await protocol.finish(opened, attempt);
    const said = protocol.choicesOf(opened, choices.map((each) => (Array.isArray(each) ? { number: each[0], points: each[1] } : { number: each })));
    const entry = await protocol.sealBallot(opened, attempt, token, said);
    const hash = await protocol.entryHash(entry);
    return {
      entry: crypto.toBase64(entry),
      hash: crypto.toHex(hash),
      code: protocol.checkCode(hash),
      fault: protocol.findFault(opened, protocol.styleOf(opened, attempt.style).district, said),
    };
  },
  async faults({ manifest, cases }) {
    const opened = await protocol.openManifest(crypto.fromBase64(manifest));
    return cases.map(([district, choices]) => protocol.findFault(opened, district, choices));
  },
  async promise({ manifest, receipt }) {
    return protocol.checkPromise(await protocol.openManifest(crypto.fromBase64(manifest)), receipt);
  },
  async proof({ manifest, answer, wanted }) {
    const opened = await protocol.openManifest(crypto.fromBase64(manifest));
    const hash = wanted.hash ? crypto.fromHex(wanted.hash) : null;
    return protocol.checkProof(opened, answer, { hash, code: wanted.code ?? null });
  },
  async inclusion(cases) {
    const results = [];
    for (const each of cases) {
      results.push(
        await protocol.checkInclusion({
          hash: crypto.fromHex(each.hash),
          position: each.position,
          size: each.size,
          proof: each.proof.map(crypto.fromHex),
          root: crypto.fromHex(each.root),
        }),
      );
    }
    return results;
  },
  async codes(texts) {
    return texts.map(protocol.readCheckCode);
  },
  async signatures({ count }) {
    const results = [];
    for (let i = 0; i < count; i++) {
      const { point, jwk } = await crypto.newCredential();
      const message = crypto.random(40);
      const signature = await crypto.signCredential(jwk, message);
      results.push([point, message, signature].map(crypto.toHex));
    }
    return results;
  },
};

try {
  console.log(JSON.stringify({ result: await checks[process.argv[2]](given) }));
} catch (error) {
  console.log(JSON.stringify({ error: error.code ?? error.message }));
}
