// `loadmodule` and `modparam`, in the order of the text; then what modules need of each other (script-language 3).
import type { LoadModule, ModParam, ScriptTree } from "../language/ast.ts";
import { nearest } from "../language/index.ts";
import type { ModuleParameter, ScriptModule, Site } from "../module.ts";
import type { Names } from "./names.ts";
import type { Problems } from "./problems.ts";
import { posixRegex } from "./regex.ts";

/** The module whose settings are our own: it answers to its name only, not to patterns. */
const OWN_MODULE = "dialoom";

/** Loads modules and sets their parameters. */
export class Loader {
  readonly #names: Names;
  readonly #problems: Problems;
  readonly #tree: ScriptTree;
  /** The modules of a running program: used as they are, and nothing is set. */
  readonly #running: ReadonlyMap<string, ScriptModule> | undefined;
  /** Parameters without a meaning here, told once each. */
  readonly #noticed = new Set<string>();

  constructor(names: Names, problems: Problems, tree: ScriptTree, running?: ReadonlyMap<string, ScriptModule>) {
    this.#running = running;
    this.#names = names;
    this.#problems = problems;
    this.#tree = tree;
  }

  /** Reads every `loadmodule` and `modparam`, then checks what they come to. */
  run(): void {
    for (const [order, item] of this.#tree.items.entries()) {
      if (item.kind === "loadmodule") this.#load(item, order);
      else if (item.kind === "modparam") this.#set(item);
    }
    this.#finish();
  }

  #load(item: LoadModule, order: number): void {
    const name = moduleName(item.path.value);
    const { registry } = this.#names;
    if (this.#names.isLoaded(name)) {
      this.#problems.warning(item.path.span, `attempting to load the same module twice (${name})`);
      return;
    }
    const make = registry.module(name);
    const running = this.#running?.get(name);
    if (typeof make !== "function" || (this.#running !== undefined && running === undefined)) this.#names.failed.add(name);
    if (make === "unsupported") {
      this.#problems.error(item.path.span, `module ${name} exists in OpenSIPS but is not supported by Dialoom`);
    } else if (make === undefined) {
      const close = nearest(name, registry.moduleNames());
      this.#problems.error(
        item.path.span,
        `failed to load module ${item.path.value}`,
        close === undefined ? undefined : `did you mean ${close}.so?`,
      );
    } else {
      const module = this.#running === undefined ? make() : running;
      if (module === undefined) {
        this.#problems.error(item.path.span, `module ${name} is not running`, "a restart is needed to load a module");
        return;
      }
      this.#names.add(module, order);
      if (module.notice !== undefined) this.#problems.notice(item.path.span, module.notice);
    }
  }

  #set(item: ModParam): void {
    const pattern = item.module.value;
    const matching = this.#matching(pattern, item);
    if (matching === undefined) return;
    if (matching.length === 0) {
      if (this.#names.failed.has(pattern)) return;
      this.#problems.error(item.module.span, `no module matching ${pattern} found`, this.#missingHint(pattern));
      return;
    }
    for (const { module, parameters } of matching) this.#setOne(item, module, parameters);
  }

