// Draws one call: what the caller does, what each callee does, how the proxy is told to route it.
// A call draws from a generator of its own, so that it is the same call whatever the others do.
import type { CalleePlan, CallerPlan, InCallStep, ProvisionalStep } from "../agent/index.ts";
import type { SeededRandom } from "../random.ts";
import { GIVEN_REASONS } from "./ends.ts";
import { type CallKind, drawKind } from "./kinds.ts";
import { FORGERIES, type ForgedStep, type OwnStep, type RoutePlan } from "./route-plan.ts";
import { drawGate, drawHide, drawOffers, drawOwn, isHideable } from "./shares.ts";

export { CALL_KINDS, type CallKind } from "./kinds.ts";

/** One call of a simulation. */
export interface CallPlan {
  readonly kind: CallKind;
  readonly caller: CallerPlan;
  readonly callees: readonly CalleePlan[];
  readonly route: RoutePlan;
}

const REFUSALS = [302, 401, 403, 404, 407, 480, 486, 488, 500, 503, 600, 603] as const;
const HOUR = 3_600_000;

/** Draws a call. @param kind - left out: any, as often as its weight says */
export function drawCall(random: SeededRandom, kind: CallKind = drawKind(random)): CallPlan {
  const draft = new Draft(random);
  draft[kind]();
  // whoever is hidden from the other side cannot hang up once the proxy has forgotten the call
  if (kind !== "expiresSilently") draft.cover();
  return draft.plan(kind);
}

/** A call being drawn: an ordinary one, until one of the methods (named as the kinds) changes it. */
class Draft {
  readonly #random: SeededRandom;
  #caller: CallerPlan;
  #callees: CalleePlan[];
  #route: RoutePlan;

