// How the proxy is told to treat one call of a simulation, as data.

/** How the route treats a call. */
export interface RoutePlan {
  readonly mode: "parallel" | "serial";
  /** Answered by the route itself instead of being relayed. */
  readonly refuseWith: number | undefined;
  /** The route thinks for so long before it relays. */
  readonly waitMs: number | undefined;
  readonly isTracked: boolean;
  readonly lifetimeMs: number;
  readonly byeOnExpiry: boolean;
  /** Ends the call shortly after a race of CANCEL or early BYE with its 200. */
  readonly endOnRace?: boolean;
  /** PRACKs come from the proxy. */
  readonly autoPrack?: boolean;
  /** How each side is pinged, if it is. */
  readonly ping?: { readonly caller?: "options" | "reinvite"; readonly callee?: "options" | "reinvite" };
  /** Caller and callee do not see each other, nor the way between them. */
  readonly hide?: HidePlan;
  /** What is known of the callee's password. */
  readonly credentials?: "right" | "wrong";
  /** Requests within the call that the proxy sends by itself. */
  readonly own?: readonly OwnStep[];
  /** Requests that somebody forges who belongs to no call. */
  readonly forged?: readonly ForgedStep[];
  /** Ended from outside so long after the INVITE. */
  readonly endAfterMs: number | undefined;
  /** What is said then. */
  readonly endReason?: string;
  /** Value of the caller profile; every call is also in the profile without a value. */
  readonly group: string;
  /** Most calls that the group may hold; undefined: no limit. */
  readonly max: number | undefined;
}

/** How a call is hidden; without a dialog only `keepUser` counts. */
export interface HidePlan {
  readonly hideCallId: boolean;
  readonly didInUser: boolean;
  readonly keepUser: boolean;
  readonly keepCallerContact: boolean;
  readonly keepCalleeContact: boolean;
}

/** A request of the proxy's own. */
export interface OwnStep {
  /** After the INVITE. */
  readonly afterMs: number;
  readonly to: "caller" | "callee";
  readonly method: "INFO" | "OPTIONS" | "MESSAGE" | "INVITE" | "UPDATE";
  /** With what the other side, or this one, sent or was sent last; `challenge`: what this side answers goes to the other one. */
  readonly body: "none" | "inbound" | "outbound" | "challenge";
}

/** How a request is forged: what the forger does not know, or gets wrong. */
export const FORGERIES = ["tags", "cookie", "guessedCookie", "noRoute", "target", "cancel"] as const;
export type Forgery = (typeof FORGERIES)[number];

/** A forged request. */
export interface ForgedStep {
  /** After the INVITE. */
  readonly afterMs: number;
  readonly how: Forgery;
  readonly method: "BYE" | "INVITE" | "INFO" | "ACK";
  /** Whom the forger claims to be. */
  readonly as: "caller" | "callee";
}
