// The tables of the four machines, line by line; what a table does not name changes nothing.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type InviteClientEvent, type InviteClientState, inviteClient } from "./invite-client.ts";
import { type InviteServerEvent, type InviteServerState, inviteServer } from "./invite-server.ts";
import { type NonInviteClientEvent, type NonInviteClientState, nonInviteClient } from "./non-invite-client.ts";
import { type NonInviteServerEvent, type NonInviteServerState, nonInviteServer } from "./non-invite-server.ts";
import type { Step } from "./step.ts";

type Row<S, E> = readonly [state: S, event: E, next: S, effects: string];

/** Checks the rows, then that every other pair stays where it is and does nothing, or refuses what the user sent. */
function check<S extends string, E extends string>(
  name: string,
  states: readonly S[],
  events: readonly E[],
  rows: readonly Row<S, E>[],
  userEvents: readonly E[],
  run: (state: S, event: E) => Step<S, string>,
): void {
  describe(name, () => {
    for (const [state, event, next, effects] of rows) {
      test(`${state} + ${event} → ${next}: ${effects === "" ? "nothing" : effects}`, () => {
        const step = run(state, event);
        assert.equal(step.next, next);
        assert.equal(step.effects.join(" "), effects);
        assert.equal(run(state, event), step, "a step is made once");
      });
    }
    test("every other pair stays and does nothing, or refuses what the user sends too late", () => {
      let others = 0;
      for (const state of states) {
        for (const event of events) {
          if (rows.some((row) => row[0] === state && row[1] === event)) continue;
          const step = run(state, event);
          assert.equal(step.next, state, `${state} + ${event}`);
          assert.equal(step.effects.join(" "), userEvents.includes(event) ? "refuse" : "", `${state} + ${event}`);
          others++;
        }
      }
      assert.equal(others + rows.length, states.length * events.length);
    });
  });
}

const inviteServerStates: readonly InviteServerState[] = ["proceeding", "accepted", "completed", "confirmed", "terminated"];
const inviteServerEvents: readonly InviteServerEvent[] = [
  "request",
  "provisional",
  "success",
  "localSuccess",
  "failure",
  "challenge",
  "ack",
  "endAck",
  "abandon",
  "timerG",
  "timerH",
  "timerI",
  "timerL",
];
const inviteServerRows = (isReliable: boolean): Row<InviteServerState, InviteServerEvent>[] => [
  ["proceeding", "request", "proceeding", "resend"],
  ["proceeding", "provisional", "proceeding", "send"],
  ["proceeding", "success", "accepted", "send armL"],
  ["proceeding", "localSuccess", "accepted", "send armL armG"],
  ["proceeding", "failure", "completed", isReliable ? "send armH" : "send armH armG"],
  ["proceeding", "challenge", "completed", "send armChallengeH"],
  ["proceeding", "abandon", "terminated", "end"],
  ["proceeding", "ack", "proceeding", ""],
  ["accepted", "request", "accepted", ""],
  ["accepted", "success", "accepted", "send"],
  ["accepted", "ack", "accepted", "routeAck"],
  ["accepted", "endAck", "accepted", "stopG shortenL"],
  ["accepted", "timerG", "accepted", "resend backoffG"],
  ["accepted", "timerL", "terminated", "end"],
  ["completed", "request", "completed", "resend"],
  ["completed", "timerG", "completed", "resend backoffG"],
  ["completed", "ack", "confirmed", "stopG armI"],
  ["completed", "success", "completed", "send"],
  ["completed", "timerH", "terminated", "noAck end"],
  ["confirmed", "request", "confirmed", ""],
  ["confirmed", "ack", "confirmed", ""],
  ["confirmed", "success", "confirmed", "send"],
  ["confirmed", "timerI", "terminated", "end"],
];
const inviteReplies: readonly InviteServerEvent[] = ["provisional", "success", "localSuccess", "failure", "challenge"];
for (const isReliable of [false, true]) {
  check(
    `INVITE server over ${isReliable ? "a stream" : "UDP"} (RFC 3261 §17.2.1, RFC 6026 §7.1)`,
    inviteServerStates,
    inviteServerEvents,
    inviteServerRows(isReliable),
    inviteReplies,
    (state, event) => inviteServer(state, event, isReliable),
  );
}

