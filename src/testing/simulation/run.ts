// One simulation: a seed, a number of calls, a bad network, and checks after every call and at every rest.

import type { ShortAnswer } from "../agent/index.ts";
import type { Conditions } from "../network/conditions.ts";
import { type SeededRandom, seededRandom } from "../random.ts";
import { checkAtRest, checkNow, checkTimers, type Problem } from "./checks.ts";
import { type CallKind, type CallPlan, drawCall } from "./draw.ts";
import type { Ends } from "./ends.ts";
import { type Transports, World } from "./world.ts";

/** What to simulate. */
export interface SimulationOptions {
  readonly seed: number;
  readonly calls: number;
  /** Only calls of this kind. */
  readonly kind?: CallKind;
  /** How bad the network is; left out, each run of 250 calls draws it from the seed. */
  readonly weather?: Weather;
  /** How the agents are connected; left out, the seed decides. */
  readonly transports?: Transports;
  /**
   * Break a third of all streams every so often (`tcp`, `mixed`). What is lost with them is lost for good, so only the engine's
   * own claims are checked: what the two ends know is not.
   */
  readonly resets?: boolean;
  readonly onProgress?: (done: number) => void;
  /** Told whenever everything has come to rest and was found in order. @returns what is wrong all the same */
  readonly onRest?: (world: World, done: number) => readonly Problem[];
}

/** What came of it. */
export interface SimulationReport {
  readonly seed: number;
  /** What was asked for, to ask for it again. */
  readonly options: SimulationOptions;
  /** Calls that were placed. */
  readonly calls: number;
  /** SHA-256 over every packet: the same for the same seed. */
  readonly hash: string;
  readonly packets: number;
  /** Virtual time that has passed. */
  readonly virtualMs: number;
  /** How the calls ended, by final status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Rules checked at both ends. */
  readonly checks: number;
  /** Requests of the proxy's own that left, ACKs aside. */
  readonly own: number;
  /** Requests that were forged, and those of them that were refused in so many words. */
  readonly forged: { readonly sent: number; readonly refused: number };
  /** Messages of hidden calls that were looked at. */
  readonly hidden: number;
  /** How tracked calls ended, by reason. */
  readonly ends: Ends;
  /** Empty when all is well. */
  readonly problems: readonly Problem[];
  /** The first problem's call, packet by packet. */
  readonly story: readonly string[];
}

/** Calls between two rests. */
const BATCH = 250;
/** How many calls have a request outside calls beside them. */
const MESSAGE_SHARE = 0.1;
/** How many calls see a third of the streams break while they begin. */
const RESET_SHARE = 0.15;
/** Virtual time in which every call must be over at both ends. */
const REST_LIMIT_MS = 3 * 3_600_000;
/**
 * Virtual time after that in which the engine must come to rest: a call of which one side has vanished (60 s), its BYEs (32 s),
 * a branch that rings on (120 s), a connection that idles (120 s).
 */
const SETTLE_MS = 360_000;
/** Mean time between two calls. */
const GAP_MS = 60;

/** From a clean network to a very bad one. */
export const WEATHERS: Readonly<Record<Weather, Conditions>> = {
  clean: { delayMs: 1, jitterMs: 0, loss: 0, duplication: 0, reordering: 0, reorderMs: 0 },
  fair: { delayMs: 5, jitterMs: 10, loss: 0.01, duplication: 0.01, reordering: 0.01, reorderMs: 40 },
  bad: { delayMs: 10, jitterMs: 40, loss: 0.05, duplication: 0.05, reordering: 0.05, reorderMs: 200 },
  awful: { delayMs: 20, jitterMs: 100, loss: 0.1, duplication: 0.1, reordering: 0.1, reorderMs: 400 },
};
export type Weather = "clean" | "fair" | "bad" | "awful";

const ANY_TRANSPORTS: readonly Transports[] = ["udp", "udp", "mixed", "tcp"];
const ANY_WEATHER: readonly Conditions[] = Object.values(WEATHERS);

