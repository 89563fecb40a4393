// Whether the parties of an answered call are still there (dialog-behaviour 7): OPTIONS or re-INVITE to each side that asks for it, along
// the leg's own route set and under its next number. Timing on the seconds wheel; a ping is judged when its transaction ends.
import { type Ms, WheelEntry, type WheelOwner } from "../kit/index.ts";
import type { SipResponse } from "../sip/index.ts";
import type { DialogCore } from "./core.ts";
import type { Dialog } from "./dialog.ts";
import type { Leg } from "./leg.ts";
import { EndReason, type Side } from "./machine.ts";
import { DialogOption } from "./options.ts";
import { contactLine, OwnTransaction, sendTo } from "./own-requests.ts";
import { proceed } from "./own-sequential.ts";
import { descriptionFor } from "./sdp.ts";

/** Every flag that asks for pings. */
export const PING_OPTIONS: number =
  DialogOption.optionsPingCaller | DialogOption.optionsPingCallee | DialogOption.reinvitePingCaller | DialogOption.reinvitePingCallee;

/** How soon a party is looked at again with whom a request is under way. */
const BUSY_RETRY: Ms = 1000;

/** What pings of one side are, by the flags. */
interface PingKind {
  readonly side: Side;
  readonly method: "OPTIONS" | "INVITE";
  readonly option: number;
}

const KINDS: readonly PingKind[] = Object.freeze([
  { side: "caller", method: "INVITE", option: DialogOption.reinvitePingCaller },
  { side: "caller", method: "OPTIONS", option: DialogOption.optionsPingCaller },
  { side: "callee", method: "INVITE", option: DialogOption.reinvitePingCallee },
  { side: "callee", method: "OPTIONS", option: DialogOption.optionsPingCallee },
]);

/**
 * The call is acknowledged: its pings begin, one interval from now. Flags that come later have no effect (6.2).
 * @param phase - of the first interval: 1 waits all of it
 */
export function startPings(core: DialogCore, dialog: Dialog, phase: number = 1): void {
  if ((dialog.options & PING_OPTIONS) === 0 || dialog.pings !== undefined || dialog.life.isEnding) return;
  const caller = kindOf(dialog, "caller");
  const callee = dialog.primaryCallee?.branch === -1 ? undefined : kindOf(dialog, "callee"); // an answer made here: the callee is us
  if (caller === undefined && callee === undefined) return;
  dialog.pings = new Pings(core, dialog, caller, callee, phase);
}

function kindOf(dialog: Dialog, side: Side): PingKind | undefined {
  return KINDS.find((kind) => kind.side === side && (dialog.options & kind.option) !== 0);
}

/** The pings of one call. */
export class Pings {
  readonly #sides: readonly SidePings[];

  constructor(core: DialogCore, dialog: Dialog, caller: PingKind | undefined, callee: PingKind | undefined, phase: number) {
    this.#sides = [caller, callee].flatMap((kind) => (kind === undefined ? [] : [new SidePings(core, dialog, kind, phase)]));
  }

  /** No more of them. Those under way are answered to nobody. */
  stop(): void {
    for (const side of this.#sides) side.stop();
  }

  /** How many deadlines are running. */
  get armed(): number {
    return this.#sides.filter((side) => side.isArmed).length;
  }
}

/** The pings of one side. */
class SidePings implements WheelOwner {
  readonly #core: DialogCore;
  readonly #dialog: Dialog;
  readonly #kind: PingKind;
  readonly #entry: WheelEntry;
  #isPending = false;
  #isStopped = false;
  #sentAt: Ms = 0;
  /** Pings without answer, one after the other. */
  #losses = 0;

