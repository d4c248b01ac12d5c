/**
 * Reads the state graph that TLC writes with `-dump dot,actionlabels`, as a stream: dumps are many times larger than what
 * is kept of them. The format is that of tlaplus `tlc2/util/DotStateWriter.java`; Graphviz would merge parallel edges.
 */

import { StringDecoder } from 'node:string_decoder'
import type { LockstepError } from '../kernel/error.ts'
import { badInput } from '../kernel/error.ts'
import { whatIsAt } from '../text/place.ts'

/** Takes what the reader finds, in the order of the dump: TLC writes an edge to a new state before that state. */
export interface DotSink {
  /**
   * A line that describes a state. TLC may describe one state more than once.
   * @param id TLC's fingerprint, a signed 64-bit number in decimal
   * @param label the state, still escaped; for `splitState`. It may share memory with a whole chunk of the dump: keep
   * `detach(label)`, or a piece of it, rather than the label itself
   * @param initial whether TLC marks it as an initial state
   */
  state(id: string, label: string, initial: boolean): void
  /** A labelled edge; self-loops and parallel edges included. `action` is empty if the dump was made without labels. */
  edge(from: string, to: string, action: string): void
}

/** Lines read, by kind; duplicates count. */
export interface DotCounts {
  readonly states: number
  readonly initial: number
  readonly edges: number
  /** the dashed self-loops that TLC adds if it checks liveness; they are no steps of the spec and go to no sink */
  readonly stuttering: number
}

/** How a dump is read. */
export interface DotOptions {
  /** name of the input, for errors */
  readonly file?: string
}

/** A statement longer than this is refused: with what comes after it, it must fit a string, and V8's end below 2^29. */
const MAX_STATEMENT = 2 ** 27

const NEWLINE = 10
const SPACE = 32
const QUOTE = 34
const MINUS = 45
const SEMICOLON = 59
const OPEN_BRACKET = 91
const BACKSLASH = 92
const CLOSE_BRACKET = 93
const OPEN_BRACE = 123
const CLOSE_BRACE = 125

const LABEL = ' [label="'
const DASHED = ' [style="dashed"'
const FILLED = 'style = filled'

/** Without `strict` if TLC is told to write a graph of liveness checking; its other lines differ, and are refused. */
const HEADERS = ['strict digraph DiskGraph', 'digraph DiskGraph']

