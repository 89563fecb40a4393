// What the tests of the inventory share: a row's script on its stage with two phones, and a call between them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import type { SipRequest, SipResponse } from "../../src/sip/index.ts";
import { scriptOf } from "./inventory.ts";
import type { Leg, Phone } from "./phone.ts";
import { ScriptStage, type StageOptions } from "./stage.ts";

/** A session description with its type. */
export const SDP: readonly [string, string] = [
  "application/sdp",
  "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
];

/** A folder for database files; it goes when the test file is over. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "dialoom-scripts-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A row's script, on the sockets of the stage instead of its own; closed when the test file is over. */
export async function stageOf(name: string, text: string = scriptOf(name, scratch()), options: StageOptions = {}): Promise<ScriptStage> {
  const stage = await ScriptStage.open(text.replaceAll(/^socket=.*$/gm, ""), options);
  after(() => stage.close());
  return stage;
}

/** A row's script with two phones. */
export async function open(name: string, text?: string): Promise<{ stage: ScriptStage; alice: Phone; bob: Phone }> {
  const stage = await stageOf(name, text);
  return { stage, alice: await stage.phone("alice", "10.0.0.2"), bob: await stage.phone("bob", "10.0.0.3") };
}

/** A call that stands, as both sides know it, with what each saw of the other. */
export interface Talk {
  readonly invite: SipRequest;
  readonly ok: SipResponse;
  readonly ack: SipRequest;
  readonly caller: Leg;
  readonly callee: Leg;
}

/** Sets a call up. */
export async function call(alice: Phone, bob: Phone): Promise<Talk> {
  await alice.start("INVITE", bob.uri, { to: "sip:bob@biloxi.example", body: SDP });
  const invite = bob.request("INVITE");
  await bob.answer(invite, "200 OK", { body: SDP });
  const ok = alice.response(200);
  const caller = alice.calling(ok);
  const callee = bob.called(invite);
  await alice.ack(caller);
  const ack = bob.request("ACK");
  return { invite, ok, ack, caller, callee };
}

/** One side hangs up. */
export async function hangUp(from: Phone, leg: Leg, to: Phone): Promise<SipRequest> {
  await from.within(leg, "BYE");
  const bye = to.request("BYE");
  await to.answer(bye, "200 OK");
  from.response(200);
  return bye;
}
