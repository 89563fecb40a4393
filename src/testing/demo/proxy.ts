// The proxy of the demonstration: in this process, on the sockets of `npm start`, or on free ones where those are taken.
import { DialoomError } from "../../kit/index.ts";
import { type DialoomOptions, startServer } from "../../server/index.ts";
import { freePorts } from "../process/ports.ts";

/** A proxy to send calls through. */
export interface DemoProxy {
  readonly at: { readonly ip: string; readonly port: number };
  /** A statistic by its full name. */
  number(name: string): number;
  close(): Promise<void>;
}

/** Starts it and says where it listens. */
export async function startDemoProxy(): Promise<DemoProxy> {
  const server = await startAnywhere();
  const { transport, statistics } = server.engine;
  const udp = transport.listeners.find((listener) => listener.transport === "udp");
  if (udp === undefined) throw new Error("the demonstration needs a UDP socket");
  const { mi } = server;
  console.log(
    `The proxy listens on ${server.listeners.join(" and ")}${mi === undefined ? "" : `, management on http://${mi.ip}:${mi.port}/mi`}.`,
  );
  return {
    at: { ip: udp.ip, port: udp.port },
    number: (name) => statistics.find(name)?.read() ?? 0,
    close: () => server.close(),
  };
}

async function startAnywhere(): ReturnType<typeof startServer> {
  const quiet: DialoomOptions = { logLevel: "warn" };
  try {
    return await startServer({ ...quiet, mi: "127.0.0.1:8888" });
  } catch (error) {
    if (!(error instanceof DialoomError)) throw error;
    const [sip = 0, mi = 0] = await freePorts(2);
    console.log("The usual ports are taken (is a proxy running?); the demonstration uses others.");
    return startServer({ ...quiet, listen: [`udp:127.0.0.1:${sip}`, `tcp:127.0.0.1:${sip}`], mi: `127.0.0.1:${mi}` });
  }
}
