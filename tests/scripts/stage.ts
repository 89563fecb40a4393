// A script on an engine in virtual time with the management commands of that engine, and phones that speak to it.
import assert from "node:assert/strict";
import type { DialoomOptions } from "../../src/server/index.ts";
import { createManagement, type Management } from "../../src/server/management.ts";
import { datagramSocket, streamSocket } from "../../src/testing/index.ts";
import { SCRIPT_IP, type ScriptBench, testScript } from "../../src/testing/script.ts";
import { Phone } from "./phone.ts";

/** What a test changes. */
export interface StageOptions {
  /** Sockets as `-l` gives them; `udp:10.0.0.1:5060` when left out. */
  readonly listen?: readonly string[];
  readonly options?: DialoomOptions;
}

/** One running script. */
export class ScriptStage {
  readonly bench: ScriptBench;
  readonly management: Management;
  #id = 0;

  private constructor(bench: ScriptBench, management: Management) {
    this.bench = bench;
    this.management = management;
  }

  /** @throws Error (rejects) naming every problem when the script has errors */
  static async open(text: string, { listen = [`udp:${SCRIPT_IP}:5060`], options = {} }: StageOptions = {}): Promise<ScriptStage> {
    let management: Management | undefined;
    const bench = await testScript(text, {
      options: { ...options, listen },
      services: (engine) => {
        management = createManagement(engine, { get: () => 2, set: () => {} }, () => {});
        return { commands: management.internal, events: management.events, cache: management.cache };
      },
    });
    assert.ok(management !== undefined);
    return new ScriptStage(bench, management);
  }

  /** A phone at an address, which sends to the script's first socket unless it is told otherwise. */
  async phone(user: string, ip: string, transport: "udp" | "tcp" = "udp", proxyIp: string = SCRIPT_IP): Promise<Phone> {
    const at = { ip, port: 5060 };
    const { network } = this.bench;
    const opening = transport === "udp" ? datagramSocket(network, at) : streamSocket(network, at);
    // binding takes a moment of the network's time
    await this.advance(5);
    const socket = await opening;
    return new Phone({ user, socket, proxy: { ip: proxyIp, port: 5060 }, settle: () => this.advance(5) });
  }

  /** Lets time pass. */
  advance(ms: number): Promise<void> {
    return this.bench.advance(ms);
  }

  /** What a management command gives; an error is thrown. */
  async mi(method: string, params: object | undefined = undefined): Promise<unknown> {
    const request = JSON.stringify({ jsonrpc: "2.0", id: ++this.#id, method, ...(params === undefined ? {} : { params }) });
    const reply = JSON.parse(await this.management.internal.execute(request)) as { result?: unknown; error?: { message: string } };
    assert.equal(reply.error, undefined, `${method}: ${reply.error?.message}`);
    return reply.result;
  }

  /** The dialogs that `dlg_list` shows. */
  async dialogs(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const { Dialogs } = (await this.mi("dlg_list")) as { Dialogs: Readonly<Record<string, unknown>>[] };
    return Dialogs;
  }

  close(): Promise<void> {
    return this.bench.close();
  }
}
