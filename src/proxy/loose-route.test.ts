import assert from "node:assert/strict";
import { test } from "node:test";
import type { SipUri } from "../sip/index.ts";
import { type LooseRouteResult, looseRoute } from "./loose-route.ts";

/** We are 10.0.0.1:5060 on UDP and TCP, also known as 1.2.3.4:5080. */
const own = {
  isOurUri(uri: SipUri): boolean {
    if (uri.param("maddr") === "10.0.0.1") return true;
    const port = uri.port === 0 ? 5060 : uri.port;
    return (uri.host === "10.0.0.1" && port === 5060) || (uri.host === "1.2.3.4" && port === 5080);
  },
};

function run(requestUri: string, routes: readonly string[], hasToTag = true): LooseRouteResult {
  return looseRoute({ requestUri, routes, hasToTag }, own);
}

/** What matters of a result, short. */
function story(result: LooseRouteResult): string {
  const parts = [String(result.code)];
  if (result.removed > 0) parts.push(`take ${result.removed}`);
  if (result.removesLast) parts.push("take last");
  if (result.appended !== undefined) parts.push(`append ${result.appended}`);
  if (result.requestUri !== undefined) parts.push(`ruri ${result.requestUri}`);
  if (result.dstUri !== undefined) parts.push(`dst ${result.dstUri}`);
  if (result.forced !== undefined) parts.push(`from ${result.forced.text}`);
  if (result.keepsListener) parts.push("from receiving");
  if (result.isMismatch) parts.push("mismatch");
  if (result.params !== undefined) parts.push(`params ${result.params}`);
  if (result.hasRoute) parts.push("callbacks");
  return parts.join(" | ");
}

const OURS = "<sip:10.0.0.1;lr;ftag=a;did=1.2>";
const OURS_OUT = "<sip:10.0.0.1;transport=tcp;r2=on;lr;ftag=a>";
const OURS_IN = "<sip:10.0.0.1;r2=on;lr;ftag=a>";
const LOOSE = "<sip:10.0.0.9;lr>";
const STRICT = "<sip:10.0.0.9>";
const TARGET = "sip:bob@10.0.0.3:5070";

const afterLoose: readonly (readonly [string, string, readonly string[], boolean, string])[] = [
  ["no Route", TARGET, [], true, "-1"],
  ["our Route alone, in a dialog", TARGET, [OURS], true, "1 | take 1 | from receiving | params ;lr;ftag=a;did=1.2 | callbacks"],
  ["AC-51: our Route alone, pre-loaded", TARGET, [OURS], false, "-1 | take 1 | params ;lr;ftag=a;did=1.2 | callbacks"],
  [
    "AC-47: our pair, in a dialog",
    TARGET,
    [OURS_OUT, OURS_IN],
    true,
    "1 | take 2 | from sip:10.0.0.1;r2=on;lr;ftag=a | params ;transport=tcp;r2=on;lr;ftag=a | callbacks",
  ],
  [
    "our pair, pre-loaded",
    TARGET,
    [OURS_OUT, OURS_IN],
    false,
    "-1 | take 2 | from sip:10.0.0.1;r2=on;lr;ftag=a | params ;transport=tcp;r2=on;lr;ftag=a | callbacks",
  ],
  [
    "the pair's second value is not ours",
    TARGET,
    [OURS_OUT, LOOSE],
    true,
    "1 | take 1 | dst sip:10.0.0.9;lr | mismatch | params ;transport=tcp;r2=on;lr;ftag=a | callbacks",
  ],
  [
    "the pair's second value is missing",
    TARGET,
    [OURS_OUT],
    true,
    "1 | take 1 | mismatch | params ;transport=tcp;r2=on;lr;ftag=a | callbacks",
  ],
  [
    "a loose router follows",
    TARGET,
    [OURS, LOOSE, "<sip:10.0.0.8;lr>"],
    true,
    "1 | take 1 | dst sip:10.0.0.9;lr | from receiving | params ;lr;ftag=a;did=1.2 | callbacks",
  ],
  [
    "AC-50: a strict router follows",
    TARGET,
    [OURS, STRICT],
    true,
    `1 | take 2 | append <${TARGET}> | ruri sip:10.0.0.9 | from receiving | params ;lr;ftag=a;did=1.2 | callbacks`,
  ],
  ["the top Route is a loose router's", TARGET, [LOOSE, OURS], true, "1 | dst sip:10.0.0.9;lr | callbacks"],
  ["the top Route is a strict router's", TARGET, [STRICT], true, `1 | take 1 | append <${TARGET}> | ruri sip:10.0.0.9 | callbacks`],
  ["a foreign pre-loaded Route", TARGET, [LOOSE], false, "1 | dst sip:10.0.0.9;lr | callbacks"],
  [
    "two stacked pairs: one pass takes one (RR-14)",
    TARGET,
    [OURS_OUT, OURS_IN, OURS_OUT, OURS_IN],
    true,
    "1 | take 2 | dst sip:10.0.0.1;transport=tcp;r2=on;lr;ftag=a | from sip:10.0.0.1;r2=on;lr;ftag=a | params ;transport=tcp;r2=on;lr;ftag=a | callbacks",
  ],
  [
    "maddr makes a Route ours (RR-17)",
    TARGET,
    ["<sip:other.example;maddr=10.0.0.1;lr>"],
    true,
    "1 | take 1 | from receiving | params ;maddr=10.0.0.1;lr | callbacks",
  ],
  [
    "an advertised address is ours (AC-20)",
    TARGET,
    ["<sip:1.2.3.4:5080;lr>"],
    true,
    "1 | take 1 | from receiving | params ;lr | callbacks",
  ],
  ["a Route that does not parse", TARGET, ["<sip:>"], true, "-1"],
  ["the next Route does not parse", TARGET, [OURS, "<sip:[1>"], true, "-1"],
  ["a Route that is no SIP URI", TARGET, ["<tel:123>"], true, "-1"],
  ["a R-URI that does not parse", "nonsense", [OURS], true, "-1"],
  [
    "a strict Route with headers loses them in the R-URI",
    TARGET,
    ["<sip:10.0.0.9?Subject=x>"],
    true,
    `1 | take 1 | append <${TARGET}> | ruri sip:10.0.0.9 | callbacks`,
  ],
];