check<NonInviteServerState, NonInviteServerEvent>(
  "non-INVITE server (RFC 3261 §17.2.2, RFC 4320 §4)",
  ["trying", "proceeding", "completed", "terminated"],
  ["request", "trying", "provisional", "final", "quiet", "giveUp", "silence", "timerJ"],
  [
    ["trying", "request", "trying", ""],
    ["trying", "quiet", "proceeding", "armGiveUp sendTrying"],
    ["trying", "trying", "proceeding", "send"],
    ["trying", "provisional", "trying", "refuse"],
    ["trying", "final", "completed", "send armJ"],
    ["trying", "silence", "completed", "armJ"],
    ["trying", "giveUp", "completed", "armJ"],
    ["proceeding", "request", "proceeding", "resend"],
    ["proceeding", "trying", "proceeding", "send"],
    ["proceeding", "provisional", "proceeding", "refuse"],
    ["proceeding", "quiet", "proceeding", "armGiveUp"],
    ["proceeding", "final", "completed", "send armJ"],
    ["proceeding", "silence", "completed", "armJ"],
    ["proceeding", "giveUp", "completed", "armJ"],
    ["completed", "request", "completed", "resend"],
    ["completed", "final", "completed", "refuse"],
    ["completed", "timerJ", "terminated", "end"],
  ],
  ["trying", "provisional", "final"],
  nonInviteServer,
);

check<InviteClientState, InviteClientEvent>(
  "INVITE client (RFC 3261 §17.1.1, RFC 6026 §7.2)",
  ["calling", "proceeding", "accepted", "completed", "expired", "terminated"],
  ["trying", "provisional", "success", "failure", "sendFailed", "endAck", "timerA", "timerB", "timerC", "timerD", "timerM"],
  [
    ["calling", "timerA", "calling", "resend backoffA"],
    ["calling", "trying", "proceeding", "stopA armC cancelIfAsked observe"],
    ["calling", "provisional", "proceeding", "stopA armC cancelIfAsked deliver"],
    ["calling", "success", "accepted", "stopA armM deliver"],
    ["calling", "failure", "completed", "stopA ack armD deliver"],
    ["calling", "timerB", "expired", "stopA armExpired fake408"],
    ["calling", "sendFailed", "terminated", "stopA fake503 end"],
    ["proceeding", "trying", "proceeding", "restartC observe"],
    ["proceeding", "provisional", "proceeding", "restartC deliver"],
    ["proceeding", "success", "accepted", "stopA armM deliver"],
    ["proceeding", "failure", "completed", "stopA ack armD deliver"],
    ["proceeding", "timerC", "expired", "armExpired cancelNoAnswer fake408"],
    ["accepted", "success", "accepted", "deliver"],
    ["accepted", "endAck", "accepted", "shortenM"],
    ["accepted", "timerM", "terminated", "end"],
    ["completed", "failure", "completed", "ack"],
    ["completed", "success", "completed", "deliver"],
    ["completed", "timerD", "terminated", "end"],
    ["expired", "trying", "expired", "cancelLate"],
    ["expired", "provisional", "expired", "cancelLate"],
    ["expired", "failure", "completed", "ack armD"],
    ["expired", "success", "accepted", "armM deliver"],
    ["expired", "timerD", "terminated", "end"],
  ],
  [],
  inviteClient,
);

for (const isReliable of [false, true]) {
  check<NonInviteClientState, NonInviteClientEvent>(
    `non-INVITE client over ${isReliable ? "a stream" : "UDP"} (RFC 3261 §17.1.2)`,
    ["trying", "proceeding", "completed", "terminated"],
    ["provisional", "final", "sendFailed", "timerE", "timerF", "timerK"],
    [
      ["trying", "timerE", "trying", "resend backoffE"],
      ["trying", "provisional", "proceeding", isReliable ? "observe" : "slowE observe"],
      ["trying", "final", "completed", "stopE armK deliver"],
      ["trying", "timerF", "terminated", "stopE fake408 end"],
      ["trying", "sendFailed", "terminated", "stopE fake503 end"],
      ["proceeding", "timerE", "proceeding", "resend slowE"],
      ["proceeding", "provisional", "proceeding", "observe"],
      ["proceeding", "final", "completed", "stopE armK deliver"],
      ["proceeding", "timerF", "terminated", "stopE fake408 end"],
      ["completed", "timerK", "terminated", "end"],
    ],
    [],
    (state, event) => nonInviteClient(state, event, isReliable),
  );
}
