import assert from "node:assert/strict";
import type { SippResult } from "../src/testing/index.ts";

/** Every call went as its SIPp file says. */
export function assertClean(result: SippResult, calls: number): void {
  assert.equal(result.errors, "");
  assert.equal(result.code, 0, `SIPp ended with ${result.code}: ${result.successful} calls went well, ${result.failed} did not`);
  assert.equal(result.successful, calls);
}
