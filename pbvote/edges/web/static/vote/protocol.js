// The ballot protocol, the voter's side (docs/protocol.md, S4-S8). No network, no storage, no page.
//
// What this module guarantees:
//  - begin() makes a fresh credential for every attempt and gives away only the blinded message;
//  - finish() accepts nothing but a valid token for this vote, ballot style and credential;
//  - sealBallot() gives an entry whose length does not depend on the choices;
//  - checkPromise() and openCheckpoint() never take the server's word for anything that they can recompute.
// Notation of the protocol: tag(s) = s || 0x00, L(s) = length byte || UTF-8, EH = SHA-256(manifest).

import * as choosing from "./choosing.js";
import {
  bigEndian,
  blind,
  checkEd25519,
  concat,
  equal,
  fromBase64,
  fromHex,
  loadTokenKey,
  newCredential,
  random,
  seal,
  sha256,
  signCredential,
  toBase64,
  toHex,
  toNumber,
  unblind,
  utf8,
  verifyToken,
} from "./crypto.js";

const tag = (name) => concat(utf8(name), Uint8Array.of(0));

function lengthPrefixed(text) {
  const bytes = utf8(text);
  return concat(Uint8Array.of(bytes.length), bytes);
}

/** A refusal with a stable code; the page has the sentence for it. */
export class ProtocolError extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

// ---- the manifest

/** The frozen vote with EH, computed here from the very bytes. */
export async function openManifest(bytes) {
  const manifest = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  return { ...manifest, electionHash: await sha256(bytes) };
}

export function styleOf(manifest, style) {
  const found = manifest.styles.find((each) => each.id === style);
  if (!found) throw new ProtocolError("unknown-style");
  return found;
}

const tokenKey = (manifest, style) => loadTokenKey(fromBase64(styleOf(manifest, style).rsa_spki));

/** The rule of a district's ballot. */
function ruleIn(manifest, district) {
  const { ballot_form: form, districts } = manifest.ruleset;
  return choosing.ruleOf(form, districts.find((each) => each.id === district)?.budget_twd ?? 0);
}

/** What the ballot of a district says of the projects chosen (`{number, points?}`). */
export const choicesOf = (manifest, district, chosen) => choosing.said(ruleIn(manifest, district), chosen);

/** Why choices are no legal ballot of the district: a code of the service's rule, or null. */
export function findFault(manifest, district, says) {
  const listed = manifest.projects.filter((project) => project.district === district);
  const costs = new Map(listed.map((project) => [project.number, project.cost_twd]));
  return choosing.fault(ruleIn(manifest, district), costs, says);
}

// ---- S4: the token

/** A fresh attempt, in a form that can be saved; only `blinded` may leave the device. */
export async function begin(manifest, style) {
  const { point, jwk } = await newCredential();
  const message = concat(
    random(32),
    tag("pbvote/token/v1"),
    manifest.electionHash,
    lengthPrefixed(style),
    point,
  );
  const { blinded, inverse } = await blind(await tokenKey(manifest, style), message);
  return {
    electionHash: toHex(manifest.electionHash),
    style,
    privateKey: jwk,
    point: toBase64(point),
    message: toBase64(message),
    inverse: toBase64(inverse),
    blinded: toBase64(blinded),
  };
}

/** The token behind the issuer's answer. Throws "token-invalid" where the issuer signed something else. */
export async function finish(manifest, attempt) {
  const key = await tokenKey(manifest, attempt.style);
  const inverse = fromBase64(attempt.inverse);
  const signature = fromBase64(attempt.signature);
  if (signature.length !== inverse.length) throw new ProtocolError("token-invalid");
  const token = unblind(key, signature, inverse);
  if (!(await verifyToken(key, fromBase64(attempt.message), token))) {
    throw new ProtocolError("token-invalid");
  }
  return token;
}

// ---- S5: the sealed ballot

/** len16 || JSON array of `choicesOf` || zeros: always `length` bytes. */
export function plaintextOf(choices, length) {
  const body = utf8(JSON.stringify(choices));
  if (body.length + 2 > length) throw new ProtocolError("too-many");
  const plaintext = new Uint8Array(length);
  plaintext.set(bigEndian(body.length, 2));
  plaintext.set(body, 2);
  return plaintext;
}

