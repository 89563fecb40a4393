// The proxy under test: the package as it is shipped, built apart from the checkout, in a process of its own on free ports.
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Child, type ChildEnd, freePorts, Management } from "../src/testing/index.ts";

export const ROOT: string = dirname(dirname(fileURLToPath(import.meta.url)));

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
    if (run.status !== 0) throw new Error(`the package cannot be built:\n${run.stdout}${run.stderr}`);
    copyFileSync(join(ROOT, "package.json"), join(target, "package.json"));
    cpSync(join(ROOT, "bin"), join(target, "bin"), { recursive: true });
    cpSync(join(ROOT, "scenarios"), join(this.folder, "scenarios"), { recursive: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Starts the routes of a scenario on UDP and TCP. @throws when it does not come up */
  async start(scenario: string, ip = "127.0.0.1"): Promise<RunningProxy> {
    const [port = 0, mi = 0] = await freePorts(2, ip);
    const host = ip.includes(":") ? `[${ip}]` : ip;
    const child = new Child({
      file: process.execPath,
      args: [
        ...["--max-semi-space-size=8", "--disable-warning=ExperimentalWarning", join(this.folder, "scenarios", "host.ts"), scenario],
        ...["--listen", `udp:${host}:${port}`, "--listen", `tcp:${host}:${port}`, "--mi", `127.0.0.1:${mi}`],
      ],
      cwd: this.folder,
    });
    await child.says("ready");
    return new RunningProxy(ip, port, child, new Management(`127.0.0.1:${mi}`));
  }

  /** Starts the command of the package as `npm start` does, with its built-in routes. @throws when it does not come up */
  async startDefault(): Promise<RunningProxy> {
    const [port = 0, mi = 0] = await freePorts(2);
    const child = new Child({
      file: join(this.folder, "node_modules", "dialoom", "bin", "dialoom"),
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
