import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseUri } from "../sip/index.ts";
import { encodeUris, otherUri } from "./replaced-uri.ts";

const uri = fc.stringMatching(/^sip:[a-z0-9.+]{1,30}@[a-z0-9]{1,20}(;[a-z]{1,8})?$/).filter((text) => parseUri(text).ok);
const latin1 = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("latin1"));

test("each of the two URIs leads to the other, whatever the password", () => {
  fc.assert(
    fc.property(uri, uri, latin1, (one, other, password) => {
      const text = encodeUris(one, other, password);
      assert.ok(text !== undefined);
      assert.equal(otherUri(text, one, password), other);
      assert.equal(otherUri(text, other, password), one);
    }),
  );
});

test("nonsense never throws, and gives a URI or nothing", () => {
  fc.assert(
    fc.property(fc.string(), latin1, latin1, (text, known, password) => {
      const read = otherUri(text, known, password);
      if (read !== undefined) assert.ok(parseUri(read).ok);
    }),
    { numRuns: 2000 },
  );
});
