// Law: whatever a registration holds, its row read back is the registration, through a real table.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { LocationRow } from "../../location/index.ts";
import { TestDatabase } from "../rows-harness.ts";
import { tableStatements } from "../schema/create.ts";
import { insertText, selectText } from "../schema/index.ts";
import { locationColumnNames, locationShape, rowOf, valuesOf } from "./columns.ts";

/** Text as it stands on the wire: UTF-8, one character for each byte. */
const wire = (most: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: "binary", maxLength: most }).map((text) => Buffer.from(text.replaceAll("\0", ""), "utf8").toString("latin1")),
    fc.constantFrom("", "'", '"', "\\", "#|%;--", "<sip:[2001:db8::1]:5060;lr>", "sip:é@h", "é", "Ã©", "x".repeat(8_000)),
  );
const some = (most: number): fc.Arbitrary<string> => wire(most).map((text) => (text === "" ? "x" : text));

const registration: fc.Arbitrary<LocationRow> = fc.record({
  contactId: fc.bigInt({ min: 1n, max: (1n << 63n) - 1n }),
  aor: some(40),
  uri: some(200),
  expiresAt: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 1, max: 2 ** 33 }).map((seconds) => seconds * 1000),
  ),
  q: fc.integer({ min: -1, max: 1000 }),
  callId: wire(60),
  cseq: fc.nat(),
  userAgent: wire(60),
  received: wire(60),
  path: wire(200),
  socket: wire(30),
  flags: fc.nat(),
  branchFlags: wire(30),
  methods: fc.oneof(fc.constant(0xffff_ffff), fc.integer({ min: 0, max: 32_767 })),
  instance: wire(60),
  attr: wire(60),
  modifiedAt: fc.integer({ min: 1, max: 2 ** 31 }).map((seconds) => seconds * 1000),
});

/** The engine's own bytes: what was no UTF-8 comes back as the UTF-8 of its characters, and from then on as itself. */
function bytes(text: string): string {
  const read = Buffer.from(text, "latin1").toString("utf8");
  return Buffer.from(read, "utf8").toString("latin1") === text ? text : Buffer.from(text, "utf8").toString("latin1");
}

test("law: a registration comes back from its row as it was", () => {
  const shape = locationShape("location");
  fc.assert(
    fc.property(registration, fc.boolean(), (given, useDomain) => {
      const database = new TestDatabase();
      database.transactNow(tableStatements("sqlite", shape, "ours"));
      const row = useDomain ? { ...given, aor: `${given.aor}@biloxi.example` } : given;
      const names = locationColumnNames();
      database.transactNow([{ text: insertText("sqlite", shape, names), values: valuesOf(row, useDomain, "sqlite") }]);
      const [values] = database.rows(selectText("sqlite", shape, names));
      assert.ok(values !== undefined);
      const back = rowOf(values, useDomain);
      assert.ok(typeof back !== "string", String(back));
      const expected = Object.fromEntries(
        Object.entries(row).map(([name, value]: [string, unknown]) => [name, typeof value === "string" ? bytes(value) : value]),
      );
      assert.deepEqual(back, expected);
      database.sqlite.close();
    }),
    { numRuns: 300 },
  );
});
