// The generated scripts and the limit of concurrent calls as processes: they start, answer the management interface, and route.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Child, Management, type Peer, udpSocket } from "../../src/testing/index.ts";
import { SDP } from "./flows.ts";
import { type Row, startupRows } from "./inventory.ts";
import { Phone } from "./phone.ts";

const LAUNCHER = fileURLToPath(new URL("../../bin/dialoom", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "dialoom-startup-"));
const children: Child[] = [];
after(async () => {
  await Promise.all(children.map((child) => child.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const ROWS = startupRows().filter(({ name }) => name.startsWith("startup/") || name.startsWith("limit"));

/** A script as a process, on ports and pipes of its own. */
class Running {
  readonly child: Child;
  readonly proxy: Peer;
  readonly management: Management;

  private constructor(child: Child) {
    this.child = child;
    this.proxy = { ip: "127.0.0.1", port: Number(/udp:127\.0\.0\.1:(\d+)/.exec(child.output)?.[1]) };
    this.management = new Management(/management: http:\/\/([^/\s]+)/.exec(child.output)?.[1] ?? "");
  }

  static async start({ name, text }: Row): Promise<Running> {
    const file = join(folder, `${name.replaceAll(/\W+/g, "-")}.cfg`);
    writeFileSync(file, text.replaceAll(/^socket=.*$/gm, "").replaceAll('"/tmp/', `"${folder}/`), "latin1");
    const sockets = ["udp", ...(text.includes("proto_tcp") ? ["tcp"] : [])].flatMap((one) => ["-l", `${one}:127.0.0.1:0`]);
    const child = new Child({ file: LAUNCHER, args: ["-f", file, ...sockets, "--mi", "127.0.0.1:0"] });
    children.push(child);
    await child.says("management: ");
    return new Running(child);
  }

  async phone(user: string): Promise<Phone> {
    const socket = await udpSocket({ ip: "127.0.0.1", port: 0 });
    after(() => socket.close());
    return new Phone({ user, socket, proxy: this.proxy, settle: () => Promise.resolve() });
  }

  /** The domain of this proxy's users. */
  get uri(): string {
    return `127.0.0.1:${this.proxy.port}`;
  }
}

async function register(phone: Phone, at: Running): Promise<void> {
  const own = `sip:${phone.user}@${at.uri}`;
  await phone.start("REGISTER", `sip:${at.uri}`, { to: own, from: `<${own}>;tag=r`, callId: `${phone.user}-r`, lines: ["Expires: 600"] });
  (await phone.arrival()).response(200);
}

let running: readonly Running[] = [];
before(async () => {
  running = await Promise.all(ROWS.map((row) => Running.start(row)));
});

function named(word: string): Running {
  const found = running[ROWS.findIndex(({ name }) => name.includes(word))];
  assert.ok(found !== undefined, `${word} runs`);
  return found;
}

for (const [i, { name }] of ROWS.entries()) {
  test(`${name} runs and lists its processes`, async () => {
    const found = (await running[i]?.management.run("ps")) as { Processes: { PID: number; Type: string }[] };
    assert.ok(found.Processes.length >= 2);
    for (const one of found.Processes) assert.equal(one.PID, running[i]?.child.pid);
    assert.ok(found.Processes.some(({ Type }) => Type.startsWith("SIP receiver udp:127.0.0.1:")));
  });
}

test("startup/01: a user of the default script is called and hangs up", async () => {
  const proxy = named("default");
  const [alice, bob] = [await proxy.phone("alice"), await proxy.phone("bob")];
  await register(bob, proxy);
  await alice.start("INVITE", `sip:bob@${proxy.uri}`, { body: SDP });
  const invite = (await bob.arrival()).request("INVITE");
  await bob.answer(invite, "200 OK", { body: SDP });
  const caller = alice.calling((await alice.arrival()).response(200));
  await alice.ack(caller);
  (await bob.arrival()).request("ACK");
  const callee = bob.called(invite);
  await bob.within(callee, "BYE");
  await alice.answer((await alice.arrival()).request("BYE"), "200 OK");
  (await bob.arrival()).response(200);
  await proxy.child.says("call_id=alice-1;code=200");
});

test("limit of concurrent calls: two at a time, and another one as soon as one has ended", async () => {
  const proxy = named("limit");
  const [alice, bob] = [await proxy.phone("alice"), await proxy.phone("bob")];
  await register(bob, proxy);
  const target = `sip:bob@${proxy.uri}`;
  const talk = async (callId: string) => {
    await alice.start("INVITE", target, { callId, body: SDP });
    await bob.answer((await bob.arrival()).request("INVITE"), "200 OK", { body: SDP });
    const leg = alice.calling((await alice.arrival()).response(200));
    await alice.ack(leg);
    (await bob.arrival()).request("ACK");
    return leg;
  };
  const first = await talk("one");
  await talk("two");
  await alice.start("INVITE", target, { callId: "three", body: SDP });
  const refusal = (await alice.arrival()).response(486);
  assert.equal(refusal.reason, "Limit reached");
  await alice.hopAck(refusal, target);
  const size = async (): Promise<unknown> => await proxy.management.run("profile_get_size", { profile: "caller" });
  assert.match(JSON.stringify(await size()), /"count":2\b/);
  await alice.within(first, "BYE");
  await bob.answer((await bob.arrival()).request("BYE"), "200 OK");
  (await alice.arrival()).response(200);
  await talk("four");
});

test("startup/04: the load balancer has no destination without its database", async () => {
  const proxy = named("load balancer");
  const alice = await proxy.phone("alice");
  await alice.start("INVITE", `sip:bob@${proxy.uri}`, { body: SDP });
  assert.equal((await alice.arrival()).response(500).reason, "No Destination available");
});

test("they end in order when they are told to", async () => {
  const ends = await Promise.all(running.map(({ child }) => child.stop()));
  assert.deepEqual(
    ends.map(({ code }) => code),
    running.map(() => 0),
  );
});
