import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Statistics, silentLog, Timers } from "../kit/index.ts";
import { TestClock } from "../testing/index.ts";
import { Commands, registerStatisticsCommands } from "./index.ts";

function commandsWithStatistics(): Commands {
  const clock = new TestClock();
  const commands = new Commands({ clock, timers: new Timers(clock, clock, () => {}), log: silentLog });
  const statistics = new Statistics();
  statistics.counter("core", "rcv_requests").add(3);
  registerStatisticsCommands(commands, statistics);
  return commands;
}

const peer = { transport: "internal", address: "law" } as const;

/** Every answer is JSON and each reply in it has exactly one of result and error. */
function checkAnswer(commands: Commands, input: string): void {
  const answer = commands.execute(input, peer);
  if (answer === undefined) return;
  assert.ok(!(answer instanceof Promise));
  const parsed: unknown = JSON.parse([...answer].join(""));
  for (const reply of Array.isArray(parsed) ? parsed : [parsed]) {
    assert.equal(reply.jsonrpc, "2.0");
    assert.equal(Number("result" in reply) + Number("error" in reply), 1);
    assert.ok("id" in reply);
  }
}

test("whatever comes in is answered or is a notification; nothing throws", () => {
  const commands = commandsWithStatistics();
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.json()), (input) => checkAnswer(commands, input)),
    { numRuns: 200 },
  );
});

test("requests that are nearly right are answered too", () => {
  const commands = commandsWithStatistics();
  const request = fc.record(
    {
      jsonrpc: fc.constantFrom("2.0", "2.0", "2.0", "1.0", 2),
      id: fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.double()),
      method: fc.oneof(
        fc.constantFrom("get_statistics", "list_statistics", "reset_statistics", "statistics:get", "get", "__proto__", "toString"),
        fc.jsonValue({ maxDepth: 1 }),
      ),
      params: fc.oneof(
        fc.array(fc.array(fc.constantFrom("core:", "all", "rcv_requests", "nope", "__proto__", ":"), { maxLength: 3 }), { maxLength: 2 }),
        fc.record({ statistics: fc.jsonValue({ maxDepth: 2 }) }),
        fc.jsonValue({ maxDepth: 3 }),
      ),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(request, fc.array(request, { maxLength: 4 })), (input) => checkAnswer(commands, JSON.stringify(input))),
    { numRuns: 500 },
  );
});

test("cutting a request short at any point is answered", () => {
  const commands = commandsWithStatistics();
  const whole = '[{"jsonrpc":"2.0","id":"é\\u0000","method":"get_statistics","params":[["core:","a\\"b"]]}]';
  for (let end = 0; end <= whole.length; end++) checkAnswer(commands, whole.slice(0, end));
});
