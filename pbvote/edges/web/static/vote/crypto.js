// Cryptography of the voter's browser. No dependency, no network, no storage: values in, values out.
//
// What this module guarantees:
//  - blind() hides the message from the signer and unblind() + verifyToken() accept nothing but a
//    signature of that very message (RFC 9474, RSABSSA-SHA384-PSS-Randomized);
//  - seal() can be opened by the holder of the private key alone, and only under the same `info`
//    (RFC 9180, base mode: DHKEM P-256, HKDF-SHA256, AES-128-GCM);
//  - signCredential() gives the one accepted form of an ECDSA P-256 signature (r || s, low s).
// Randomness comes from crypto.getRandomValues and WebCrypto's own key generation, nothing else.

const subtle = globalThis.crypto.subtle;
const encoder = new TextEncoder();

// ---- bytes

export const utf8 = (text) => encoder.encode(text);
export const random = (length) => globalThis.crypto.getRandomValues(new Uint8Array(length));

export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(a, b) {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

export function toBase64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
export const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text) {
  if (!/^([0-9a-f]{2})*$/i.test(text)) throw new Error("not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

/** A whole number below 2**53 as `length` bytes, big-endian. */
export function bigEndian(number, length) {
  return toBytes(BigInt(number), length);
}

export const toNumber = (bytes) => BigInt(`0x${toHex(bytes) || "0"}`);

export function toBytes(number, length) {
  return fromHex(number.toString(16).padStart(2 * length, "0"));
}

const hash = async (name, bytes) => new Uint8Array(await subtle.digest(name, bytes));
export const sha256 = (bytes) => hash("SHA-256", bytes);
const sha384 = (bytes) => hash("SHA-384", bytes);

// ---- blind RSA signatures (RFC 9474)

const SALT_LENGTH = 48;
const HASH_LENGTH = 48;
const TOKEN_ALGORITHM = { name: "RSA-PSS", hash: "SHA-384" };

function power(base, exponent, modulus) {
  let result = 1n;
  base %= modulus;
  for (; exponent; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % modulus;
    base = (base * base) % modulus;
  }
  return result;
}

export function inverseOf(value, modulus) {
  let [r0, r1, s0, s1] = [modulus, value % modulus, 0n, 1n];
  while (r1) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [s0, s1] = [s1, s0 - quotient * s1];
  }
  if (r0 !== 1n) throw new Error("no inverse");
  return ((s0 % modulus) + modulus) % modulus;
}

/** EMSA-PSS (RFC 8017 9.1.1) with SHA-384 and MGF1-SHA-384. */
async function encodePss(message, bits, salt) {
  const length = Math.ceil(bits / 8);
  const digest = await sha384(concat(new Uint8Array(8), await sha384(message), salt));
  const padding = new Uint8Array(length - salt.length - HASH_LENGTH - 2);
  const block = concat(padding, Uint8Array.of(1), salt);
  let mask = new Uint8Array();
  for (let i = 0; mask.length < block.length; i++) {
    mask = concat(mask, await sha384(concat(digest, bigEndian(i, 4))));
  }
  const masked = block.map((value, i) => value ^ mask[i]);
  masked[0] &= 0xff >> (8 * length - bits);
  return concat(masked, digest, Uint8Array.of(0xbc));
}

/** A public signing key: WebCrypto's form for verifying, and its numbers for blinding. */
export async function loadTokenKey(spki) {
  const key = await subtle.importKey("spki", spki, TOKEN_ALGORITHM, true, ["verify"]);
  const jwk = await subtle.exportKey("jwk", key);
  const part = (text) => toNumber(fromBase64(text.replace(/-/g, "+").replace(/_/g, "/")));
  return { key, n: part(jwk.n), e: part(jwk.e) };
}

/** `{blinded, inverse}`: give away the first, keep the second. `fixed` is for test vectors alone. */
export async function blind({ n, e }, message, fixed = {}) {
  const bits = n.toString(2).length;
  const length = Math.ceil(bits / 8);
  const encoded = toNumber(await encodePss(message, bits - 1, fixed.salt ?? random(SALT_LENGTH)));
  inverseOf(encoded, n); // throws where the message shares a factor with n
  let factor = fixed.factor ?? 0n;
  while (factor === 0n || factor >= n) factor = toNumber(random(length));
  return {
    blinded: toBytes((encoded * power(factor, e, n)) % n, length),
    inverse: toBytes(inverseOf(factor, n), length),
  };
}

export function unblind({ n }, signature, inverse) {
  return toBytes((toNumber(signature) * toNumber(inverse)) % n, inverse.length);
}

export function verifyToken({ key }, message, token) {
  return subtle.verify({ name: "RSA-PSS", saltLength: SALT_LENGTH }, key, token, message);
}

// ---- sealing (RFC 9180)

const ECDH = { name: "ECDH", namedCurve: "P-256" };
const NOTHING = new Uint8Array();
const VERSION = utf8("HPKE-v1");
const KEM_SUITE = concat(utf8("KEM"), bigEndian(0x10, 2));
const SUITE = concat(utf8("HPKE"), bigEndian(0x10, 2), bigEndian(1, 2), bigEndian(1, 2));

async function hmac(secret, bytes) {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const raw = secret.length ? secret : new Uint8Array(32); // HKDF's default salt
  const key = await subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  return new Uint8Array(await subtle.sign("HMAC", key, bytes));
}

function extract(suite, salt, label, secret) {
  return hmac(salt, concat(VERSION, suite, utf8(label), secret));
}

/** LabeledExpand for at most 32 bytes, which is one block of HKDF-SHA256. */
async function expand(suite, secret, label, info, length) {
  const head = concat(bigEndian(length, 2), VERSION, suite, utf8(label), info, Uint8Array.of(1));
  return (await hmac(secret, head)).slice(0, length);
}

/** `enc || ciphertext`; `fixed` (an ephemeral key pair, associated data) is for test vectors alone. */
export async function seal(point, info, plaintext, fixed = {}) {
  const pair = fixed.ephemeral ?? (await subtle.generateKey(ECDH, false, ["deriveBits"]));
  const receiver = await subtle.importKey("raw", point, ECDH, true, []);
  const enc = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
  const shared = new Uint8Array(
    await subtle.deriveBits({ name: "ECDH", public: receiver }, pair.privateKey, 256),
  );
  const prk = await extract(KEM_SUITE, NOTHING, "eae_prk", shared);
  const kem = await expand(KEM_SUITE, prk, "shared_secret", concat(enc, point), 32);
  const context = concat(
    Uint8Array.of(0),
    await extract(SUITE, NOTHING, "psk_id_hash", NOTHING),
    await extract(SUITE, NOTHING, "info_hash", info),
  );
  const secret = await extract(SUITE, kem, "secret", NOTHING);
  const rawKey = await expand(SUITE, secret, "key", context, 16);
  const key = await subtle.importKey("raw", rawKey, "AES-GCM", false, ["encrypt"]);
  const iv = await expand(SUITE, secret, "base_nonce", context, 12);
  const algorithm = { name: "AES-GCM", iv, additionalData: fixed.associated ?? NOTHING };
  return concat(enc, new Uint8Array(await subtle.encrypt(algorithm, key, plaintext)));
}

// ---- the one-time credential (ECDSA P-256)

const ECDSA = { name: "ECDSA", namedCurve: "P-256" };
const CURVE_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** `{point, jwk}`: the public point of 65 bytes, and the private key in a form that can be saved. */
export async function newCredential() {
  const pair = await subtle.generateKey(ECDSA, true, ["sign", "verify"]);
  return {
    point: new Uint8Array(await subtle.exportKey("raw", pair.publicKey)),
    jwk: await subtle.exportKey("jwk", pair.privateKey),
  };
}

export async function signCredential(jwk, message) {
  const key = await subtle.importKey("jwk", jwk, ECDSA, false, ["sign"]);
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signature = new Uint8Array(await subtle.sign(algorithm, key, message));
  const s = toNumber(signature.slice(32));
  if (s > CURVE_ORDER / 2n) signature.set(toBytes(CURVE_ORDER - s, 32), 32);
  return signature;
}

// ---- what the service signs (Ed25519)

/** "valid", "invalid", or "unsupported" in browsers whose WebCrypto does not know Ed25519. */
export async function checkEd25519(publicKey, message, signature) {
  let key;
  try {
    key = await subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  } catch (error) {
    if (error?.name === "NotSupportedError" || error?.name === "SyntaxError") return "unsupported";
    return "invalid";
  }
  return (await subtle.verify({ name: "Ed25519" }, key, signature, message)) ? "valid" : "invalid";
}
