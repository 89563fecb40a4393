// What every call of one agent shares.
import type { Checker } from "./checker.ts";
import type { AgentTime, AgentTiming, Peer } from "./ports.ts";
import type { AgentSession } from "./session.ts";
import type { AgentTransactions } from "./transactions.ts";

/** One agent as its calls and dialogs see it. */
export interface AgentDesk {
  readonly time: AgentTime;
  readonly timing: AgentTiming;
  readonly transactions: AgentTransactions;
  readonly checker: Checker;
  /** Address of the agent. */
  readonly ip: string;
  /** URI of our Contact for one call; every call has a user part of its own. */
  contact(user: string): string;
  /** Where requests without a usable route go: the proxy. */
  readonly proxy: Peer;
  /** A Via value with a fresh branch. */
  newVia(): string;
  /** A fresh tag or Call-ID part. */
  newId(): string;
  /** A session that nothing has been said about. */
  newSession(): AgentSession;
  /** What goes into every request within a dialog; "" for nothing. */
  marking(cseq: number): string;
}
