// The phones of one run of an example, at ports of their own, and what they got.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventually, freePorts, type Management, Sipp } from "../src/testing/index.ts";
import { assertClean } from "./clean.ts";
import type { DoorName, Installation, RunningProxy } from "./proxy.ts";
import { type CalleeStory, type CallerStory, called, calling, type RegisterStory, registering } from "./stories.ts";
import { Recorder, type Trace } from "./trace.ts";

/** Who is there: phones, and the two places that examples send calls to (ports 5080 and 5090). */
export const PHONES = ["alice", "bob", "carol", "first", "second"] as const;
/** One of them. */
export type Phone = (typeof PHONES)[number];

/** Calls that go on. */
export interface Calls {
  /** When every phone has done what its story says. @throws AssertionError when one did something else */
  done(): Promise<void>;
}

/** One example behind one door. */
export class Stage {
  readonly proxy: RunningProxy;
  readonly door: DoorName;
  readonly #folder: string;
  readonly #ports: ReadonlyMap<Phone, number>;
  readonly #recorder: Recorder;
  readonly #running = new Set<Sipp>();
  #files = 0;

  private constructor(proxy: RunningProxy, door: DoorName, folder: string, ports: ReadonlyMap<Phone, number>) {
    this.proxy = proxy;
    this.door = door;
    this.#folder = folder;
    this.#ports = ports;
    const names = new Map([...ports].map(([name, port]) => [port, name.toUpperCase()]));
    this.#recorder = new Recorder(names.set(proxy.port, "PROXY"));
  }

  static async open(installation: Installation, example: string, door: DoorName): Promise<Stage> {
    const [proxy = 0, mi = 0, ...rest] = await freePorts(2 + PHONES.length);
    const ports = new Map<Phone, number>(PHONES.map((name, i) => [name, rest[i] ?? 0]));
    const places = { proxy, mi, first: ports.get("first") ?? 0, second: ports.get("second") ?? 0 };
    const running = await installation.startExample(example, door, places);
    return new Stage(running, door, installation.folder, ports);
  }

  get management(): Management {
    return this.proxy.management;
  }

  /** A phone registers, or goes away again with `expires: 0`. */
  async register(user: Phone, story: Partial<RegisterStory> = {}): Promise<void> {
    const text = registering({ user, expires: 600, ...story });
    const agent = await this.#start(user, text, 1, true);
    await this.#end(`${user} registers`, agent, 1);
  }

  /**
   * Places calls.
   * @param label - names them among the messages
   * @param callees - what those who are called do
   * @param count - how many calls at once, of the caller and of each callee
   */
  async call(
    label: string,
    caller: CallerStory & { readonly at: Phone },
    callees: Partial<Record<Phone, CalleeStory>>,
    count = 1,
  ): Promise<Calls> {
    const agents: (readonly [name: string, agent: Sipp])[] = [];
    for (const name of PHONES) {
      const story = callees[name];
      if (story !== undefined) agents.push([name, await this.#start(name, called(story), count, false)]);
    }
    agents.push([caller.at, await this.#start(caller.at, calling(caller), count, true)]);
    return {
      done: async () => {
        for (const [name, agent] of agents) await this.#end(`${label}: ${name}`, agent, count);
      },
    };
  }

  /** Waits until so many calls are answered and not over. */
  async talking(count: number): Promise<void> {
    const found = await eventually(
      async () => (await this.management.dialogs()).filter((dialog) => dialog.state === 4).length,
      (dialogs) => dialogs === count,
    );
    this.note(`talking: ${found}`);
  }

  /** Both doors must say the same here. */
  note(text: string): void {
    this.#recorder.note(text);
  }

  /** The end: what is left behind. */
  async close(): Promise<Trace> {
    return this.#recorder.end(this.management);
  }

  /** Ends everything that still runs. */
  async stop(): Promise<void> {
    for (const agent of this.#running) await agent.stop();
    await this.proxy.stop();
  }

  async #start(phone: Phone, text: string, calls: number, isActive: boolean): Promise<Sipp> {
    const scenario = join(this.#folder, `phone-${this.proxy.port}-${this.#files++}.xml`);
    writeFileSync(scenario, text);
    const agent = await Sipp.start({
      scenario,
      ip: "127.0.0.1",
      port: this.#ports.get(phone) ?? 0,
      transport: "udp",
      calls,
      keepsMessages: true,
      timeoutSeconds: 40,
      ...(isActive ? { remote: `127.0.0.1:${this.proxy.port}` } : {}),
    });
    this.#running.add(agent);
    return agent;
  }

  async #end(label: string, agent: Sipp, calls: number): Promise<void> {
    const result = await agent.ended;
    this.#running.delete(agent);
    assertClean(result, calls);
    this.#recorder.received(label, result);
  }
}