  /** Loaded so far and named by the pattern; undefined when the pattern is none, which is reported. */
  #matching(pattern: string, item: ModParam): Names["modules"] | undefined {
    const isOwn = pattern === OWN_MODULE;
    const loaded = this.#names.modules.filter(({ module }) => isOwn || module.name !== OWN_MODULE);
    // a plain name is most of them
    if (/^[a-z0-9_]+$/.test(pattern)) return loaded.filter(({ module }) => module.name === pattern);
    const regex = posixRegex(`^(${pattern})$`);
    if (typeof regex !== "string") return loaded.filter(({ module }) => regex.test(module.name));
    this.#problems.error(item.module.span, `bad re "${pattern}"`, regex);
    return undefined;
  }

  #missingHint(pattern: string): string | undefined {
    const { registry } = this.#names;
    const later = this.#tree.items.some((one) => one.kind === "loadmodule" && moduleName(one.path.value) === pattern);
    if (later) return `module ${pattern} is loaded further down: loadmodule must come before modparam`;
    if (typeof registry.module(pattern) === "function") return `add loadmodule "${pattern}.so" above`;
    const close = nearest(
      pattern,
      this.#names.modules.map(({ module }) => module.name),
    );
    return close === undefined ? undefined : `did you mean ${close}?`;
  }

  #setOne(item: ModParam, module: ScriptModule, parameters: ReadonlyMap<string, ModuleParameter>): void {
    const name = item.parameter.value;
    const parameter = parameters.get(name);
    const known = parameter?.type ?? this.#names.registry.knownParameter(module.name, name);
    if (known === undefined) {
      this.#unknownParameter(item, module, name);
      return;
    }
    const value = this.#valueFor(item, module, known);
    if (value === undefined) return;
    if (parameter === undefined) {
      const key = `${module.name} ${name}`;
      if (!this.#noticed.has(key))
        this.#problems.notice(item.parameter.span, `parameter ${name} of module ${module.name} has no meaning here: ignored`);
      this.#noticed.add(key);
      return;
    }
    if (this.#running !== undefined) return;
    const fault = parameter.set(value, this.#site(item));
    if (fault !== undefined) this.#problems.error(item.value.span, `parameter ${name} of module ${module.name}: ${fault}`);
  }

  #unknownParameter(item: ModParam, module: ScriptModule, name: string): void {
    const all = [...module.parameters.map((one) => one.name), ...this.#names.registry.knownParameters(module.name)];
    const close = nearest(name, all);
    this.#problems.error(
      item.parameter.span,
      `parameter ${name} not found in module ${module.name}`,
      close === undefined ? undefined : `did you mean ${close}?`,
    );
  }

  /** The value in the type that is wanted; a decimal text may stand for a number (requirement example 1.45). */
  #valueFor(item: ModParam, module: ScriptModule, type: "int" | "string" | "any"): string | number | undefined {
    const { value } = item.value;
    const isText = typeof value === "string";
    if (type === "any" || (type === "string") === isText) return value;
    const name = item.parameter.value;
    if (isText && /^[+-]?[0-9]{1,10}$/.test(value.trim())) {
      this.#problems.warning(
        item.value.span,
        `parameter ${name} of module ${module.name} is a number: write ${value.trim()} without quotes`,
      );
      return Number.parseInt(value, 10) | 0;
    }
    this.#problems.error(
      item.value.span,
      `type mismatch for parameter ${name} in module ${module.name}`,
      type === "int" ? "a number is expected" : `a string is expected: write "${value}"`,
    );
    return undefined;
  }

  #site(item: ModParam): Site {
    const { span } = item.value;
    return {
      span,
      fault: (_, message, hint) => this.#problems.error(span, message, hint),
      warn: (_, message) => this.#problems.warning(span, message),
    };
  }

  #finish(): void {
    const { modules } = this.#names;
    for (const { module, since } of this.#running === undefined ? modules : []) {
      const span = this.#loadedAt(since);
      for (const need of module.dependencies?.() ?? []) {
        if (!need.oneOf.some((name) => this.#names.isLoaded(name))) this.#problems.error(span, need.message, addHint(need.oneOf));
      }
      for (const fault of module.check?.() ?? []) this.#problems.error(span, fault);
      for (const warning of module.warnings?.() ?? []) this.#problems.warning(span, warning);
    }
  }

  #loadedAt(since: number): ModParam["span"] | undefined {
    const item = this.#tree.items[since];
    return item?.kind === "loadmodule" ? item.path.span : undefined;
  }
}

/** `/usr/lib/modules/tm.so` and `tm` are `tm`. */
function moduleName(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.endsWith(".so") ? file.slice(0, -3) : file;
}

function addHint(oneOf: readonly string[]): string {
  return `add ${oneOf.map((name) => `loadmodule "${name}.so"`).join(" or ")}`;
}