/** The only other statements that TLC writes outside of the legend: layout, of no meaning here. */
const LAYOUT = /^(?:nodesep=|color=|node \[|edge \[|rankdir=)/

const isSpace = (code: number): boolean => code === NEWLINE || code === SPACE || code === 13 || code === 9
const isDigit = (code: number): boolean => code >= 48 && code <= 57
const isLetter = (code: number): boolean => (code >= 65 && code <= 90) || code === 95 || (code >= 97 && code <= 122)

/** A copy of a text that does not keep alive the larger text that it was cut from. */
export const detach = (text: string): string => {
  // eslint-disable-next-line no-control-regex -- one byte a character where that is enough
  const encoding = /^[\u0000-\u00ff]*$/.test(text) ? 'latin1' : 'utf16le'
  return Buffer.from(text, encoding).toString(encoding)
}

/** Ends a step whose statement is not all there yet. */
const INCOMPLETE = -1

/** The scanner: text comes in by `feed`, whole statements go out to the sink, and only an unfinished one is kept. */
class DotScanner {
  readonly #sink: DotSink
  readonly #file: { readonly file?: string }
  #text = ''
  #at = 0
  /** text shorter than this is not worth another look: what is waiting has to double first, so that a long line costs linear time */
  #wanted = 0
  #braces = 0
  #begun = false
  #inLegend = false
  #inRank = false
  /** line of `#lineStart`, and the offset where that line begins; negative once its beginning is gone */
  #line = 1
  #lineStart = 0
  #lastFrom = ''
  readonly #actions = new Map<string, string>()
  readonly #counts = { states: 0, initial: 0, edges: 0, stuttering: 0 }

  constructor(sink: DotSink, options: DotOptions) {
    this.#sink = sink
    this.#file = options.file === undefined ? {} : { file: options.file }
  }

  feed(chunk: string): void {
    this.#text += chunk
    if (this.#text.length < this.#wanted) return
    this.#run()
    this.#text = this.#text.slice(this.#at)
    this.#lineStart -= this.#at
    this.#at = 0
    this.#wanted = 2 * this.#text.length
    if (this.#text.length > MAX_STATEMENT) throw this.#error(`a statement has more than ${MAX_STATEMENT} characters`)
  }

  end(): DotCounts {
    this.#run()
    if (this.#begun && this.#braces === 0) return this.#counts
    const message = this.#begun ? 'the dump ends before its closing }' : 'the dump is empty'
    throw this.#error(message, 'TLC did not finish it: run TLC again and wait for the end', this.#text.length)
  }

  #run(): void {
    for (;;) {
      this.#skipSpace()
      if (this.#at >= this.#text.length) return
      const end = this.#statement()
      if (end === INCOMPLETE) return
      this.#countLines(end)
      this.#at = end
    }
  }

  #error(what: string, hint = 'give what TLC wrote with -dump dot,actionlabels FILE', at = this.#at): LockstepError {
    this.#countLines(at)
    const place = { line: this.#line, column: at - this.#lineStart + 1 }
    return badInput({ code: 'bad-dot', message: what, hint, ...this.#file, ...place })
  }

  /** Counts the line breaks from the position up to an offset. */
  #countLines(end: number): void {
    for (let at = this.#text.indexOf('\n', this.#at); at >= 0 && at < end; at = this.#text.indexOf('\n', at + 1)) {
      this.#newLine(at)
    }
  }

  #newLine(at: number): void {
    this.#line += 1
    this.#lineStart = at + 1
  }

  #skipSpace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code === NEWLINE) this.#newLine(this.#at)
      else if (!isSpace(code) && code !== SEMICOLON) return
      this.#at += 1
    }
  }

  /** Reads the statement at the position; returns where it ends, or INCOMPLETE. */
  #statement(): number {
    if (this.#inRank) return this.#rank(this.#at)
    const code = this.#text.charCodeAt(this.#at)
    if (!this.#begun) return this.#header()
    if (this.#braces === 0) throw this.#error(`expected the end of the dump, found ${whatIsAt(this.#text, this.#at)}`)
    if (code === CLOSE_BRACE) return this.#closeBrace()
    if (this.#inLegend) return this.#restOfLine()
    if (code === MINUS || isDigit(code)) return this.#nodeOrEdge()
    if (code === OPEN_BRACE) return this.#rank(this.#at + 1)
    if (isLetter(code)) return this.#layout()
    throw this.#error(`expected a state or an edge, found ${whatIsAt(this.#text, this.#at)}`)
  }

  /** `strict digraph DiskGraph {` */
  #header(): number {
    const open = this.#text.indexOf('{', this.#at)
    const seen = this.#text.slice(this.#at, open < 0 ? undefined : open).trim()
    const complete = open >= 0 && HEADERS.includes(seen)
    const possible = open < 0 && HEADERS.some((header) => header.startsWith(seen))
    if (!complete && !possible) throw this.#error('expected `strict digraph DiskGraph {`')
    if (!complete) return INCOMPLETE
    this.#begun = true
    this.#braces = 1
    return open + 1
  }

  #closeBrace(): number {
    this.#braces -= 1
    this.#inLegend = false
    return this.#at + 1
  }

  /** `{rank = same; 1;2;}`: as long as a level of the graph is wide, so it is dropped as it comes. */
  #rank(from: number): number {
    const close = this.#text.indexOf('}', from)
    this.#inRank = close < 0
    return close < 0 ? this.#text.length : close + 1
  }

  #restOfLine(): number {
    const end = this.#text.indexOf('\n', this.#at)
    // the last line of the legend may be `}}` without a line break, but it begins with a brace
    return end < 0 ? INCOMPLETE : end
  }

  #layout(): number {
    const end = this.#restOfLine()
    if (end === INCOMPLETE) return INCOMPLETE
    const line = this.#text.slice(this.#at, end)
    const subgraph = /^subgraph \w+ ?\{/.exec(line)
    if (subgraph) {
      this.#braces += 1
      this.#inLegend = line.startsWith('subgraph cluster_legend')
      return this.#at + subgraph[0].length
    }
    if (LAYOUT.test(line)) return end
    throw this.#error(`expected a state or an edge, found ${JSON.stringify(line.slice(0, 40))}`)
  }

  /** Offset after the fingerprint at an offset; INCOMPLETE if the text ends first. */
  #idEnd(start: number): number {
    let at = this.#text.charCodeAt(start) === MINUS ? start + 1 : start
    const firstDigit = at
    while (isDigit(this.#text.charCodeAt(at))) at += 1
    if (at >= this.#text.length) return INCOMPLETE
    if (at === firstDigit || at - firstDigit > 19) throw this.#error('expected a fingerprint', undefined, start)
    return at
  }

  /**
   * The fingerprint as a string of its own. V8 keeps a cut of 13 characters or more as a reference into the whole chunk,
   * and callers keep these in maps; shorter cuts are copied.
   */
  #id(start: number, end: number): string {
    const middle = start + 10
    return this.#text.slice(start, middle < end ? middle : end) + (middle < end ? this.#text.slice(middle, end) : '')
  }

  #source(start: number, end: number): string {
    // TLC writes all edges of a state in a row
    const last = this.#lastFrom
    if (end - start !== last.length || !this.#text.startsWith(last, start)) this.#lastFrom = this.#id(start, end)
    return this.#lastFrom
  }

  #nodeOrEdge(): number {
    const text = this.#text
    const start = this.#at
    const end = this.#idEnd(start)
    if (end === INCOMPLETE || text.length < end + LABEL.length) return INCOMPLETE
    if (text.startsWith(LABEL, end)) return this.#node(start, end)
    if (text.startsWith(' -> ', end)) return this.#edge(start, end)
    throw this.#error('expected ` -> ` or ` [label="` after a fingerprint', undefined, end)
  }

  #node(start: number, end: number): number {
    const open = end + LABEL.length
    const close = this.#closingQuote(open)
    if (close === INCOMPLETE) return INCOMPLETE
    const bracket = this.#closingBracket(close + 1)
    if (bracket === INCOMPLETE) return INCOMPLETE
    const initial = bracket > close + 1 && this.#isInitial(close + 1, bracket)
    this.#counts.states += 1
    if (initial) this.#counts.initial += 1
    this.#sink.state(this.#id(start, end), this.#text.slice(open, close), initial)
    return bracket + 1
  }

  /** `style = filled` marks an initial state; with a fillcolor it marks one that a constraint excludes. */
  #isInitial(from: number, to: number): boolean {
    const attributes = this.#text.slice(from, to).replace(/"(?:[^"\\]|\\.)*"/gs, '')
    return attributes.includes(FILLED) && !attributes.includes('fillcolor')
  }

  #edge(start: number, end: number): number {
    const target = end + ' -> '.length
    const targetEnd = this.#idEnd(target)
    if (targetEnd === INCOMPLETE) return INCOMPLETE
    if (this.#text.charCodeAt(targetEnd) === SEMICOLON) {
      return this.#emitEdge(start, end, target, targetEnd, '', targetEnd + 1)
    }
    if (this.#text.length < targetEnd + DASHED.length) return INCOMPLETE
    if (this.#text.startsWith(DASHED, targetEnd)) return this.#stuttering(targetEnd)
    if (!this.#text.startsWith(LABEL, targetEnd)) throw this.#error('expected ` [label="`', undefined, targetEnd)
    const open = targetEnd + LABEL.length
    const close = this.#closingQuote(open)
    const bracket = close === INCOMPLETE ? INCOMPLETE : this.#closingBracket(close + 1)
    if (bracket === INCOMPLETE) return INCOMPLETE
    return this.#emitEdge(start, end, target, targetEnd, this.#action(open, close), bracket + 1)
  }

  #emitEdge(start: number, end: number, target: number, targetEnd: number, action: string, next: number): number {
    this.#counts.edges += 1
    this.#sink.edge(this.#source(start, end), this.#id(target, targetEnd), action)
    return next
  }

  #stuttering(from: number): number {
    const bracket = this.#closingBracket(from)
    if (bracket === INCOMPLETE) return INCOMPLETE
    this.#counts.stuttering += 1
    return bracket + 1
  }

  /** The name in an edge's label, the same string each time; a newer TLC may add lines below the name. */
  #action(open: number, close: number): string {
    const label = this.#text.slice(open, close)
    const known = this.#actions.get(label)
    if (known !== undefined) return known
    const name = detach(unescapeLabel(label).split('\n', 1).join(''))
    this.#actions.set(detach(label), name)
    return name
  }

  /** Offset of the quote that ends a string whose text begins at an offset. */
  #closingQuote(from: number): number {
    const text = this.#text
    let quote = text.indexOf('"', from)
    while (quote >= 0 && this.#isEscaped(quote, from)) quote = text.indexOf('"', quote + 1)
    return quote
  }

  #isEscaped(at: number, from: number): boolean {
    let before = at
    while (before > from && this.#text.charCodeAt(before - 1) === BACKSLASH) before -= 1
    return (at - before) % 2 === 1
  }

  /** Offset of the bracket that ends a list of attributes; brackets in strings do not count. */
  #closingBracket(from: number): number {
    const text = this.#text
    for (let at = from; at < text.length; at += 1) {
      const code = text.charCodeAt(at)
      if (code === CLOSE_BRACKET) return at
      if (code === NEWLINE || (code === OPEN_BRACKET && at > from + 1)) {
        throw this.#error('expected ] after the attributes', undefined, at)
      }
      if (code === QUOTE) {
        at = this.#closingQuote(at + 1)
        if (at < 0) return INCOMPLETE
      }
    }
    return INCOMPLETE
  }
}

