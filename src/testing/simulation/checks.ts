// What must hold: at every moment, and when everything has come to rest.
import { bestRefusal, mayEndWith, mayGoUnheard, mayHearNothing } from "./expect.ts";
import type { RunningCall, World } from "./world.ts";

/** Something that does not hold; `callId` when one call is to blame. */
export interface Problem {
  readonly callId: string;
  readonly text: string;
}

/** How long a callee may ring on after the call is decided: a CANCEL that is lost again and again. */
const CANCEL_LIMIT_MS = 45_000;

const STATES = new Set(["unconfirmed", "early", "confirmedNoAck", "confirmed", "ended"]);

/** Checks the whole engine between two events: counts against members, numbers against what is there. */
export function checkNow(world: World): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (text: string, callId = ""): void => {
    problems.push({ callId, text });
  };
  const { engine } = world;
  let early = 0;
  let active = 0;
  const dialogs = [];
  for (const dialog of engine.dialogs.all()) {
    dialogs.push(dialog);
    if (!STATES.has(dialog.state)) report(`dialog ${dialog.did} is in the unknown state ${dialog.state}`, dialog.callId);
    if (dialog.state === "early") early++;
    if (dialog.state === "confirmed" || dialog.state === "confirmedNoAck") active++;
    if (dialog.isEnded && dialog.links.length > 0) report(`dialog ${dialog.did} has ended and is still counted in profiles`, dialog.callId);
  }
  for (const text of engine.profiles.check(dialogs)) report(text);
  expectNumber(world, report, "dialog:early_dialogs", early);
  expectNumber(world, report, "dialog:active_dialogs", active);
  return problems.concat(brokenRules(world));
}

/**
 * Checks that nothing is left once every call is over, and that both ends of every call know it.
 * @param areEndsChecked - false where the network loses for good what the protocol cannot repeat
 */
export function checkAtRest(world: World, areEndsChecked = true): readonly Problem[] {
  const problems: Problem[] = [];
  const report = (text: string, callId = ""): void => {
    problems.push({ callId, text });
  };
  if (areEndsChecked) checkEnds(world, report);
  checkEvents(world, report);
  if (world.asked !== world.answered) report(`${world.asked} requests of our own were asked for, ${world.answered} came to an end`);
  const { engine } = world;
  for (const dialog of engine.dialogs.all()) report(`dialog ${dialog.did} is left in state ${dialog.state}`, dialog.callId);
  if (engine.dialogs.count !== 0) report(`the tracker counts ${engine.dialogs.count} dialogs`);
  if (engine.transactions.inUse !== 0) report(`${engine.transactions.inUse} transactions are in use`);
  const { size, clientCount } = engine.transactions;
  if (size !== 0 || clientCount !== 0) report(`${size} transactions with ${clientCount} branches are left`);
  if (engine.timers.count !== 0) report(`${engine.timers.count} timers are armed`);
  if (engine.wheel.count !== 0) report(`${engine.wheel.count} lifetimes are armed`);
  for (const text of engine.dialogs.check()) report(text);
  for (const profile of engine.profiles.list()) {
    if (profile.size() !== 0) report(`profile ${profile.fullName} counts ${profile.size()}`);
    if (profile.values().some((entry) => entry.count !== 0)) report(`profile ${profile.fullName} keeps values`);
  }
  return problems.concat(checkNow(world));
}

/** What the agents at the edges know. */
function checkEnds(world: World, report: (text: string, callId?: string) => void): void {
  for (const call of world.calls.values()) checkCall(world, call, report);
  for (const [callId, { asked, answer }] of world.messages) {
    // RFC 4320: nobody hears of a request that nobody answers. An answer whose copies are lost until the proxy has forgotten the
    // request (5 s, decision 6) does not come either.
    const isLost = asked.status === 408 && world.network.conditions.loss > 0;
    if (asked.status !== (answer?.status ?? 408) && !isLost) {
      report(`a MESSAGE that is answered ${answer?.status ?? "never"} ended with ${asked.status}`, callId);
    }
  }
}

