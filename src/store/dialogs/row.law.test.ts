import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { DialogSnapshot } from "../../dialog/index.ts";
import type { SqlValue } from "../ports.ts";
import { dialogTable } from "../schema/index.ts";
import { columnText, engineText } from "../text.ts";
import { anySnapshot } from "./arbitraries-harness.ts";
import { readRow, readShortRow, SHORT } from "./read-row.ts";
import { At, numberedFlags, type RowForm } from "./row-form.ts";
import { writeRow } from "./write-row.ts";

const form = (parts: Partial<RowForm> = {}): RowForm => ({
  dialect: "sqlite",
  table: dialogTable({}, 12),
  hasOwn: true,
  widths: new Map(),
  flagNaming: numberedFlags,
  ...parts,
});

/** A call whose winner is there. */
const anyCall: fc.Arbitrary<DialogSnapshot> = anySnapshot.map((one) => ({
  ...one,
  winner: Math.min(one.winner, one.legs.length - 1),
}));

const noNotes = (snapshot: DialogSnapshot, hasValues: boolean) => ({
  callerPing: snapshot.legs[0]?.generatedCseq ?? 0,
  calleePing: snapshot.winner === 0 ? 0 : (snapshot.legs[snapshot.winner]?.generatedCseq ?? 0),
  hasValues,
  isFromStore: false,
});

test("a row of ours gives the call back exactly, on every database, with and without its values in the columns", () => {
  const dialects = fc.constantFrom("sqlite", "postgres", "mysql");
  const widths = fc.constantFrom(
    new Map<string, number>(),
    new Map([
      ["callid", 12],
      ["caller_contact", 5],
      ["to_tag", 3],
    ]),
  );
  fc.assert(
    fc.property(anyCall, dialects, widths, fc.constantFrom(11, 12), fc.boolean(), (snapshot, dialect, narrow, version, hasValues) => {
      const where = form({ dialect, widths: narrow, table: dialogTable({}, version) });
      const read = readRow(writeRow(snapshot, where, noNotes(snapshot, hasValues)), where);
      assert.deepEqual(read, { ok: true, value: { id: read.ok ? read.value.id : 0n, snapshot, kind: "whole" } });
      const row = writeRow(snapshot, where, noNotes(snapshot, hasValues));
      const short = SHORT.map((place) => row[place] ?? null);
      assert.deepEqual(readShortRow(short, where), read.ok ? read.value : undefined);
      assert.equal(readShortRow(short.with(3, 77), where), undefined, "another state is seen");
    }),
  );
});

test("drivers may give numbers as texts and bigints, and texts as bytes", () => {
  const odd = (value: SqlValue, at: number): SqlValue => {
    if (typeof value === "number") return at % 2 === 0 ? BigInt(value) : String(value);
    if (typeof value === "string" && at === At.profiles) return Buffer.from(value, "utf8");
    return value;
  };
  fc.assert(
    fc.property(anyCall, (snapshot) => {
      const read = readRow(writeRow(snapshot, form(), noNotes(snapshot, true)).map(odd), form());
      assert.ok(read.ok);
      assert.deepEqual(read.value.snapshot, snapshot);
    }),
    { numRuns: 30 },
  );
});

test("without our column the reference's columns give back what they hold", () => {
  const bytes = fc.string({ unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength: 20 });
  const value = fc.record({ name: bytes.map((text) => `n${text}`), value: bytes, isInteger: fc.boolean() }, { noNullPrototype: true });
  fc.assert(
    fc.property(anyCall, fc.array(value, { maxLength: 4 }), bytes, fc.constantFrom(11, 12), (snapshot, values, text, version) => {
      const where = form({ hasOwn: false, table: dialogTable({}, version) });
      const call: DialogSnapshot = { ...snapshot, callId: text, values };
      const read = readRow(writeRow(call, where, noNotes(call, true)), where);
      assert.ok(read.ok);
      const back = read.value.snapshot;
      assert.equal(read.value.kind, "reduced");
      assert.equal(back.callId, text);
      assert.equal(back.state, call.state);
      assert.equal(back.options, call.options & back.options);
      assert.equal(back.flags, call.flags);
      assert.equal(back.startAt, Math.floor(Math.min(call.startAt, (2 ** 32 - 1) * 1000) / 1000) * 1000);
      assert.deepEqual(back.values, version === 12 ? values : values.map((one) => ({ ...one, isInteger: false })));
      assert.equal(back.legs[0]?.cseq, call.legs[0]?.cseq);
      assert.equal(back.legs[1]?.cseq, call.legs[call.winner]?.cseq);
      // what is bytes on the wire comes back as bytes; what cannot stand in a column, as near as can be
      const asKept = (one: string): string => engineText(columnText(one, "sqlite"));
      assert.equal(back.legs[1]?.remoteTarget, asKept(call.legs[call.winner]?.remoteTarget ?? ""));
    }),
  );
});

test("rows of others never throw", () => {
  const value: fc.Arbitrary<SqlValue> = fc.oneof(
    fc.constant(null),
    fc.string(),
    fc.integer(),
    fc.bigInt(),
    fc.double(),
    fc.uint8Array({ maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 31 }), (row) => {
      readRow(row, form());
      readRow(row, form({ hasOwn: false, table: dialogTable({}, 11) }));
    }),
  );
});