const US = "sip:10.0.0.1;lr;ftag=a";
const US_PAIR = "sip:10.0.0.1;transport=tcp;r2=on;lr;ftag=a";

const afterStrict: readonly (readonly [string, string, readonly string[], boolean, string])[] = [
  ["AC-49: strict before and after", US, ["<sip:10.0.0.2>"], true, "1 | take 1 | ruri sip:10.0.0.2 | params ;lr;ftag=a | callbacks"],
  [
    "strict before, the only Route is loose",
    US,
    ["<sip:10.0.0.2;lr>"],
    true,
    "1 | take last | ruri sip:10.0.0.2;lr | params ;lr;ftag=a | callbacks",
  ],
  [
    "strict before, loose after, target last",
    US,
    [LOOSE, "<sip:alice@10.0.0.2>"],
    true,
    "1 | take last | ruri sip:alice@10.0.0.2 | dst sip:10.0.0.9;lr | params ;lr;ftag=a | callbacks",
  ],
  [
    "strict before, strict after, target stays last",
    US,
    [STRICT, "<sip:alice@10.0.0.2>"],
    true,
    "1 | take 1 | ruri sip:10.0.0.9 | params ;lr;ftag=a | callbacks",
  ],
  [
    "our pair over a strict router",
    US_PAIR,
    [OURS_IN, LOOSE, "<sip:alice@10.0.0.2>"],
    true,
    "1 | take 1 | take last | ruri sip:alice@10.0.0.2 | dst sip:10.0.0.9;lr | from sip:10.0.0.1;r2=on;lr;ftag=a | params ;transport=tcp;r2=on;lr;ftag=a | callbacks",
  ],
  [
    "our pair over a strict router, nothing left",
    US_PAIR,
    [OURS_IN],
    true,
    "-1 | take 1 | from sip:10.0.0.1;r2=on;lr;ftag=a | params ;transport=tcp;r2=on;lr;ftag=a | callbacks",
  ],
  [
    "a plain R-URI of ours under a foreign Route is a strict trace",
    "sip:10.0.0.1",
    ["<sip:10.0.0.2>"],
    true,
    "1 | take 1 | ruri sip:10.0.0.2 | params  | callbacks",
  ],
  [
    "RR-10: a plain R-URI of ours under our Route is not",
    "sip:bob@10.0.0.1",
    [OURS],
    true,
    "1 | take 1 | from receiving | params ;lr;ftag=a;did=1.2 | callbacks",
  ],
  ["a GRUU of ours is not", "sip:bob@10.0.0.1;gr=x", [LOOSE], true, "1 | dst sip:10.0.0.9;lr | callbacks"],
  ["without a To-tag it is a pre-loaded Route", US, [LOOSE], false, "1 | dst sip:10.0.0.9;lr | callbacks"],
];

test("RR-11: routing after a loose router, line by line", () => {
  for (const [name, requestUri, routes, hasToTag, expected] of afterLoose)
    assert.equal(story(run(requestUri, routes, hasToTag)), expected, name);
});

test("RR-12: routing after a strict router, line by line", () => {
  for (const [name, requestUri, routes, hasToTag, expected] of afterStrict)
    assert.equal(story(run(requestUri, routes, hasToTag)), expected, name);
});

test("RR-20: the far end's route set and target are the same whoever stands between", () => {
  const loose = run(TARGET, [OURS, LOOSE, "<sip:10.0.0.8;lr>"]);
  assert.deepEqual([loose.routing, loose.routesLeft, loose.remoteTarget], ["LL", [LOOSE, "<sip:10.0.0.8;lr>"], TARGET]);
  const strictNext = run(TARGET, [OURS, STRICT, LOOSE]);
  assert.deepEqual([strictNext.routing, strictNext.routesLeft, strictNext.remoteTarget], ["LS", [STRICT, LOOSE], TARGET]);
  const strictBefore = run(US, [LOOSE, STRICT, `<${TARGET}>`]);
  assert.deepEqual([strictBefore.routing, strictBefore.routesLeft, strictBefore.remoteTarget], ["SL", [LOOSE, STRICT], TARGET]);
  const strictBoth = run(US_PAIR, [OURS_IN, STRICT, LOOSE, `<${TARGET}>`]);
  assert.deepEqual([strictBoth.routing, strictBoth.routesLeft, strictBoth.remoteTarget], ["SS", [STRICT, LOOSE], TARGET]);
});