/** Runs a simulation to its end, or to the first problem. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const random = seededRandom(options.seed);
  const drawing = random.fork();
  const arrivals = random.fork();
  const messages = random.fork();
  const weather = random.fork();
  const transports = weather.pick(ANY_TRANSPORTS);
  const conditions = weather.pick(ANY_WEATHER);
  const world = await World.build(
    random.fork(),
    options.weather === undefined ? conditions : WEATHERS[options.weather],
    options.transports ?? transports,
  );
  const statuses = new Map<number, number>();
  let problems: readonly Problem[] = [];
  let placed = 0;
  world.onEnd = () => {
    if (problems.length === 0) problems = checkNow(world);
  };
  while (placed < options.calls && problems.length === 0) {
    const batch = Math.min(BATCH, options.calls - placed);
    for (let i = 0; i < batch && problems.length === 0; i++) {
      const plan = drawCall(drawing.fork(), options.kind);
      world.place(placed, options.resets === true ? mortal(plan) : plan);
      if (options.resets === true && messages.chance(RESET_SHARE)) world.network.resetStreams(1 / 3);
      if (messages.chance(MESSAGE_SHARE)) sendMessage(world, placed, messages);
      placed++;
      await world.advance(arrivals.below(2 * GAP_MS));
    }
    if (problems.length === 0) problems = await rest(world, options.resets !== true);
    for (const { callId } of world.calls.values()) {
      const status = world.caller.callerOf(callId)?.status ?? 0;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    if (problems.length > 0) break;
    world.forget();
    problems = options.onRest?.(world, placed) ?? [];
    if (options.weather === undefined) world.network.conditions = weather.pick(ANY_WEATHER);
    options.onProgress?.(placed);
  }
  const blamed = problems.find((problem) => problem.callId !== "")?.callId ?? "";
  const story = [...world.trace.story(blamed)];
  if (problems.length === 0) await world.close();
  return {
    seed: options.seed,
    options,
    calls: placed,
    hash: world.trace.digest(),
    packets: world.trace.packets,
    virtualMs: world.clock.monotonic(),
    statuses,
    checks: world.checker.checks,
    own: world.numbering.own,
    forged: { sent: world.forger.sent, refused: world.forger.refused },
    hidden: world.curtain.looks,
    ends: world.ends,
    problems,
    story,
  };
}

/** The same call with a lifetime of at most two minutes, so that it ends whatever is lost. */
function mortal(plan: CallPlan): CallPlan {
  return { ...plan, route: { ...plan.route, lifetimeMs: Math.min(plan.route.lifetimeMs, 120_000), byeOnExpiry: true } };
}

/** A request outside calls: answered soon, late, with a refusal, or never. */
function sendMessage(world: World, index: number, random: SeededRandom): void {
  const answers: readonly (ShortAnswer | undefined)[] = [
    { afterMs: random.below(200), status: 200 },
    { afterMs: random.between(3000, 20_000), status: 202 },
    { afterMs: random.below(500), status: 404 },
    undefined,
  ];
  world.send(index, random.below(world.uris.length), random.pick(answers));
}

/** Lets every call end, and gives the engine a short time after that to come to rest. */
async function rest(world: World, areEndsChecked: boolean): Promise<readonly Problem[]> {
  await until(world, REST_LIMIT_MS, () => world.isQuiet);
  let leftovers: readonly Problem[] = [];
  await until(world, SETTLE_MS, () => {
    leftovers = checkTimers(world);
    return leftovers.length > 0;
  });
  if (leftovers.length > 0) return leftovers;
  return checkAtRest(world, areEndsChecked);
}

/** Lets time pass from event to event, until nothing is left to happen, the time is over, or `isEnough`. */
async function until(world: World, limitMs: number, isEnough: () => boolean): Promise<void> {
  const end = world.clock.monotonic() + limitMs;
  while (!isEnough() && world.clock.nextAt <= end) await world.advance(world.clock.nextAt - world.clock.monotonic());
}

/** A report for people: why it failed, how to repeat it, and the story of the call. */
export function explain(report: SimulationReport): string {
  const lines = report.problems.slice(0, 10).map(({ callId, text }) => `  ${callId === "" ? "" : `${callId}: `}${text}`);
  if (report.problems.length > 10) lines.push(`  … and ${report.problems.length - 10} more`);
  const { kind, weather, transports, calls } = report.options;
  const breaks = report.options.resets === true ? " --resets" : "";
  const over = transports === undefined ? "" : ` --transports ${transports}`;
  const rest = `${kind === undefined ? "" : ` --kind ${kind}`}${weather === undefined ? "" : ` --weather ${weather}`}`;
  return [
    `seed ${report.seed}: failed after ${report.calls} calls`,
    ...lines,
    `repeat it with: npm run simulate -- --seed ${report.seed} --calls ${calls}${rest}${over}${breaks}`,
    ...(report.story.length === 0 ? [] : ["the call, time in ms:", ...report.story]),
  ].join("\n");
}
