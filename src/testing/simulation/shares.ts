// What a share of the drawn calls has besides its kind: hidden parties, passwords, offers that are refused, requests of the proxy's own.
import type { GatePlan, InCallStep } from "../agent/index.ts";
import type { SeededRandom } from "../random.ts";
import type { HidePlan, OwnStep, RoutePlan } from "./route-plan.ts";

/** Where the callees belong to, and who the proxy is to them. */
export const REALM = "simulation";
export const USER = "proxy";
export const PASSWORD = "open-sesame";

/** Whether a route lets a call be hidden at all. */
export function isHideable({ refuseWith }: RoutePlan): boolean {
  return refuseWith === undefined;
}

/** Any way to hide a call; one that is not tracked can only keep its users. */
export function drawHide(random: SeededRandom, isTracked: boolean): HidePlan {
  const may = (share: number): boolean => random.chance(share) && isTracked;
  return {
    hideCallId: may(0.5),
    didInUser: may(0.3),
    keepUser: random.chance(0.3),
    keepCallerContact: may(0.3),
    keepCalleeContact: may(0.3),
  };
}

/** A callee that asks who is there. */
export function drawGate(random: SeededRandom): GatePlan {
  return {
    status: random.pick([401, 407] as const),
    realm: REALM,
    user: USER,
    password: PASSWORD,
    algorithm: random.pick(["MD5", "SHA-256"] as const),
    qop: random.pick(["", "auth", "auth-int"] as const),
    asksWithin: random.chance(0.5),
  };
}

/** Offers within a call, every third of which nobody can accept, or is left to the other side. */
export function drawOffers(random: SeededRandom, withinMs: number): readonly InCallStep[] {
  const acts = ["reinvite", "update", "badReinvite", "badReinvite", "badUpdate", "emptyReinvite"] as const;
  return Array.from({ length: random.between(1, 6) }, () => ({ afterMs: random.between(100, withinMs), act: random.pick(acts) }));
}

/** Requests of the proxy's own within a call. */
export function drawOwn(random: SeededRandom, withinMs: number): readonly OwnStep[] {
  return Array.from({ length: random.between(1, 5) }, (): OwnStep => {
    const method = random.pick(["INFO", "INFO", "OPTIONS", "MESSAGE", "INVITE", "INVITE", "UPDATE"] as const);
    const isOffer = method === "INVITE" || method === "UPDATE";
    const body = isOffer ? random.pick(["none", "inbound", "outbound", "challenge"] as const) : "none";
    return { afterMs: random.between(20, withinMs), to: random.pick(["caller", "callee"] as const), method, body };
  });
}
