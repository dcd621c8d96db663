// Runs one check of the voter's modules under Node: `node run.mjs <name>`, JSON on stdin, JSON on stdout.
import { readFileSync } from "node:fs";
import * as crypto from "./vote/crypto.js";
import * as choosing from "./vote/choosing.js";
import * as log from "./vote/log.js";
import { shuffled } from "./vote/order.js";
import * as protocol from "./vote/protocol.js";
import { qrOf } from "./vote/qr.js";

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

// a form that only a test knows: each project gets one to so many stars
const FAKES = {
  stars: {
    points: true,
    excess: (rule, chosen, wanted) => (wanted > rule.pointsMost ? { why: "pointsFull", n: rule.pointsMost } : null),
    fault: (rule, chosen) =>
      chosen.every(({ points }) => points >= 1 && points <= rule.pointsMost) ? null : "points-range",
  },
};

const checks = {
  order: ({ items, numbers }) => numbers.map((number) => shuffled(items, number)),

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
    const { district } = protocol.styleOf(opened, attempt.style);
    const said = protocol.choicesOf(opened, district, choices.map((each) => (Array.isArray(each) ? { number: each[0], points: each[1] } : { number: each })));
    const entry = await protocol.sealBallot(opened, attempt, token, said);
    const hash = await protocol.entryHash(entry);
    return {
      entry: crypto.toBase64(entry),
      hash: crypto.toHex(hash),
      code: protocol.checkCode(hash),
      fault: protocol.findFault(opened, district, said),
    };
  },
  async faults({ manifest, cases }) {
    const opened = await protocol.openManifest(crypto.fromBase64(manifest));
    return cases.map(([district, choices]) => protocol.findFault(opened, district, choices));
  },
  // what the rule of the browser says: of whole ballots, and of a ballot that is put together
  async choosing({ form, budget, costs, cases, register }) {
    if (register) choosing.FORMS[form.kind] = { ...choosing.FORMS["up-to"], ...FAKES[register] };
    const rule = choosing.ruleOf(form, budget);
    const prices = new Map(costs);
    return cases.map(({ says, steps }) => {
      if (says) return choosing.fault(rule, prices, says);
      let { chosen } = choosing.emptyDraft("");
      const log = steps.map(([act, number, by]) => {
        const project = { number, cost: prices.get(number) };
        if (act === "add") {
          const why = choosing.obstacle(rule, chosen, project);
          if (!why) chosen = choosing.add(rule, chosen, project);
          return why;
        }
        if (act === "give") {
          if (!choosing.find(chosen, number)) return { why: "absent" };
          const why = choosing.excess(rule, chosen, number, by);
          if (!why) chosen = choosing.give(chosen, number, by);
          return why;
        }
        if (act === "move") {
          const order = choosing.move(chosen, number, by);
          chosen = order ?? chosen;
          return order ? null : { why: "stuck" };
        }
        chosen = choosing.remove(chosen, number);
        return null;
      });
      const says_ = choosing.said(rule, chosen);
      return {
        log,
        says: says_,
        meter: choosing.meter(rule, chosen),
        enough: choosing.enough(rule, chosen),
        fault: choosing.fault(rule, prices, says_),
      };
    });
  },
  async promise({ manifest, receipt }) {
    return protocol.checkPromise(await protocol.openManifest(crypto.fromBase64(manifest)), receipt);
  },
  async root(lists) {
    return Promise.all(lists.map(async (leaves) => crypto.toHex(await log.rootOf(leaves.map(crypto.fromHex)))));
  },
  // what a page reads when the box answers like this, one list of answers after the other
  async log({ manifest, rounds, wanted }) {
    const opened = await protocol.openManifest(crypto.fromBase64(manifest));
    const reader = new log.PublicLog("vote", opened);
    const asked = [];
    let read = null;
    for (const answers of rounds) {
      globalThis.fetch = async (path) => {
        asked.push(path);
        const body = answers[path];
        return body === undefined ? new Response("", { status: 404 }) : new Response(crypto.fromBase64(body));
      };
      read = await reader.read();
    }
    return { read, asked, signature: reader.signature, has: wanted.map((each) => reader.has(each)) };
  },
  async qr(cases) {
    return cases.map(([text, mask]) => qrOf(text, mask ?? undefined).map((row) => row.map(Number)));
  },
  async made(hashes) {
    return hashes.map((hash) => protocol.checkCode(crypto.fromHex(hash)));
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
