import assert from "node:assert/strict";
import { test } from "node:test";
import { systemHash } from "./shell.ts";

test("digests are those of the standards' own examples, and SHA-512/256 is no cut SHA-512", () => {
  assert.equal(systemHash("md5", "abc"), "900150983cd24fb0d6963f7d28e17f72");
  assert.equal(systemHash("sha1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  assert.equal(systemHash("sha256", "abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  assert.equal(systemHash("sha512-256", "abc"), "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
});

test("a character is a byte, whatever it would be in UTF-8", () => {
  assert.equal(systemHash("md5", "\xe9"), "3406877694691ddd1dfb0aca54681407");
});

test("with a key it is an HMAC (RFC 2202 case 2)", () => {
  assert.equal(systemHash("md5", "what do ya want for nothing?", "Jefe"), "750c783e6ab0b503eaa86e310a5db738");
});
