// The proxy under test: the package as it is shipped, built apart from the checkout, in a process of its own on free ports.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, type ChildEnd, eventually, freePorts, isBound, Management } from "../src/testing/index.ts";

export const ROOT: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** Through which of the two doors requests are decided. */
export type DoorName = "routes" | "script";

/** What stands in the place of the ports 5060, 5080, 5090 and 8888. */
export interface ExamplePorts {
  readonly proxy: number;
  readonly first: number;
  readonly second: number;
  readonly mi: number;
}

/** For programs that import the package; the command brings its own. */
export const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=8", "--disable-warning=ExperimentalWarning"];

/** A folder with the built package among its `node_modules`, and the scenarios beside it as any program would be. */
export class Installation {
  readonly folder: string = mkdtempSync(join(tmpdir(), "dialoom-scenarios-"));

  /** @throws Error with the compiler's words when the build fails */
  constructor() {
    const modules = join(this.folder, "node_modules");
    const target = join(modules, "dialoom");
    mkdirSync(target, { recursive: true });
    // what the package depends on is here already
    for (const name of readdirSync(join(ROOT, "node_modules"))) {
      if (!name.startsWith(".")) symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
    }
    const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const run = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", join(target, "dist")], {
      cwd: ROOT,
      encoding: "utf8",
    });
    if (run.status !== 0) {
      this.remove();
      throw new Error(`the package cannot be built:\n${run.stdout}${run.stderr}`);
    }
    copyFileSync(join(ROOT, "package.json"), join(target, "package.json"));
    cpSync(join(ROOT, "bin"), join(target, "bin"), { recursive: true });
    cpSync(join(ROOT, "scenarios"), join(this.folder, "scenarios"), { recursive: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts the routes or the script of a scenario on UDP and TCP. @throws when it does not come up */
  async start(scenario: string, ip = "127.0.0.1", door: DoorName = "routes"): Promise<RunningProxy> {
    const [port = 0, mi = 0] = await freePorts(2, ip);
    const host = ip.includes(":") ? `[${ip}]` : ip;
    const sockets = [`udp:${host}:${port}`, `tcp:${host}:${port}`];
    const address = `127.0.0.1:${mi}`;
    const child = door === "routes" ? this.#runRoutes(scenario, sockets, address) : this.#runScript(scenario, sockets, address);
    await child.says(door === "routes" ? "ready" : "version: ");
    return new RunningProxy(ip, port, child, new Management(address));
  }

  #runRoutes(scenario: string, sockets: readonly string[], mi: string): Child {
    const host = join(this.folder, "scenarios", "host.ts");
    return new Child({
      file: process.execPath,
      args: [...NODE_FLAGS, host, scenario, ...sockets.flatMap((socket) => ["--listen", socket]), "--mi", mi],
      cwd: this.folder,
    });
  }

  #runScript(scenario: string, sockets: readonly string[], mi: string): Child {
    const file = join("scenarios", scenario, "opensips.cfg");
    return new Child({
      file: this.command,
      args: ["-f", file, ...sockets.flatMap((socket) => ["-l", socket]), "--mi", mi],
      env: { NODE_OPTIONS: `--import=${join(this.folder, "scenarios", "pauses.ts")}` },
      cwd: this.folder,
    });
  }

  /** The command of the package. */
  get command(): string {
    return join(this.folder, "node_modules", "dialoom", "bin", "dialoom");
  }

  /**
   * Starts an example as it stands but for its ports: those of the socket, of the two places that calls go to, and of the management
   * interface.
   * @throws when it does not come up
   */
  async startExample(example: string, door: DoorName, ports: ExamplePorts): Promise<RunningProxy> {
    const folder = mkdtempSync(join(this.folder, `${example}-${door}-`));
    const name = door === "routes" ? "routes.ts" : "opensips.cfg";
    const file = join(folder, name);
    const text = readFileSync(join(ROOT, "examples", example, name), "latin1");
    const places = new Map([
      ["5060", ports.proxy],
      ["5080", ports.first],
      ["5090", ports.second],
      ["8888", ports.mi],
    ]);
    writeFileSync(
      file,
      text.replace(/\b(5060|5080|5090|8888)\b/g, (port) => String(places.get(port))),
      "latin1",
    );
    const child =
      door === "routes"
        ? new Child({ file: process.execPath, args: [...NODE_FLAGS, file], cwd: folder })
        : new Child({ file: this.command, args: ["-f", file, "--mi", `127.0.0.1:${ports.mi}`], cwd: folder });
    await eventually(
      () => Promise.resolve(!child.isRunning || (isBound("udp", ports.proxy) && isBound("tcp", ports.mi))),
      (isUp) => isUp,
    );
    if (!child.isRunning) throw new Error(`the example ${example} has ended:\n${child.output}`);
    if (door === "script") await child.says("version: ");
    return new RunningProxy("127.0.0.1", ports.proxy, child, new Management(`127.0.0.1:${ports.mi}`));
  }

  /** Starts the command of the package as `npm start` does, with its built-in routes. @throws when it does not come up */
  async startDefault(): Promise<RunningProxy> {
    const [port = 0, mi = 0] = await freePorts(2);
    const child = new Child({
      file: this.command,
      args: [],
      env: { DIALOOM_LISTEN: `udp:127.0.0.1:${port}, tcp:127.0.0.1:${port}`, DIALOOM_MI: `127.0.0.1:${mi}` },
      cwd: this.folder,
    });
    await child.says("Ctrl-C ends it.");
    return new RunningProxy("127.0.0.1", port, child, new Management(`127.0.0.1:${mi}`));
  }
}

/** One running proxy. */
export class RunningProxy {
  readonly ip: string;
  readonly port: number;
  readonly child: Child;
  readonly management: Management;

  constructor(ip: string, port: number, child: Child, management: Management) {
    this.ip = ip;
    this.port = port;
    this.child = child;
    this.management = management;
  }

  stop(): Promise<ChildEnd> {
    return this.child.stop();
  }

  /** Longest pause of its loop since the last time it was asked. */
  async longestPauseMs(): Promise<number> {
    const before = this.child.stdout.length;
    this.child.signal("SIGUSR2");
    const until = performance.now() + 5000;
    for (;;) {
      const answer = this.child.stdout.slice(before).match(/"longestPauseMs":([0-9.]+)/);
      if (answer !== null) return Number(answer[1]);
      if (performance.now() > until) throw new Error("the proxy does not say how long its loop paused");
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
