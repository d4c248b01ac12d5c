/** A file of the user as its tokens: which of them are part of the program, and which of them belong together. */

import { lex } from '../syntax/lex.ts'
import type { Place, SourceFile } from '../syntax/source.ts'
import { SourceText } from '../syntax/text.ts'
import type { Token } from '../syntax/token.ts'

/** A stretch of tokens, by number; `to` is one past the last. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** `name(arguments)`, wherever it stands. */
export interface Call {
  readonly name: string
  /** numbers of its tokens: the name and the two brackets */
  readonly at: number
  readonly open: number
  readonly close: number
  readonly args: readonly Range[]
}

const CLOSES: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
])

/** For each token the number of the directive that it is part of, or 0; and for each stretch between directives its own number. */
const partsOf = (tokens: readonly Token[]): { readonly directive: number[]; readonly stretch: number[] } => {
  const [directive, stretch]: [number[], number[]] = [[], []]
  let [current, last] = [0, 0]
  for (const token of tokens) {
    if (token.first) current = token.is('#') ? ++last : 0
    directive.push(current)
    stretch.push(last)
  }
  return { directive, stretch }
}

export class UserFile {
  readonly name: string
  readonly text: string
  readonly tokens: readonly Token[]
  private readonly source: SourceText
  private readonly live: ReadonlySet<number>
  private readonly directive: readonly number[]
  private readonly stretch: readonly number[]
  /** stretches between directives in which something is part of the program */
  private readonly liveStretches: ReadonlySet<number>

  /** `live`: where words of it begin that are part of the program */
  constructor(file: SourceFile, live: ReadonlySet<number>) {
    this.name = file.name
    this.text = file.text
    this.source = new SourceText(file)
    this.tokens = lex(this.source)
    this.live = live
    const { directive, stretch } = partsOf(this.tokens)
    this.directive = directive
    this.stretch = stretch
    this.liveStretches = new Set(
      this.tokens.flatMap((_, i) => (directive[i] === 0 && this.isLive(i) ? [stretch[i] ?? 0] : [])),
    )
  }

  token(i: number): Token {
    const token = this.tokens[i]
    if (token === undefined) throw new RangeError(`no token ${i}`)
    return token
  }

  is(i: number | undefined, text: string): boolean {
    return i !== undefined && this.tokens[i]?.is(text) === true
  }

  isLive(i: number): boolean {
    return this.live.has(this.token(i).start)
  }

  placeAt(i: number): Place {
    return this.source.placeAt(this.token(i).start)
  }

  /** The macro in whose text a token stands. */
  macroAt(i: number): string | undefined {
    const directive = this.directive[i] ?? 0
    if (directive === 0) return undefined
    const hash = this.directive.indexOf(directive)
    return this.is(hash + 1, 'define') ? this.tokens[hash + 2]?.text : undefined
  }

  /** Is it part of the text of a macro, or of the program as it stands? */
  isCode(i: number): boolean {
    return this.directive[i] === 0 || this.macroAt(i) !== undefined
  }

  private neighbour(i: number, by: 1 | -1): number | undefined {
    const directive = this.directive[i] ?? 0
    for (let j = i + by; j >= 0 && j < this.tokens.length; j += by) {
      if (this.directive[j] !== directive) {
        if (directive !== 0) return undefined
        continue
      }
      if (directive !== 0 || this.liveStretches.has(this.stretch[j] ?? 0)) return j
    }
    return undefined
  }

  /** The token before, of what is read together with it: directives and what is left out by them do not count. */
  before(i: number): number | undefined {
    return this.neighbour(i, -1)
  }

  after(i: number): number | undefined {
    return this.neighbour(i, 1)
  }

  /** The bracket that closes the one at `i`. */
  closing(i: number): number | undefined {
    const open: string[] = []
    for (let j: number | undefined = i; j !== undefined; j = this.after(j)) {
      const { text, kind } = this.token(j)
      if (kind !== 'punctuator') continue
      const close = CLOSES.get(text)
      if (close !== undefined) open.push(close)
      else if (text === open.at(-1)) {
        open.pop()
        if (open.length === 0) return j
      }
    }
    return undefined
  }

  /** What stands between brackets, parted at commas. */
  private argumentsIn(open: number, close: number): Range[] {
    const args: Range[] = []
    let from = open + 1
    for (let i = open + 1; i < close; i++) {
      if (CLOSES.has(this.token(i).text) && this.token(i).kind === 'punctuator') i = this.closing(i) ?? i
      else if (this.is(i, ',')) {
        args.push({ from, to: i })
        from = i + 1
      }
    }
    return from < close || args.length > 0 ? [...args, { from, to: close }] : []
  }

  /** The call whose name is the token at `i`. */
  callAt(i: number): Call | undefined {
    const token = this.token(i)
    const open = this.after(i)
    if (token.kind !== 'name' || open === undefined || !this.is(open, '(')) return undefined
    const close = this.closing(open)
    return close === undefined
      ? undefined
      : { name: token.text, at: i, open, close, args: this.argumentsIn(open, close) }
  }

  /** All calls that are part of the program, in order. */
  calls(): Call[] {
    return this.tokens.flatMap((token, i): Call[] => {
      if (token.kind !== 'name' || !this.isLive(i) || !this.isCode(i)) return []
      const call = this.callAt(i)
      return call === undefined ? [] : [call]
    })
  }

  /** The last token of the statement that begins at `i`. */
  statementEnd(i: number): number | undefined {
    const { text } = this.token(i)
    if (text === '{') return this.closing(i)
    const next = this.after(i)
    if (next === undefined) return text === ';' ? i : undefined
    if (text === 'do') return this.upTo(next, ';')
    if (['if', 'for', 'while', 'switch'].includes(text) && this.is(next, '(')) {
      const body = this.bodyBehind(next)
      const end = body === undefined ? undefined : this.statementEnd(body)
      const other = end === undefined ? undefined : this.after(end)
      if (text !== 'if' || other === undefined || !this.is(other, 'else')) return end
      const otherwise = this.after(other)
      return otherwise === undefined ? undefined : this.statementEnd(otherwise)
    }
    return this.upTo(i, ';')
  }

  private bodyBehind(open: number): number | undefined {
    const close = this.closing(open)
    return close === undefined ? undefined : this.after(close)
  }

  /** The next such token that is in no bracket. */
  private upTo(i: number, text: string): number | undefined {
    for (let j: number | undefined = i; j !== undefined; j = this.after(j)) {
      if (this.is(j, text)) return j
      if (CLOSES.has(this.token(j).text)) j = this.closing(j) ?? j
    }
    return undefined
  }

  /** The text of a stretch as it is written. */
  written({ from, to }: Range): string {
    return from >= to ? '' : this.text.slice(this.token(from).start, this.token(to - 1).end)
  }

  /** The same on one line. */
  collapsed({ from, to }: Range): string {
    return from >= to ? '' : this.source.collapsed(this.token(from).start, this.token(to - 1).end)
  }

  /** Does a stretch read the same with an operator before it or behind it? `a->b[i]`, `f(x)`. */
  isPostfix({ from, to }: Range): boolean {
    for (let i = from; i < to; i++) {
      const { kind, text } = this.token(i)
      if (kind === 'name' || kind === 'number' || text === '.' || text === '->') continue
      if (text !== '(' && text !== '[') return false
      i = this.closing(i) ?? to
    }
    return from < to
  }
}