  constructor(random: SeededRandom) {
    this.#random = random;
    this.#caller = { cancelAfterMs: undefined, cancelsEagerly: false, unacknowledged: 0, steps: [this.#bye()] };
    this.#callees = [this.#answering()];
    this.#route = {
      mode: "parallel",
      refuseWith: undefined,
      waitMs: undefined,
      isTracked: true,
      lifetimeMs: HOUR,
      byeOnExpiry: random.chance(0.5),
      endAfterMs: undefined,
      group: `g${random.below(12)}`,
      max: random.chance(0.2) ? 20 : undefined,
    };
  }

  plan(kind: CallKind): CallPlan {
    return { kind, caller: this.#caller, callees: this.#callees, route: this.#route };
  }

  /** A share of all calls is hidden. */
  cover(): void {
    if (isHideable(this.#route) && this.#random.chance(0.2))
      this.#route = { ...this.#route, hide: drawHide(this.#random, this.#route.isTracked) };
  }

  answered(): void {}

  calleeHangsUp(): void {
    this.#setCaller({ steps: [] });
    this.#callees = [this.#answering([this.#bye()])];
  }

  /** Both at nearly the same time: the BYEs cross. */
  bothHangUp(): void {
    const at = this.#random.between(500, 3000);
    this.#setCaller({ steps: [{ afterMs: at, act: "bye" }] });
    this.#callees = [this.#answering([{ afterMs: at + this.#random.between(-20, 60), act: "bye" }])];
  }

  refused(): void {
    this.#callees = [this.#refusing()];
  }

  cancelled(): void {
    this.#setCaller({ cancelAfterMs: this.#random.between(0, 2000) });
    this.#callees = [this.#ringing()];
  }

  /** The CANCEL and the 200 meet under way, on either side of the proxy, or in it. */
  cancelRace(): void {
    const at = this.#random.between(30, 1500);
    this.#setCaller({ cancelAfterMs: at, cancelsEagerly: this.#random.chance(0.3) });
    const answering = this.#answering();
    this.#callees = [
      {
        ...answering,
        final: { afterMs: Math.max(1, at + this.#random.between(-40, 60)), status: 200 },
        ignoresCancel: this.#random.chance(0.5),
      },
    ];
  }

  /** CANCEL before any provisional, perhaps before the INVITE got anywhere. */
  eagerCancel(): void {
    this.#setCaller({ cancelAfterMs: this.#random.between(0, 120), cancelsEagerly: true });
    this.#callees = [this.#random.chance(0.5) ? this.#ringing() : this.#answering()];
  }

  /** The caller ends the early dialog with a BYE, perhaps while the answer is under way. */
  earlyBye(): void {
    const at = this.#random.between(100, 1500);
    this.#setCaller({ earlyByeAfterMs: at });
    const callee = { ...this.#answering(), provisionals: [this.#provisional(180, false, false)] };
    this.#callees = [{ ...callee, final: { afterMs: Math.max(1, at + this.#random.between(-60, 600)), status: 200 } }];
  }

  noAnswer(): void {
    this.#callees = [this.#ringing()];
  }

  silent(): void {
    this.#callees = [{ ...this.#ringing(), isSilent: true }];
    if (this.#random.chance(0.3)) this.#setCaller({ cancelAfterMs: this.#random.between(100, 40_000) });
  }

  parallelFork(): void {
    this.#callees = this.#several(() => this.#anyCallee());
    if (this.#random.chance(0.2)) this.#setCaller({ cancelAfterMs: this.#random.between(0, 2500) });
  }

  serialFork(): void {
    this.#route = { ...this.#route, mode: "serial" };
    this.#callees = [this.#refusing(), ...this.#several(() => this.#anyCallee())];
    if (this.#random.chance(0.2)) this.#setCaller({ cancelAfterMs: this.#random.between(0, 4000) });
  }

  /** Two callees answer so close together that both 200s come through. */
  twoAnswers(): void {
    const at = this.#random.between(200, 1500);
    this.#callees = [0, 1].map(() => ({
      ...this.#answering(),
      final: { afterMs: at + this.#random.below(8), status: 200 },
      ignoresCancel: true,
    }));
  }

  earlyMedia(): void {
    this.#callees = [{ ...this.#answering(), provisionals: [this.#provisional(183, true, false), this.#provisional(180, false, false)] }];
  }

  reliable(): void {
    const random = this.#random;
    const provisionals = [{ ...this.#provisional(183, true, true), afterMs: 10 }];
    this.#callees = [{ ...this.#answering(), provisionals, repeatsAnswer: random.chance(0.5) }];
    if (random.chance(0.3)) this.#route = { ...this.#route, autoPrack: true };
    else if (random.chance(0.4)) this.#setCaller({ offersInPrack: true });
    if (random.chance(0.3)) {
      this.#setCaller({ steps: [{ afterMs: random.between(16_000, 40_000), act: "bye" }] });
      this.#route = { ...this.#route, ping: { caller: "reinvite", callee: "reinvite" } };
    }
  }

  /** Several callees send reliable provisionals; each early dialog has its PRACK, perhaps an UPDATE either way. */
  reliableFork(): void {
    const random = this.#random;
    this.#callees = this.#several(() => ({
      ...this.#anyCallee(),
      provisionals: [
        this.#provisional(183, true, true),
        { ...this.#provisional(180, false, random.chance(0.3)), afterMs: random.between(300, 900) },
      ],
      updatesEarly: random.chance(0.3),
    }));
    this.#setCaller({
      ...(random.chance(0.5) ? { updateAfterPrackMs: random.between(0, 800) } : {}),
      ...(random.chance(0.2) ? { cancelAfterMs: random.between(0, 2500) } : {}),
    });
    if (random.chance(0.4)) this.#route = { ...this.#route, own: this.#own(2500) };
  }

  /** UPDATE before the answer, from either side, and requests of the proxy's own among them. */
  earlyUpdate(): void {
    const random = this.#random;
    const isCallers = random.chance(0.6);
    if (isCallers)
      this.#setCaller({ updateAfterPrackMs: random.between(0, 1000), steps: [...this.#inCall(), { afterMs: 6000, act: "bye" }] });
    this.#callees = [
      {
        ...this.#answering(),
        provisionals: [{ ...this.#provisional(183, true, true), afterMs: 10 }],
        final: { afterMs: random.between(500, 2500), status: 200 },
        updatesEarly: !isCallers,
        repeatsAnswer: random.chance(0.5),
      },
    ];
    if (random.chance(0.3)) {
      this.#setCaller({ steps: [...this.#inCall(), { afterMs: 25_000, act: "bye" }] });
      this.#route = { ...this.#route, ping: { caller: "reinvite", callee: "reinvite" } };
    }
    if (random.chance(0.5)) this.#route = { ...this.#route, own: this.#own(5000) };
  }

  updates(): void {
    const steps = (): readonly InCallStep[] =>
      this.#inCall().map((step) => ({ ...step, act: step.act === "reinvite" ? "update" : step.act }));
    this.#setCaller({ steps: [...steps(), { afterMs: 6000, act: "bye" }] });
    this.#callees = [this.#answering(steps())];
  }

  /** The proxy sends requests within the call while both ends send theirs. */
  ownRequests(): void {
    this.#setCaller({ steps: [...this.#inCall(), { afterMs: 8000, act: "bye" }] });
    this.#callees = [this.#answering(this.#inCall())];
    this.#route = { ...this.#route, own: this.#own(9000) };
  }

  /** Requests of the proxy's own around a BYE, or around two that cross. */
  ownMeetsBye(): void {
    const at = this.#random.between(800, 3000);
    this.#setCaller({ steps: [{ afterMs: at, act: "bye" }] });
    const both = this.#random.chance(0.4);
    const answering = this.#answering(both ? [{ afterMs: at + this.#random.between(-20, 60), act: "bye" }] : []);
    this.#callees = [{ ...answering, final: { afterMs: 100, status: 200 } }];
    this.#route = { ...this.#route, own: this.#own(200).map((step) => ({ ...step, afterMs: at + 50 + step.afterMs })) };
  }

  /** A call long enough for several pings, with requests of both ends and of the proxy among them. */
  pinged(): void {
    const random = this.#random;
    const lastsMs = random.between(20_000, 110_000);
    const steps = (): readonly InCallStep[] =>
      Array.from({ length: random.between(0, 5) }, () => ({
        afterMs: random.between(100, lastsMs),
        act: random.pick(["reinvite", "update", "info"] as const),
      }));
    const isCaller = random.chance(0.5);
    const bye: InCallStep = { afterMs: lastsMs, act: "bye" };
    this.#setCaller({ steps: isCaller ? [...steps(), bye] : steps() });
    this.#callees = [this.#answering(isCaller ? steps() : [...steps(), bye])];
    this.#route = { ...this.#route, ping: this.#ping(), ...(random.chance(0.4) ? { own: this.#own(lastsMs) } : {}) };
  }

  /** One side falls silent and nobody hangs up: the pings find out. */
  pingedVanish(): void {
    const vanish: InCallStep = { afterMs: this.#random.between(200, 40_000), act: "vanish" };
    const isCaller = this.#random.chance(0.5);
    this.#setCaller({ steps: isCaller ? [vanish] : [] });
    this.#callees = [this.#answering(isCaller ? [] : [vanish])];
    const kind = this.#random.pick(["options", "reinvite"] as const);
    this.#route = { ...this.#route, ping: isCaller ? { caller: kind } : { callee: kind } };
  }

  /** Offers that are refused, and some without an offer, among pings by re-INVITE: they must repeat what was agreed on last. */
  renegotiated(): void {
    const random = this.#random;
    const lastsMs = random.between(20_000, 70_000);
    const isCaller = random.chance(0.5);
    const bye: InCallStep = { afterMs: lastsMs, act: "bye" };
    const steps = (): readonly InCallStep[] => drawOffers(random, lastsMs);
    this.#setCaller({ steps: isCaller ? [...steps(), bye] : steps() });
    this.#callees = [this.#answering(isCaller ? steps() : [...steps(), bye])];
    this.#route = { ...this.#route, ping: { caller: "reinvite", callee: "reinvite" } };
    if (random.chance(0.3)) this.#route = { ...this.#route, own: this.#own(lastsMs) };
  }

  /** The INVITE has no offer: the callee makes it, and the answer comes with PRACK or ACK. */
  offerless(): void {
    const random = this.#random;
    this.#setCaller({ isOfferless: true, steps: [...drawOffers(random, 20_000), { afterMs: 40_000, act: "bye" }] });
    const answering = this.#answering(drawOffers(random, 20_000));
    this.#callees = [random.chance(0.5) ? answering : { ...answering, provisionals: [this.#provisional(183, true, true)] }];
    this.#route = { ...this.#route, ping: { caller: "reinvite", callee: "reinvite" } };
  }

  /** The callee asks for credentials, which the proxy has: for the INVITE alone, or within the call too. */
  challenged(): void {
    const random = this.#random;
    const gate = drawGate(random);
    const which = random.below(6);
    if (which === 0) this.serialFork();
    else if (which === 1) this.earlyUpdate();
    else if (which === 2) this.pinged();
    else if (which === 3) this.ownMeetsBye();
    else this.ownRequests();
    this.#callees = this.#callees.map((callee) => ({ ...callee, gate }));
    this.#route = { ...this.#route, credentials: "right" };
    if (random.chance(0.1)) this.#setCaller({ cancelAfterMs: random.between(0, 1500) });
  }

  wrongPassword(): void {
    this.#callees = [{ ...this.#answering(), gate: drawGate(this.#random) }];
    this.#route = { ...this.#route, credentials: "wrong" };
  }

  /** The CANCEL meets the 200, and such calls are to end: both sides get a BYE soon. */
  raced(): void {
    this.cancelRace();
    this.#setCaller({ hangsOn: true, steps: [{ afterMs: 20_000, act: "bye" }] });
    this.#callees = this.#callees.map((callee) => ({ ...callee, ignoresCancel: true }));
    this.#route = { ...this.#route, endOnRace: true };
  }

  /** Nobody acknowledges, and the callee is gone before it could hang up for that: the proxy does. */
  deafCallee(): void {
    this.#setCaller({ unacknowledged: Number.POSITIVE_INFINITY, steps: [] });
    this.#callees = [this.#answering([{ afterMs: this.#random.between(100, 20_000), act: "vanish" }])];
  }

  /** Somebody who belongs to no call forges requests in its name; the call goes on as if nothing had happened. */
  forged(): void {
    const random = this.#random;
    this.#setCaller({ steps: [...this.#inCall(), { afterMs: 6000, act: "bye" }] });
    this.#callees = [this.#answering(this.#inCall())];
    const forged = Array.from(
      { length: random.between(1, 5) },
      (): ForgedStep => ({
        afterMs: random.between(50, 8000),
        how: random.pick(FORGERIES),
        method: random.pick(["BYE", "BYE", "INVITE", "INFO", "ACK"] as const),
        as: random.pick(["caller", "callee"] as const),
      }),
    );
    this.#route = { ...this.#route, forged };
    if (random.chance(0.3)) this.#route = { ...this.#route, own: this.#own(8000) };
  }

  reinvite(): void {
    this.#setCaller({ steps: [...this.#inCall(), { afterMs: 6000, act: "bye" }] });
    this.#callees = [this.#answering(this.#inCall())];
  }

  /** Both sides send a re-INVITE at once: each gets 491. */
  glare(): void {
    const at = this.#random.between(500, 1500);
    this.#setCaller({
      steps: [
        { afterMs: at, act: "reinvite" },
        { afterMs: at + this.#random.between(0, 5000), act: "bye" },
      ],
    });
    this.#callees = [this.#answering([{ afterMs: at + this.#random.between(0, 30), act: "reinvite" }])];
  }

  lostAck(): void {
    this.#setCaller({ unacknowledged: this.#random.between(1, 3), steps: [{ afterMs: 12_000, act: "bye" }] });
  }

  neverAcknowledged(): void {
    this.#setCaller({ unacknowledged: Number.POSITIVE_INFINITY, steps: [] });
  }

  /** One side falls silent; nobody hangs up, or the other side's BYE is never answered. */
  lostBye(): void {
    const vanish: InCallStep = { afterMs: this.#random.between(200, 3000), act: "vanish" };
    const later: readonly InCallStep[] = this.#random.chance(0.5) ? [{ afterMs: 5000, act: "bye" }] : [];
    const isCaller = this.#random.chance(0.5);
    this.#setCaller({ steps: isCaller ? [vanish] : later });
    this.#callees = [this.#answering(isCaller ? later : [vanish])];
    this.#route = { ...this.#route, lifetimeMs: this.#random.between(8, 60) * 1000, byeOnExpiry: true };
  }

  expires(): void {
    this.#setCaller({ steps: [] });
    this.#route = { ...this.#route, lifetimeMs: this.#random.between(1, 40) * 1000, byeOnExpiry: true };
  }

  /** The dialog ends without a BYE; the call itself goes on until the caller hangs up. */
  expiresSilently(): void {
    this.#setCaller({ steps: [{ afterMs: this.#random.between(1000, 20_000), act: "bye" }] });
    this.#route = { ...this.#route, lifetimeMs: this.#random.between(1, 10) * 1000, byeOnExpiry: false };
  }

  endedFromOutside(): void {
    const byItself: readonly InCallStep[] = [{ afterMs: this.#random.between(500, 4000), act: "bye" }];
    this.#setCaller({ steps: this.#random.chance(0.5) ? byItself : [] });
    // later than any answer, so that there is a call to end; a caller that would hang up may be faster
    const endReason = this.#random.pick(GIVEN_REASONS);
    this.#route = { ...this.#route, endAfterMs: this.#random.between(100, 6000), endReason, lifetimeMs: 300_000, byeOnExpiry: true };
  }

  endedWhileRinging(): void {
    this.#callees = [this.#ringing()];
    this.#route = { ...this.#route, endAfterMs: this.#random.between(1, 1000), endReason: this.#random.pick(GIVEN_REASONS) };
  }

  refusedByRoute(): void {
    this.#route = { ...this.#route, refuseWith: this.#random.pick([403, 404, 486, 503]), isTracked: this.#random.chance(0.5) };
  }

  slowRoute(): void {
    this.#route = { ...this.#route, waitMs: this.#random.between(1, 900) };
    if (this.#random.chance(0.4)) this.#setCaller({ cancelAfterMs: this.#random.between(0, 1200), cancelsEagerly: true });
  }

  untracked(): void {
    this.#route = { ...this.#route, isTracked: false };
  }

  #setCaller(change: Partial<CallerPlan>): void {
    this.#caller = { ...this.#caller, ...change };
  }

  #bye(): InCallStep {
    return { afterMs: this.#random.between(0, 5000), act: "bye" };
  }

  #inCall(): readonly InCallStep[] {
    const acts: InCallStep[] = [];
    for (let i = this.#random.between(1, 3); i > 0; i--) {
      acts.push({ afterMs: this.#random.between(100, 5500), act: this.#random.chance(0.7) ? "reinvite" : "info" });
    }
    return acts;
  }

  #ping(): NonNullable<RoutePlan["ping"]> {
    const kind = (): "options" | "reinvite" => this.#random.pick(["options", "reinvite"] as const);
    const which = this.#random.below(3);
    if (which === 0) return { caller: kind() };
    return which === 1 ? { callee: kind() } : { caller: kind(), callee: kind() };
  }

  #own(withinMs: number): readonly OwnStep[] {
    return drawOwn(this.#random, withinMs);
  }

  #provisional(status: number, hasBody: boolean, isReliable: boolean): ProvisionalStep {
    return { afterMs: this.#random.between(1, 300), status, hasBody, isReliable };
  }

  #answering(steps: readonly InCallStep[] = []): CalleePlan {
    return {
      provisionals: this.#random.chance(0.8) ? [this.#provisional(180, false, false)] : [],
      final: { afterMs: this.#random.between(1, 2000), status: 200 },
      ignoresCancel: false,
      isSilent: false,
      steps,
    };
  }

  #refusing(): CalleePlan {
    return { ...this.#answering(), final: { afterMs: this.#random.between(1, 1500), status: this.#random.pick(REFUSALS) } };
  }

  #ringing(): CalleePlan {
    return { ...this.#answering(), provisionals: [this.#provisional(180, false, false)], final: undefined };
  }

  #anyCallee(): CalleePlan {
    const which = this.#random.below(10);
    if (which < 5) return this.#answering();
    if (which < 8) return this.#refusing();
    return which === 8 ? this.#ringing() : { ...this.#ringing(), isSilent: true };
  }

  #several(make: () => CalleePlan): CalleePlan[] {
    return Array.from({ length: this.#random.between(2, 4) }, make);
  }
}
