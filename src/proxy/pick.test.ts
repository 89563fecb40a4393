import assert from "node:assert/strict";
import { test } from "node:test";
import { type PickCandidate, pickBranch, priority } from "./pick.ts";

const received = (finalStatus: number): PickCandidate => ({ finalStatus, isFaked: false, isConsumed: false });
const faked = (finalStatus: number): PickCandidate => ({ finalStatus, isFaked: true, isConsumed: false });

/** status, faked, cancelled, value: the rows of TM-30. */
const priorities: readonly (readonly [number, boolean, boolean, number])[] = [
  [487, false, true, 0],
  [487, true, true, 687],
  [487, false, false, 687],
  [300, false, false, 400],
  [302, false, false, 402],
  [399, false, false, 499],
  [400, false, false, 600],
  [401, false, false, 500],
  [404, false, false, 604],
  [407, false, false, 501],
  [408, false, false, 800],
  [408, true, false, 800],
  [415, false, false, 502],
  [420, false, false, 503],
  [484, false, false, 504],
  [486, false, false, 686],
  [499, false, false, 699],
  [500, false, false, 700],
  [503, false, false, 801],
  [503, true, false, 801],
  [504, false, false, 704],
  [600, false, false, 300],
  [603, false, false, 303],
  [700, false, false, 900],
];

test("every status has the priority of TM-30", () => {
  for (const [status, isFaked, wasCancelled, value] of priorities) {
    assert.equal(priority(status, isFaked, wasCancelled), value, `${status} faked=${isFaked} cancelled=${wasCancelled}`);
  }
});

const picks: readonly (readonly [string, readonly PickCandidate[], boolean, number])[] = [
  ["nothing has ended", [received(0), received(0)], false, -1],
  ["a provisional does not count", [received(180)], false, -1],
  ["AC-36: a timeout is better than a 503", [faked(408), received(503)], false, 0],
  ["AC-37: 404 is better than 486", [received(486), received(404)], false, 1],
  ["a redirect is better than a refusal", [received(404), received(302)], false, 1],
  ["6xx is better than all but a wanted 487", [received(302), received(603)], false, 1],
  ["after a CANCEL the 487 wins", [received(603), received(487)], true, 1],
  ["401 before 407", [received(407), received(401)], false, 1],
  ["ties go to the lowest index", [received(486), received(486)], false, 0],
  ["5xx is worse than any 4xx but 408", [received(500), received(499), faked(408)], false, 1],
];

test("the best of several branches is picked (section 16.7 step 6)", () => {
  for (const [name, branches, wasCancelled, index] of picks) {
    assert.equal(pickBranch(branches, wasCancelled), index, name);
  }
});

test("branches of an earlier round do not take part again (TM-30)", () => {
  const consumed = (finalStatus: number): PickCandidate => ({ finalStatus, isFaked: false, isConsumed: true });
  assert.equal(pickBranch([consumed(603), received(486), received(404)], false), 2);
  assert.equal(pickBranch([consumed(603), received(486), consumed(404)], false), 1);
  assert.equal(pickBranch([consumed(603)], false), -1);
});
