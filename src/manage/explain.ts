// The story of a call, for programs and for people.
import type { CallMessage, CallStory, HistoryStep } from "../dialog/index.ts";
import { compareSequence, type EpochMs } from "../kit/index.ts";
import type { JsonObject } from "./json.ts";
import { shown } from "./text.ts";

const STATES = ["", "unconfirmed", "early", "confirmed without ACK", "confirmed", "ended"];

/** What the words of steps mean; others speak for themselves. */
const SENTENCES: ReadonlyMap<string, string> = new Map([
  ["created", "the call is tracked"],
  ["provisional", "a provisional reply went to the caller"],
  ["answered", "the answer went to the caller"],
  ["refused", "a refusal went to the caller"],
  ["abandoned", "the INVITE's transaction is over"],
  ["acked", "the ACK passed"],
  ["bye", "a party hung up"],
  ["cancelled", "the caller gave up"],
  ["sequential", "a request within the call passed"],
  ["repeatedRequest", "a request came again, and changed nothing"],
  ["staleRequest", "a request with an old number passed, and changed nothing"],
  ["unprovenRequest", "a request that does not show that it is of this call passed, and changed nothing"],
  ["misroutedBye", "a BYE that goes elsewhere changed nothing"],
  ["expired", "the lifetime was over"],
  ["ackMissing", "nobody acknowledged the answer"],
  ["ending", "the end was asked for"],
  ["byeSent", "a BYE of ours left"],
  ["byeAnswer", "a BYE of ours was answered, or given up"],
  ["byeDone", "a BYE of ours is over"],
  ["byesHeld", "our BYEs wait"],
  ["ownRequest", "a request of ours left"],
  ["ownAnswer", "a request of ours was answered, or given up"],
  ["timers", "timers run"],
  ["value", "a variable was set"],
  ["joined", "a profile was joined"],
  ["left", "a profile was left"],
  ["joinRefused", "a profile was full"],
  ["lifetime", "the lifetime was set"],
  ["options", "options were set"],
  ["flags", "flags were set"],
  ["routes", "routes were named"],
  ["tag", "the sharing tag was set"],
  ["destroyed", "nothing refers to the call any more"],
]);

/**
 * The story as data: instants are epoch milliseconds, `after` is seconds since the call was made. Steps with the same `order` as a message, and
 * those up to that of the next, follow from it.
 */
export function storyJson(story: CallStory): JsonObject {
  return {
    ID: story.did,
    db_id: String(story.dbId),
    callid: shown(story.callId),
    state: story.state,
    in_memory: story.isLive,
    from_uri: shown(story.fromUri),
    from_tag: shown(story.fromTag),
    to_uri: shown(story.toUri),
    to_tag: shown(story.toTag),
    created: story.createdAt,
    answered: story.startAt === 0 ? null : story.startAt,
    end_reason: story.endReason === "" ? null : shown(story.endReason),
    timers: story.timers.map(({ name, endsAt }) => ({ name, ends: endsAt })),
    complete: !story.isCut,
    steps: story.steps.map((step) => ({
      at: step.at,
      after: (step.at - story.createdAt) / 1000,
      event: step.event,
      from: step.from,
      to: step.to,
      detail: detailOf(step),
      order: step.order,
    })),
    messages_complete: !story.areMessagesCut,
    messages: story.messages.map((message) => messageJson(message, story.createdAt)),
  };
}

function messageJson(message: CallMessage, since: EpochMs): JsonObject {
  const { at, order, isSent, from, to, line, cseq, size, text, isCut, result } = message;
  return {
    at,
    after: (at - since) / 1000,
    order,
    direction: isSent ? "sent" : "received",
    from,
    to,
    line: shown(line),
    cseq: shown(cseq),
    size,
    ...(result === "sent" ? {} : { result }),
    ...(text === undefined ? {} : { text: shown(text), cut: isCut }),
  };
}

/** The story as lines. @param now - for timers that run */
export function storyText(story: CallStory, now: EpochMs): string {
  const lines = [
    `call ${shown(story.callId)}, did ${story.did}: ${STATES[story.state] ?? ""}${story.endReason === "" ? "" : `, ${shown(story.endReason)}`}`,
    `from ${shown(story.fromUri)} (tag ${shown(story.fromTag)}) to ${shown(story.toUri)} (tag ${shown(story.toTag)})`,
    `made ${new Date(story.createdAt).toISOString()}${story.startAt === 0 ? ", not answered" : `, answered ${new Date(story.startAt).toISOString()}`}`,
  ];
  if (story.isCut) lines.push("(the beginning has been overwritten)");
  if (story.areMessagesCut) lines.push("(messages may have been overwritten)");
  let next = 0;
  for (const step of story.steps) {
    // a message stands before what it has brought about
    for (let message = story.messages[next]; message !== undefined; message = story.messages[++next]) {
      if (compareSequence(message.order, step.order) > 0) break;
      lines.push(messageText(message, story.createdAt));
    }
    lines.push(stepText(step, story.createdAt));
  }
  for (const message of story.messages.slice(next)) lines.push(messageText(message, story.createdAt));
  for (const { name, endsAt } of story.timers) {
    lines.push(`  in ${((endsAt - now) / 1000).toFixed(0)} s: ${name === "ack" ? "the wait for the ACK is over" : "the lifetime is over"}`);
  }
  return lines.join("\n");
}

function messageText(message: CallMessage, since: EpochMs): string {
  const { at, isSent, from, to, line, cseq, size, text, isCut, result } = message;
  const fate = result === "sent" || result === "queued" ? "" : `, not sent: ${result}`;
  const first = `${afterText(at, since)} s  ${isSent ? " → " : " ← "}  ${isSent ? to : from}  ${shown(line)} (CSeq ${shown(cseq)}, ${size} bytes${fate})`;
  if (text === undefined) return first;
  const whole = shown(text).split(/\r\n|\n/);
  if (isCut) whole.push("(the rest was not kept)");
  return [first, ...whole.map((one) => `${" ".repeat(19)}| ${one}`)].join("\n");
}

function afterText(at: EpochMs, since: EpochMs): string {
  return `${at < since ? "" : "+"}${((at - since) / 1000).toFixed(3)}`.padStart(10);
}

function stepText(step: HistoryStep, since: EpochMs): string {
  const after = afterText(step.at, since);
  const state = step.from === step.to ? "   " : `${step.from}→${step.to}`;
  const detail = detailOf(step).trim();
  return `${after} s  ${state}  ${SENTENCES.get(step.event) ?? step.event}${detail === "" ? "" : `: ${detail}`}`;
}

/** The last record is for finding the call; who it was stands above. */
function detailOf({ event, detail }: HistoryStep): string {
  return event === "destroyed" ? "" : shown(detail).trim();
}