/** The ballot entry: what the box stores and the log publishes. */
export async function sealBallot(manifest, attempt, token, choices) {
  const point = fromBase64(attempt.point);
  const sequence = bigEndian(0, 4);
  const info = concat(
    tag("pbvote/ballot/v1"),
    manifest.electionHash,
    lengthPrefixed(attempt.style),
    await sha256(concat(point, sequence)),
  );
  const plaintext = plaintextOf(choices, manifest.pad_to);
  const sealed = await seal(fromBase64(manifest.hpke_pk), info, plaintext);
  const body = concat(
    Uint8Array.of(2, 1),
    lengthPrefixed(attempt.style),
    point,
    fromBase64(attempt.message).slice(0, 32),
    token,
    sequence,
    bigEndian(sealed.length, 2),
    sealed,
  );
  const signed = concat(tag("pbvote/cast/v1"), manifest.electionHash, body);
  return concat(body, await signCredential(attempt.privateKey, signed));
}

// ---- S6: the promise

export const entryHash = (entry) => sha256(concat(Uint8Array.of(0), entry));

/** "valid", "invalid" or "unsupported": whether the box promised to publish this entry. */
export function checkPromise(manifest, receipt) {
  const message = concat(
    tag("pbvote/promise/v1"),
    manifest.electionHash,
    fromHex(receipt.entryHash),
    bigEndian(receipt.includeBy, 8),
  );
  return checkEd25519(openVerifierKey(manifest.box_vkey).key, message, fromBase64(receipt.signature));
}

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LETTERS = 16;
const inFours = (letters) => letters.match(/.{1,4}/g).join("-");

/** What the character after these has to be (Damm's scheme over GF(32)); 0 where the last one is it and fits. */
function checkValue(letters) {
  let state = 0;
  for (const letter of letters) {
    state = (state ^ ALPHABET.indexOf(letter)) << 1;
    if (state & 32) state ^= 0b100101;
  }
  return state;
}

/** The first 80 bits of an entry's hash and a check character, as ABCD-EFGH-JKMN-PQRS-T. */
export function checkCode(hash) {
  let value = toNumber(hash.slice(0, 10));
  let letters = "";
  for (let i = 0; i < CODE_LETTERS; i++, value >>= 5n) letters = ALPHABET[Number(value & 31n)] + letters;
  return inFours(letters + ALPHABET[checkValue(letters)]);
}

/** Whether a code names the entry with this hash; codes of earlier votes have no check character. */
export const names = (code, hash) => checkCode(hash).startsWith(code);

/**
 * A typed code in its one form: case, spaces and dashes do not matter, nor O for 0, I and L for 1.
 * `fault` is "", "malformed" or "mistyped"; `checked` tells whether there is a check character.
 */
export function readCheckCode(text) {
  const letters = text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s\u2010-\u2015\u2212-]/g, "")
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1");
  const checked = letters.length === CODE_LETTERS + 1;
  const whole = checked || letters.length === CODE_LETTERS;
  if (!whole || [...letters].some((letter) => !ALPHABET.includes(letter))) return { fault: "malformed" };
  if (checked && checkValue(letters)) return { fault: "mistyped" };
  return { code: inFours(letters), checked, fault: "" };
}

// ---- S8: the public log

/** `name+number+key` of a log's key. */
export function openVerifierKey(line) {
  const [name, number, ...rest] = line.split("+");
  const key = fromBase64(rest.join("+"));
  if (key.length !== 33 || key[0] !== 1) throw new ProtocolError("key-malformed");
  return { name, number: fromHex(number), key: key.slice(1) };
}

/**
 * Size and root of a signed checkpoint of the log with this key, and what its signature is worth:
 * "valid" or "unsupported". Throws "checkpoint-invalid" for everything else.
 */
export async function openCheckpoint(note, verifierKey) {
  const { name, number, key } = openVerifierKey(verifierKey);
  const cut = note.lastIndexOf("\n\n");
  const text = note.slice(0, cut + 1);
  const [origin, size, root, ...more] = text.split("\n");
  if (cut < 0 || origin !== name || more.length !== 1 || !/^(0|[1-9]\d{0,15})$/.test(size)) {
    throw new ProtocolError("checkpoint-invalid");
  }
  for (const line of note.slice(cut + 2).split("\n")) {
    const [dash, signer, encoded] = line.split(" ");
    if (dash !== "\u2014" || signer !== name) continue;
    const value = fromBase64(encoded);
    if (!equal(value.slice(0, 4), number)) continue;
    const worth = await checkEd25519(key, utf8(text), value.slice(4));
    if (worth === "invalid") break;
    return { size: Number(size), root: fromBase64(root), signature: worth };
  }
  throw new ProtocolError("checkpoint-invalid");
}
