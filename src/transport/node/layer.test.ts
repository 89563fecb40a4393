import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DialoomError, Outbox, Statistics, Timers } from "../../kit/index.ts";
import { SipRequest } from "../../sip/index.ts";
import { Recorder, request } from "../harness.ts";
import { TransportLayer } from "../layer.ts";
import { defaultTransportSettings } from "../settings.ts";
import { parseSocket, type SocketSpec } from "../socket-spec.ts";
import type { Destination, Listener, TransportName } from "../types.ts";
import { NodeNetwork } from "./network.ts";

function specs(...texts: string[]): SocketSpec[] {
  return texts.map((text) => {
    const spec = parseSocket(text);
    assert.ok(spec.ok);
    return spec.value;
  });
}

/** A layer on real sockets; its timers never ring, for nothing here waits for one. */
function element() {
  const fail = (error: unknown): void => assert.fail(String(error));
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const layer = new TransportLayer({
    network: new NodeNetwork(),
    timers: new Timers(clock, { set: () => {} }, fail),
    clock,
    statistics: new Statistics(),
    outbox: new Outbox((run) => void setImmediate(run), fail),
    settings: { ...defaultTransportSettings, udpReceiveBuffer: 1 << 16 },
  });
  const above = new Recorder();
  layer.receiver = above;
  return { layer, above };
}

function pick(layer: TransportLayer, transport: TransportName): Listener {
  const found = layer.listeners.find((one) => one.transport === transport);
  assert.ok(found);
  return found;
}

const hasIpv6 = new NodeNetwork().interfaces().some((one) => one.ip === "::1");

describe("two elements on real sockets", () => {
  for (const [transport, ip] of [
    ["udp", "127.0.0.1"],
    ["tcp", "127.0.0.1"],
    ["udp", "[::1]"],
    ["tcp", "[::1]"],
  ] as const) {
    test(`a request and its answer over ${transport}:${ip}`, { skip: ip.includes(":") && !hasIpv6 }, async () => {
      const near = element();
      const far = element();
      await near.layer.listen(specs(`${transport}:${ip}:0`));
      await far.layer.listen(specs(`${transport}:${ip}:0`));
      const from = pick(near.layer, transport);
      const to = pick(far.layer, transport);
      far.above.onMessage = (message, source) => {
        assert.ok(message instanceof SipRequest);
        assert.equal(source.listener, to);
        const lines = message.text.slice(message.text.indexOf("\n") + 1);
        assert.equal(far.layer.respond(`SIP/2.0 200 OK\r\n${lines}`, message, source), "sent");
      };
      const answered = new Promise<void>((resolve) => {
        near.above.onMessage = (message, source) => {
          assert.equal(message.isRequest, false);
          assert.equal(near.layer.isOurVia(message.topVia), true);
          assert.equal(source.port, to.port);
          resolve();
        };
      });
      const via = `SIP/2.0/${transport.toUpperCase()} ${from.sentBy};branch=z9hG4bKreal`;
      const destination: Destination = { transport, ip: to.ip, port: to.port, listener: from, flow: 0 };
      near.layer.send(request({ via, body: "some body" }), destination);
      await answered;
      assert.equal(far.above.messages[0]?.message.body, "some body");
      // both at once: each waits until the other has said goodbye too
      await Promise.all([near.layer.close(), far.layer.close()]);
    });
  }

  test("a taken port names the setting, and leaves nothing open", async () => {
    const first = element();
    await first.layer.listen(specs("udp:127.0.0.1:0", "tcp:127.0.0.1:0"));
    const udp = pick(first.layer, "udp");
    const tcp = pick(first.layer, "tcp");
    const second = element();
    await assert.rejects(second.layer.listen(specs("udp:127.0.0.1:0", udp.name, tcp.name)), (error) => {
      assert.ok(error instanceof DialoomError);
      assert.equal(error.problems.length, 2);
      for (const problem of error.problems) assert.match(problem, /another process has this port.*--listen.*DIALOOM_LISTEN/);
      return true;
    });
    await first.layer.close();
  });

  test("a peer that is not there fails the message", async () => {
    const near = element();
    await near.layer.listen(specs("tcp:127.0.0.1:0"));
    const gone = element();
    await gone.layer.listen(specs("tcp:127.0.0.1:0"));
    const { port } = pick(gone.layer, "tcp");
    await gone.layer.close();
    const listener = pick(near.layer, "tcp");
    const why = await new Promise<string>((resolve) => {
      near.layer.send("x", { transport: "tcp", ip: "127.0.0.1", port, listener, flow: 0 }, { sendFailed: resolve });
    });
    assert.equal(why, "ECONNREFUSED");
    await near.layer.close();
  });
});
