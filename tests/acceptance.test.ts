// Every acceptance case is held by a test, or waits for a part that is not there yet.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type AcceptanceCase, CORE_CASES, DIALOG_CASES } from "./coverage/acceptance.ts";
import { exists } from "./coverage/proof.ts";

for (const [what, cases, count] of [
  ["dialogs", DIALOG_CASES, 72],
  ["the core", CORE_CASES, 74],
] as const satisfies readonly (readonly [string, readonly AcceptanceCase[], number])[]) {
  test(`the ${count} acceptance cases of ${what} are all listed, in order`, () => {
    assert.deepEqual(
      cases.map(({ number }) => number),
      Array.from({ length: count }, (_, at) => at + 1),
    );
  });

  test(`each acceptance case of ${what} has tests that exist, or a part it comes with`, () => {
    for (const { number, about, later, proofs } of cases) {
      assert.ok((later === undefined) === proofs.length > 0, `case ${number} (${about})`);
      for (const proof of proofs) assert.ok(exists(proof), `case ${number} (${about}): ${proof.file} has no test "${proof.name}"`);
    }
  });
}
