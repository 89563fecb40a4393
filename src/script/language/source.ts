// The text of a script: its files put together, each include at its place, and the way back from an offset to its file. Includes are
// textual: they are worked on before any token is read, inside comments and strings too.
import type { Problem, SourceFile, Span } from "./ast.ts";

/** Gives the text of a file, one character for each byte; undefined when it cannot be read. */
export interface FileReader {
  read(path: string): string | undefined;
  /** Why the last `read` gave nothing, in words; without it the file is taken to be missing. */
  why?(): string;
}

/** How deep includes may be nested. */
const MOST_NESTED = 50;
/** How many includes one script may have: a file that includes itself twice would else double with every level. */
const MOST_INCLUDES = 1000;
/** Errors listed of includes. */
const MOST_PROBLEMS = 100;
/** How long all included text may be together. */
const MOST_INCLUDED = 32 * 1024 * 1024;

const MISSING = "No such file or directory";

/** A stretch of the whole text that came from one file without a gap. */
interface Segment {
  /** Where it begins in the whole text. */
  readonly at: number;
  readonly length: number;
  readonly file: SourceFile;
  /** Where it begins in its file. */
  readonly offset: number;
}

/** The whole text of a script. */
export class Source {
  /** Every include replaced by what it names. */
  readonly text: string;
  readonly main: SourceFile;
  /** In the order they were opened; a file that was included twice is here twice. */
  readonly files: readonly SourceFile[];
  readonly #segments: readonly Segment[];
  /** Where the last question was answered: questions come nearly in order. */
  #last = 0;

  constructor(text: string, main: SourceFile, files: readonly SourceFile[], segments: readonly Segment[]) {
    this.text = text;
    this.main = main;
    this.files = files;
    this.#segments = segments;
  }

  /** Where `text[start … end)` stands in its file; cut at the end of the file's own text when it goes on in another one. */
  span(start: number, end: number): Span {
    const first = this.#segmentOf(start);
    if (first === undefined) return { file: this.main, start: 0, end: 0 };
    const from = first.offset + (start - first.at);
    if (end <= first.at + first.length) return { file: first.file, start: from, end: Math.max(from, first.offset + (end - first.at)) };
    const last = this.#segmentOf(end - 1);
    if (last !== undefined && last.file === first.file) return { file: first.file, start: from, end: last.offset + (end - last.at) };
    return { file: first.file, start: from, end: first.offset + first.length };
  }

  #segmentOf(position: number): Segment | undefined {
    const segments = this.#segments;
    const known = segments[this.#last];
    if (known !== undefined && position >= known.at && position < known.at + known.length) return known;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((segments[middle]?.at ?? 0) <= position) low = middle;
      else high = middle - 1;
    }
    this.#last = low;
    return segments[low];
  }
}

/**
 * Reads a script with all that it includes.
 * @returns its text as far as it could be read; files that are missing, nested too deep or too many are errors
 */
export function readSource(reader: FileReader, path: string): { readonly source: Source; readonly problems: readonly Problem[] } {
  return new Assembler(reader).assemble(path);
}

class Assembler {
  readonly #reader: FileReader;
  readonly #files: SourceFile[] = [];
  readonly #segments: Segment[] = [];
  readonly #pieces: string[] = [];
  readonly #problems: Problem[] = [];
  #length = 0;
  #included = 0;

  constructor(reader: FileReader) {
    this.#reader = reader;
  }

  assemble(path: string): { source: Source; problems: readonly Problem[] } {
    const text = this.#reader.read(path);
    if (text === undefined) this.#fault(undefined, `loading config file ${path}: ${this.#why()}`, undefined);
    const main = sourceFile(path, text ?? "", undefined);
    this.#files.push(main);
    this.#add(main, path, 0);
    return { source: new Source(this.#pieces.join(""), main, this.#files, this.#segments), problems: this.#problems };
  }

  /** Adds a file's text. `realPath` is where it was found, which names inside it are relative to. */
  #add(file: SourceFile, realPath: string, depth: number): void {
    let from = 0;
    let include = nextInclude(file.text, 0);
    while (include !== undefined) {
      this.#piece(file, from, include.start);
      this.#include(file, realPath, depth, include);
      // the line's end stays, so that what was included ends with one
      from = include.end;
      include = nextInclude(file.text, include.end);
    }
    this.#piece(file, from, file.text.length);
  }

  #include(parent: SourceFile, realPath: string, depth: number, include: Include): void {
    const found = this.#open(parent, realPath, depth, include);
    if (found === undefined) return;
    this.#included += found.file.text.length;
    this.#files.push(found.file);
    this.#add(found.file, found.realPath, depth + 1);
  }

