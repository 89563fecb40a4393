import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Hash } from "../kit/index.ts";
import { parseAlgorithms } from "./algorithm.ts";
import { parseChallenge } from "./challenge.ts";
import { credentialFor, parseCredential } from "./credentials.ts";
import { authorisation } from "./digest.ts";

const hash: Hash = (algorithm, text) => createHash(algorithm).update(text, "latin1").digest("hex");

function answer(challenge: string, user: string, password: string, uri: string, cnonce: string, method = "GET", body = ""): string {
  const parsed = parseChallenge(challenge);
  assert.ok(parsed, challenge);
  return authorisation(hash, parsed, { user, realm: parsed.realm, password }, { method, uri, body }, cnonce);
}

function responseOf(header: string): string | undefined {
  return header.split('response="')[1]?.split('"')[0];
}

test("RFC 7616 section 3.9.1: MD5 and SHA-256 with qop=auth", () => {
  const rest =
    'qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
  const cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
  const md5 = answer(`Digest realm="http-auth@example.org", ${rest}, algorithm=MD5`, "Mufasa", "Circle of Life", "/dir/index.html", cnonce);
  assert.equal(responseOf(md5), "8ca523f5e9506fed4657c9700eebdbec");
  const sha = answer(
    `Digest realm="http-auth@example.org", ${rest}, algorithm=SHA-256`,
    "Mufasa",
    "Circle of Life",
    "/dir/index.html",
    cnonce,
  );
  assert.equal(responseOf(sha), "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
});

test("RFC 2617 section 3.5: qop=auth", () => {
  const header = answer(
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
    "Mufasa",
    "Circle Of Life",
    "/dir/index.html",
    "0a4f113b",
  );
  assert.equal(responseOf(header), "6629fae49393a05397450978507c4ef1");
});

test("the fields stand in the reference's order, and what was not offered is left out", () => {
  const full = answer('Digest realm="r", nonce="n", opaque="o", qop="auth"', "u", "p", "sip:a@b", "77", "INVITE");
  assert.match(
    full,
    /^Digest username="u", realm="r", nonce="n", uri="sip:a@b", opaque="o", qop=auth, nc=00000001, cnonce="77", response="[0-9a-f]{32}", algorithm=MD5$/,
  );
  const old = answer('Digest realm="r", nonce="n"', "u", "p", "sip:a@b", "77", "INVITE");
  assert.match(old, /^Digest username="u", realm="r", nonce="n", uri="sip:a@b", response="[0-9a-f]{32}", algorithm=MD5$/);
  const ha1 = hash("md5", "u:r:p");
  assert.equal(responseOf(old), hash("md5", `${ha1}:n:${hash("md5", "INVITE:sip:a@b")}`));
});

test("HA1 may stand in place of the password, where it has the length of the digest", () => {
  const ha1 = hash("md5", "u:r:p");
  const challenge = 'Digest realm="r", nonce="n", qop="auth"';
  assert.equal(answer(challenge, "u", `0x${ha1}`, "sip:b", "1"), answer(challenge, "u", "p", "sip:b", "1"));
  assert.notEqual(answer(challenge, "u", `0x${ha1.toUpperCase()}`, "sip:b", "1"), answer(challenge, "u", "p", "sip:b", "1"));
  const sha = 'Digest realm="r", nonce="n", algorithm=SHA-512-256';
  assert.equal(answer(sha, "u", `0x${hash("sha512-256", "u:r:p")}`, "sip:b", "1"), answer(sha, "u", "p", "sip:b", "1"));
});

test("auth-int covers the body, and is taken only where auth is not offered", () => {
  const challenge = 'Digest realm="r", nonce="n", qop="auth-int"';
  const header = answer(challenge, "u", "p", "sip:b", "9", "INVITE", "v=0\r\n");
  const act = hash("md5", `INVITE:sip:b:${hash("md5", "v=0\r\n")}`);
  assert.equal(responseOf(header), hash("md5", `${hash("md5", "u:r:p")}:n:00000001:9:auth-int:${act}`));
  assert.equal(parseChallenge('Digest realm="r", nonce="n", qop="auth-int,auth"')?.qop, "auth");
  assert.equal(parseChallenge('Digest realm="r", nonce="n", qop="token"'), undefined);
});

test("per-session keys are bound to both nonces", () => {
  for (const [name, algorithm] of [
    ["MD5-sess", "md5"],
    ["SHA-256-sess", "sha256"],
    ["SHA-512-256-sess", "sha512-256"],
  ] as const) {
    const header = answer(`Digest realm="r", nonce="n", qop="auth", algorithm=${name}`, "u", "p", "sip:b", "5");
    const key = hash(algorithm, `${hash(algorithm, "u:r:p")}:n:5`);
    assert.equal(responseOf(header), hash(algorithm, `${key}:n:00000001:5:auth:${hash(algorithm, "GET:sip:b")}`));
  }
  assert.match(answer('Digest realm="r", nonce="n", algorithm=MD5-sess', "u", "p", "sip:b", "5"), /, cnonce="5", response=/);
});

test("challenges that cannot be answered are none", () => {
  for (const value of [
    "Basic realm=x",
    "",
    "Digest",
    'Digest realm="r"',
    'Digest nonce="n"',
    'Digest realm="r", nonce="n", algorithm=SHA-1',
    'Digest realm="r, nonce="n',
    'Digest realm="r", nonce=""',
  ])
    assert.equal(parseChallenge(value), undefined, value);
});

test("odd spacing, case, escapes and a second challenge in the same line", () => {
  const parsed = parseChallenge('digest  REALM = "a \\"b\\", c" ,,nonce="n=,x",Algorithm="sha-256", Basic realm="other"');
  assert.equal(parsed?.realm, 'a \\"b\\", c');
  assert.equal(parsed?.nonce, "n=,x");
  assert.equal(parsed?.algorithm.name, "SHA-256");
});

test("credentials: user and realm without colons or spaces, the newest declaration first", () => {
  const list = ["u:r:one", "u:r:two:with:colons", "v:other:x"].map((text) => {
    const parsed = parseCredential(text);
    assert.ok(parsed.ok);
    return parsed.value;
  });
  assert.equal(credentialFor(list, "r")?.password, "two:with:colons");
  assert.equal(credentialFor(list, "R"), undefined);
  for (const text of ["u:r", "u", ":r:p", "u::p", "u u:r:p", "u:r r:p", "u:r:p p"]) assert.equal(parseCredential(text).ok, false, text);
});

test("lists of algorithms name what they do not know", () => {
  const some = parseAlgorithms("MD5, sha-256-sess");
  assert.deepEqual(some.ok && some.value.map((one) => one.name), ["MD5", "SHA-256-sess"]);
  assert.equal(parseAlgorithms("MD5,SHA-1").ok, false);
  assert.equal(parseAlgorithms(" , ").ok, false);
});