const decoded = async function* (
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
): AsyncGenerator<string> {
  // not TextDecoder, which gives two bytes a character even for ASCII
  const decoder = new StringDecoder('utf8')
  for await (const chunk of chunks) yield typeof chunk === 'string' ? chunk : decoder.write(chunk)
  yield decoder.end()
}

/**
 * Reads a dump and hands its states and edges to the sink, holding no more than a chunk and an unfinished line.
 * @param chunks the dump in pieces, cut anywhere; a string is one piece
 * @returns how much was read, to be compared with TLC's own summary
 * @throws LockstepError (exit 2) `bad-dot` with line and column, for a dump without its closing brace among others
 */
export const readDot = async (
  chunks: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  sink: DotSink,
  options: DotOptions = {},
): Promise<DotCounts> => {
  const scanner = new DotScanner(sink, options)
  for await (const text of decoded(typeof chunks === 'string' ? [chunks] : chunks)) scanner.feed(text)
  return scanner.end()
}

/** A piece of a label as TLC meant it: `\n` is a line break, and a backslash before anything else goes away. */
export const unescapeLabel = (text: string): string =>
  text.includes('\\') ? text.replace(/\\(.)/gs, (_, c: string) => (c === 'n' ? '\n' : c)) : text

const CONJUNCT = '/\\\\ '
const NEXT_CONJUNCT = '\\n/\\\\ '

/** Splits `name = text`. */
export const splitConjunct = (conjunct: string): [string, string] => {
  const at = conjunct.indexOf(' = ')
  if (at > 0) return [conjunct.slice(0, at), conjunct.slice(at + 3)]
  const message = `the state ${JSON.stringify(conjunct.slice(0, 60))} is not of the form \`variable = value\``
  throw badInput({ code: 'bad-dot', message, hint: 'give what TLC wrote with -dump dot,actionlabels FILE' })
}

/**
 * Splits an escaped label into its variables and the text of each, still escaped: states share most of their pieces, so
 * a caller looks a piece up first and only unescapes and parses it (`parseValue(unescapeLabel(piece))`) if it is new.
 *
 * A string in a state cannot be mistaken for the boundary: its backslashes come out of TLC doubled twice.
 */
export const splitState = (label: string): [name: string, text: string][] => splitConjuncts(label).map(splitConjunct)

/** The same with the conjuncts `name = text` in one piece. */
export const splitConjuncts = (label: string): string[] =>
  label.startsWith(CONJUNCT) ? label.slice(CONJUNCT.length).split(NEXT_CONJUNCT) : [label]