function checkCall(world: World, call: RunningCall, report: (text: string, callId?: string) => void): void {
  const { callId, plan } = call;
  const caller = world.caller.callerOf(callId);
  if (caller === undefined) {
    report("the caller knows nothing of its call", callId);
    return;
  }
  if (!caller.isDone) report(`the caller was never told the end (status ${caller.status})`, callId);
  if (caller.hasGivenUp) {
    if (!mayHearNothing(plan)) report("the caller heard nothing until it lost patience", callId);
    return;
  }
  const isLossy = world.network.conditions.loss > 0;
  const isExpected = call.isOverLimit
    ? caller.status === 486 || caller.status === 487
    : mayEndWith(plan, caller.status) || (isLossy && mayGoUnheard(plan, caller.status));
  if (caller.isEndedEarly && caller.status === 0) {
    // without an ACK the proxy ends the call after 64·T1, and its BYE may be all that the caller hears
    // and where a race is to end the call, sooner than that
    const isSoon = plan.kind === "neverAcknowledged" || plan.route.endOnRace === true;
    if (!isSoon && !mayHearNothing(plan)) report("a BYE ended the call before its 200 arrived", callId);
  } else if (!isExpected || !isBestRefusal(world, call, caller.status))
    report(`the caller of a call of kind ${plan.kind} ended with ${caller.status}`, callId);
  for (const agent of world.callees) {
    for (const callee of agent.calleesOf(world.names.shown(callId))) {
      // who was still rung when the caller had its answer is told at once: 64·T1 if the network is at its worst
      const lateMs = callee.status === 200 ? 0 : callee.doneAt - caller.finalAt;
      if (lateMs > CANCEL_LIMIT_MS) report(`${agent.name} went on ringing for ${Math.round(lateMs)} ms`, callId);
      if (callee.isDone || callee.isSilent) continue;
      report(`${agent.name} was never told the end (status ${callee.status}, dialog ${callee.leg.state})`, callId);
    }
  }
}

/** Where nothing is lost and nobody gives up, the refusal of a fork that reaches the caller is no matter of chance. */
function isBestRefusal(world: World, { plan, isOverLimit }: RunningCall, status: number): boolean {
  if (world.network.conditions.loss > 0 || isOverLimit) return true;
  const best = bestRefusal(plan);
  return best === undefined || best === status;
}

/** At the first moment without transactions and dialogs there may be no timer either, except those of connections. */
export function checkTimers(world: World): readonly Problem[] {
  const { engine } = world;
  if (engine.transactions.size > 0 || engine.transactions.clientCount > 0 || engine.dialogs.count > 0) return [];
  if (engine.timers.count === 0 || world.isCallerOnStream || world.uris.some((uri) => uri.includes("tcp"))) return [];
  return [{ callId: "", text: `${engine.timers.count} timers are armed for nobody` }];
}

/**
 * Every dialog was told to the app as created, answered at most once and ended once, and the totals say the same. One that failed
 * and came back to life with a late 200 has failed and has ended.
 */
function checkEvents(world: World, report: (text: string, callId?: string) => void): void {
  for (const [did, { callId, created, early, answered, failed, ended }] of world.told) {
    if (answered === 0) world.failed++;
    const isWhole = created === 1 && early <= 1 && answered <= 1 && ended === answered && (answered === 1 ? failed <= 1 : failed === 1);
    if (!isWhole) {
      report(
        `dialog ${did} was told created ${created}×, early ${early}×, answered ${answered}×, failed ${failed}×, ended ${ended}×`,
        callId,
      );
    }
  }
  expectNumber(world, report, "dialog:processed_dialogs", world.tracked);
  expectNumber(world, report, "dialog:failed_dialogs", world.failed);
}

function brokenRules(world: World): Problem[] {
  const { checker, numbering, forger, curtain, names } = world;
  return [...checker.violations, ...numbering.violations, ...forger.violations, ...curtain.violations].map(({ callId, rule, text }) => ({
    callId: names.plain(callId),
    text: `section ${rule} is broken: ${text}`,
  }));
}

function expectNumber(world: World, report: (text: string) => void, name: string, expected: number): void {
  const found = world.engine.statistics.find(name)?.read();
  if (found !== expected) report(`${name} says ${found}, there are ${expected}`);
}
