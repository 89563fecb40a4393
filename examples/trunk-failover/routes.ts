// A trunk with a second gateway: tried when the first is silent for two seconds, unreachable, or broken.
import { dialoom } from "dialoom";

const app = dialoom({ listen: ["udp:127.0.0.1:5060"], mi: "127.0.0.1:8888" });

app.invite(async (call) => {
  call.track();
  const first = await call.relay("sip:127.0.0.1:5080", { frTimeoutMs: 2000 });
  const isBroken = first.status === 408 || (first.status >= 500 && first.status < 600);
  if (isBroken) return call.relay("sip:127.0.0.1:5090");
  return undefined; // any other refusal is the callee's own word and goes to the caller
});

await app.listen();