  constructor(core: DialogCore, dialog: Dialog, kind: PingKind, phase: number) {
    this.#core = core;
    this.#dialog = dialog;
    this.#kind = kind;
    this.#entry = new WheelEntry(this, 0);
    core.deps.wheel.arm(this.#entry, this.#intervalMs * phase);
  }

  get isArmed(): boolean {
    return this.#entry.isArmed;
  }

  stop(): void {
    this.#isStopped = true;
    this.#core.deps.wheel.disarm(this.#entry);
  }

  onTick(): void {
    const dialog = this.#dialog;
    // a second create_dialog may have taken the flag back
    if (dialog.state !== "confirmed" || dialog.life.isEnding || (dialog.options & this.#kind.option) === 0) return;
    const leg = dialog.leg(this.#number);
    if (leg === undefined) return;
    // two INVITEs at a time are refused (RFC 3261 14.1), and a request that overtakes another one is too (12.2.2)
    const isBusy = !this.#isPending && leg.open > 0;
    this.#core.deps.wheel.arm(this.#entry, isBusy ? Math.min(BUSY_RETRY, this.#intervalMs) : this.#intervalMs);
    if (!isBusy && !this.#isPending) this.#ping(leg);
  }

  #ping(leg: Leg): void {
    const core = this.#core;
    const dialog = this.#dialog;
    const { method, side } = this.#kind;
    const other = side === "caller" ? dialog.primaryCallee : dialog.callerLeg;
    const body = method === "INVITE" ? descriptionFor(leg, other) : undefined;
    // a re-INVITE without a description asks for an offer that nobody here can answer
    if (method === "INVITE" && body === undefined) {
      core.statistics.skippedPings.add();
      return;
    }
    const ping = new OwnPing(core, dialog, this.#number, leg, method, this);
    this.#isPending = true;
    this.#sentAt = core.deps.clock.monotonic();
    if (leg.remoteTarget === "") {
      // who never told where it is cannot be asked
      ping.complete(method, 503, undefined);
      return;
    }
    core.statistics.sentPings.add();
    sendTo(core, dialog, this.#number, leg, {
      method,
      requestUri: leg.remoteTarget,
      routeSet: leg.routeSet,
      headers: method === "INVITE" ? contactLine(leg, other) : "",
      body,
      contentType: body === undefined ? undefined : "application/sdp",
      reuseOnly: true,
      hook: ping,
    });
  }

  /** The final answer to a ping, or what stands for it (7.3). */
  answered(status: number, response: SipResponse | undefined): void {
    const core = this.#core;
    const dialog = this.#dialog;
    this.#isPending = false;
    // one that was crossed by an offer of the other side is not lost: whoever makes offers is there
    const isLost = status === 408 || (response === undefined && status !== 491);
    if (isLost) {
      this.#losses++;
      core.statistics.lostPings.add();
    } else this.#losses = 0;
    if (core.listeners.wants(dialog, "pinged")) {
      const { side, method } = this.#kind;
      const afterMs = core.deps.clock.monotonic() - this.#sentAt;
      core.listeners.pinged(dialog, { side, method, status: response?.status ?? 0, isLost, losses: this.#losses, afterMs });
    }
    if (this.#isStopped || !dialog.isTalking || dialog.life.isEnding) return;
    if (status === 481 || this.#losses > core.settings.pingMaxLosses) core.end(dialog, this.#reason);
  }

  get #number(): number {
    return this.#kind.side === "caller" ? 0 : Math.max(1, this.#dialog.life.winner);
  }

  get #intervalMs(): Ms {
    const { settings } = this.#core;
    return this.#kind.method === "INVITE" ? settings.reinvitePingIntervalMs : settings.optionsPingIntervalMs;
  }

  get #reason(): string {
    const { side, method } = this.#kind;
    const reason = method === "INVITE" ? EndReason.reinvitePing : EndReason.ping;
    if (!this.#core.settings.namesPingedSide) return reason;
    return `${side === "caller" ? "Caller" : "Callee"} ${reason}`;
  }
}

/** One ping, until its final answer. */
class OwnPing extends OwnTransaction {
  readonly #side: SidePings;

  constructor(core: DialogCore, dialog: Dialog, number: number, leg: Leg, method: string, side: SidePings) {
    super(core, dialog, number, leg, method);
    this.#side = side;
  }

  protected override completed(status: number, response: SipResponse | undefined): void {
    this.#side.answered(status, response);
    proceed(this.dialog);
  }
}

/**
 * What an operator should know of the intervals (decision on ping losses): a ping that is not yet judged when the next one is due makes it
 * wait.
 * @param options - flags that calls are made with
 * @returns undefined when there is nothing to say
 */
export function pingNotice(core: DialogCore, options: number): string | undefined {
  const { optionsPingIntervalMs, reinvitePingIntervalMs, answerTimeoutMs } = core.settings;
  const usesOptions = (options & (DialogOption.optionsPingCaller | DialogOption.optionsPingCallee)) !== 0;
  const usesInvites = (options & (DialogOption.reinvitePingCaller | DialogOption.reinvitePingCallee)) !== 0;
  const short: string[] = [];
  if (usesOptions && optionsPingIntervalMs < answerTimeoutMs) short.push(`options_ping_interval (${optionsPingIntervalMs / 1000} s)`);
  if (usesInvites && reinvitePingIntervalMs < answerTimeoutMs) short.push(`reinvite_ping_interval (${reinvitePingIntervalMs / 1000} s)`);
  if (short.length === 0) return undefined;
  return `${short.join(" and ")} below fr_timeout (${answerTimeoutMs / 1000} s): a silent party is pinged again only when the ping before has failed`;
}