  /** The file an include names, first as given, then beside the file that includes it; undefined, with an error, when there is none. */
  #open(parent: SourceFile, realPath: string, depth: number, include: Include): { file: SourceFile; realPath: string } | undefined {
    const span = { file: parent, start: include.nameStart, end: include.nameEnd };
    const { path } = include;
    if (path === undefined) return this.#fault(span, "syntax error", 'the name of the file stands in quotes: include_file "name"');
    if (depth >= MOST_NESTED)
      return this.#once(span, `too many nested includes: ${path}`, `at most ${MOST_NESTED} levels; does a file include itself?`);
    if (this.#files.length > MOST_INCLUDES || this.#included > MOST_INCLUDED) {
      return this.#once(span, "too many included files", "does a file include itself?");
    }
    const asGiven = this.#reader.read(path);
    if (asGiven !== undefined) return { file: sourceFile(path, asGiven, span), realPath: path };
    const why = this.#why();
    const near = path.startsWith("/") ? path : directoryOf(realPath) + path;
    const beside = near === path ? undefined : this.#reader.read(near);
    if (beside !== undefined) return { file: sourceFile(path, beside, span), realPath: near };
    // whichever is there and cannot be read is the one that was meant
    const reason = [why, near === path ? MISSING : this.#why()].find((one) => one !== MISSING);
    const places = near === path ? undefined : `looked for ${path} and for ${near}`;
    return this.#fault(span, `failed to open ${path}${reason === undefined ? "" : `: ${reason}`}`, places);
  }

  #why(): string {
    return this.#reader.why?.() ?? MISSING;
  }

  #piece(file: SourceFile, start: number, end: number): void {
    if (end <= start) return;
    this.#segments.push({ at: this.#length, length: end - start, file, offset: start });
    this.#pieces.push(file.text.slice(start, end));
    this.#length += end - start;
  }

  /** Of a script that runs into a limit once, the other times say nothing new. */
  #once(span: Span, message: string, hint: string): undefined {
    if (!this.#problems.some((problem) => problem.message === message)) this.#fault(span, message, hint);
  }

  #fault(span: Span | undefined, message: string, hint: string | undefined): undefined {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push({ severity: "error", span, message, hint });
  }
}

/** A line that includes a file: from its first word to before its line end. `path` is undefined when there is none in quotes. */
interface Include {
  readonly start: number;
  readonly end: number;
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly path: string | undefined;
}

/** The next line that includes a file. `from` is the start of a line or the end of one. */
function nextInclude(text: string, from: number): Include | undefined {
  let line = from;
  while (line < text.length) {
    let word = line;
    while (text[word] === " " || text[word] === "\t") word++;
    const keyword = KEYWORDS.find((name) => text.startsWith(name, word));
    const include = keyword === undefined ? undefined : readInclude(text, word, word + keyword.length);
    if (include !== undefined) return include;
    const newline = text.indexOf("\n", word);
    if (newline < 0) return undefined;
    line = newline + 1;
  }
  return undefined;
}

const KEYWORDS = ["include_file", "import_file"] as const;

function readInclude(text: string, word: number, afterWord: number): Include | undefined {
  let at = afterWord;
  while (text[at] === " " || text[at] === "\t") at++;
  const quote = text[at];
  const newline = text.indexOf("\n", word);
  const end = newline < 0 ? text.length : newline;
  if (quote === '"' || quote === "'") {
    const close = text.indexOf(quote, at + 1);
    if (close < 0 || close > end) return { start: word, end, nameStart: at, nameEnd: end, path: undefined };
    return { start: word, end, nameStart: at, nameEnd: close + 1, path: text.slice(at + 1, close) };
  }
  // `include_files` and `include_file = 1` are other words, left to the parser; the word alone on its line lacks its name
  if ((at === afterWord && at < end && text[at] !== "\r") || quote === "=") return undefined;
  return { start: word, end, nameStart: word, nameEnd: afterWord, path: undefined };
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

function sourceFile(path: string, text: string, includedAt: Span | undefined): SourceFile {
  const lineStarts: number[] = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) lineStarts.push(at + 1);
  return { path, text, includedAt, lineStarts };
}
