// What must hold after a call in which the proxy died.
import type { CallPlan } from "../simulation/draw.ts";
import { CALL_ID, CrashWorld, type Kill } from "./world.ts";

/** How long a call may take, virtual: an hour of lifetime is never waited for. */
const LIMIT_MS = 600_000;
/** A phone that was left without any answer gives up after its patience. */
const PATIENCE_MS = 1_000_000;

/** What came of one case. */
export interface CrashOutcome {
  readonly problems: readonly string[];
  /** Packet by packet. */
  readonly story: readonly string[];
  /** Steps of the last life; of the only one, where nobody was killed. */
  readonly steps: number;
  readonly lives: number;
  /** The 2xx had left before the first death, or nobody died. */
  readonly wasAnswered: boolean;
}

/** Runs one call with these deaths, the n-th in the n-th life. @param delayMs - from one end of the network to the other */
export async function crash(plan: CallPlan, kills: readonly Kill[], delayMs = 2, seed = 1): Promise<CrashOutcome> {
  const world = new CrashWorld(plan, kills, seed, delayMs);
  try {
    await world.run(kills.length === 0 ? LIMIT_MS : PATIENCE_MS);
    const wasAnswered = world.seen.answeredInLife === 1;
    return {
      problems: [...atRest(world), ...records(world, wasAnswered), ...rules(world, wasAnswered), ...(wasAnswered ? ends(world) : [])],
      story: world.trace.story(CALL_ID),
      steps: world.steps,
      lives: world.lives,
      wasAnswered,
    };
  } finally {
    await world.close();
  }
}

/** Nothing is left, in memory and in the file. */
function atRest(world: CrashWorld): string[] {
  const problems: string[] = [];
  const { engine } = world;
  for (const dialog of engine.dialogs.all()) problems.push(`dialog ${dialog.did} is left in state ${dialog.state}`);
  if (engine.transactions.size !== 0) problems.push(`${engine.transactions.size} transactions are left`);
  if (engine.wheel.count !== 0) problems.push(`${engine.wheel.count} lifetimes are armed`);
  for (const profile of engine.profiles.list())
    if (profile.size() !== 0) problems.push(`profile ${profile.fullName} counts ${profile.size()}`);
  problems.push(...engine.dialogs.check());
  const rows = world.rows("SELECT dlg_id, state FROM dialog");
  if (rows.length > 0)
    problems.push(
      `${rows.length} rows are left: ${JSON.stringify(rows, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value))}`,
    );
  return problems;
}

/** One record of each call that was answered, and how long it took. */
function records(world: CrashWorld, wasAnswered: boolean): string[] {
  const rows = world.rows("SELECT callid, sip_code, ms_duration FROM acc");
  const { answeredAt, firstByeAt, lastByeAt } = world.seen;
  if (!wasAnswered) return rows.length <= 1 ? [] : [`${rows.length} records of one call`];
  if (rows.length !== 1) return [`${rows.length} records of the call`];
  const took = Number(rows[0]?.["ms_duration"]);
  // the end is that of the BYE which was the first that a living process handled to the end
  const [least, most] = [firstByeAt - answeredAt - 50, lastByeAt - answeredAt + 50];
  return firstByeAt < 0 || (took >= least && took <= most) ? [] : [`the record says ${took} ms, it were ${least} to ${most}`];
}

/**
 * Every number that left, and everything that arrived, kept to the rules. The copy of an INVITE that the dead process has relayed is relayed
 * anew: who is called may see it twice, as if it had come two ways.
 */
function rules(world: CrashWorld, wasAnswered: boolean): string[] {
  const broken = [...world.checker.violations, ...world.numbering.violations];
  // within the call the same holds: the copy has the number of the original, and a number is only too low when it is lower (12.2.2)
  const isAnew = (text: string): boolean => /^CSeq (\d+) \w+ after \1$/.test(text);
  return broken
    .filter(({ rule, text }) => (wasAnswered || rule !== "8.2.2.2") && !(world.lives > 1 && rule === "12.2.1.1" && isAnew(text)))
    .map(({ rule, text }) => `section ${rule} is broken: ${text}`);
}

/** Both ends know that the call is over. */
function ends(world: CrashWorld): string[] {
  const problems: string[] = [];
  if (world.call?.isDone !== true) problems.push(`the caller was never told the end (status ${world.call?.status ?? 0})`);
  if (world.call?.hasGivenUp === true) problems.push("the caller gave up");
  for (const agent of world.callees) {
    for (const call of agent.calleesOf(world.names.shown(CALL_ID))) {
      if (!call.isDone && !call.isSilent) problems.push(`${agent.name} was never told the end (status ${call.status})`);
    }
  }
  return problems;
}
