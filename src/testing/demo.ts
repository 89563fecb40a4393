// `npm run demo`: starts the proxy as `npm start` does and sends a few hundred calls of every sort through it, over real
// sockets on this machine, so that a newcomer sees live calls within seconds.
import type { CalleePlan, CallerCall, CallerPlan } from "./agent/index.ts";
import { Checker, realTime, UserAgent, udpSocket } from "./agent/index.ts";
import { DemoCounts } from "./demo/counts.ts";
import { drawDemoCall } from "./demo/draw.ts";
import { type DemoProxy, startDemoProxy } from "./demo/proxy.ts";
import { seededRandom } from "./random.ts";

const CALLS = 300;
const EVERY_MS = 20;
const SHOW_EVERY_MS = 500;
/** Whatever happens, it is over then. */
const LIMIT_MS = 12_000;
const PHONES = ["bob", "carol", "dave"] as const;

process.exitCode = await main();

async function main(): Promise<number> {
  const proxy = await startDemoProxy();
  const random = seededRandom(Date.now());
  const checker = new Checker();
  const plans = new Map<string, CalleePlan>();
  const common = { time: realTime, checker, proxy: proxy.at, random };
  const callers = await udpSocket({ ip: "127.0.0.1", port: 0 });
  const sockets = [callers];
  const alice = new UserAgent({ ...common, name: "alice", socket: callers });
  const phones: { readonly name: string; readonly port: number }[] = [];
  for (const name of PHONES) {
    const socket = await udpSocket({ ip: "127.0.0.1", port: 0 });
    sockets.push(socket);
    phones.push({ name, port: socket.port });
    new UserAgent({ ...common, name, socket, answers: (_user, invite) => plans.get(invite.callId) });
  }
  console.log(`Alice calls ${PHONES.join(", ")}: ${CALLS} calls through the proxy, ${1000 / EVERY_MS} a second.\n`);
  const counts = new DemoCounts(CALLS, proxy);
  alice.watcher = { callerDone: (call) => counts.done(call) };
  await new Promise<void>((finish) => {
    const timers: NodeJS.Timeout[] = [];
    const end = (): void => {
      for (const timer of timers) clearInterval(timer);
      finish();
    };
    counts.onLast = end;
    const place = (): void => {
      const phone = random.pick(phones);
      const drawn = drawDemoCall(random);
      const callId = `demo-${counts.placed}@127.0.0.1`;
      plans.set(callId, drawn.callee);
      counts.placedOne(placeCall(alice, callId, phone, drawn.caller), drawn.label);
      if (counts.placed === CALLS) clearInterval(timers[0]);
    };
    timers.push(
      setInterval(place, EVERY_MS),
      setInterval(() => console.log(counts.line()), SHOW_EVERY_MS),
      setTimeout(end, LIMIT_MS),
    );
  });
  console.log(counts.line());
  console.log(counts.summary(checker));
  const isClean = counts.isComplete && checker.violations.length === 0;
  await finish(proxy);
  // kept until now for late packets
  for (const socket of sockets) socket.close();
  return isClean ? 0 : 1;
}

function placeCall(
  alice: UserAgent,
  callId: string,
  phone: { readonly name: string; readonly port: number },
  plan: CallerPlan,
): CallerCall {
  const target = {
    callId,
    uri: `sip:${phone.name}@127.0.0.1:${phone.port}`,
    fromUri: "sip:alice@127.0.0.1",
    user: "alice",
    withBody: true,
  };
  return alice.call(target, plan);
}

async function finish(proxy: DemoProxy): Promise<void> {
  console.log(`
What to try next
  npm start                  the same proxy, to stay; it says how to place calls with SIPp
  npm test                   every test, ten thousand simulated calls included
  npm run simulate -- --seed 7 --calls 2000
                             random calls on a bad network, in virtual time
  README.md                  twenty lines of TypeScript make a proxy of your own`);
  await proxy.close();
}
