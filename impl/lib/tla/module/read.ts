/**
 * Reads what a module declares and defines, and where. It takes any text, of users too: what a definition says, and whether it
 * is TLA+ at all, is for the parser and for the engines.
 */

import type { TextRange, Token } from './lex.ts'
import { blanked, commentsOf, isInString, tokensIn } from './lex.ts'

/** The left side of a definition. */
export interface Head {
  /** of an operator between or behind its arguments, the operator: `\prec` */
  readonly name: string
  readonly parameters: readonly string[]
  /** `f[x \in S] == e` is a function, which has no parameters */
  readonly kind: 'operator' | 'function'
  readonly start: number
}

/** A definition; its range is from its name to its last token. */
export interface ModuleDefinition extends Head, TextRange {
  /** is it within a LET? */
  readonly isLocal: boolean
  /** the line of its name, from 1 */
  readonly line: number
  /** what is after `==`, with spaces in place of comments */
  readonly body: string
}

/** A module. */
export interface ModuleText {
  /** undefined where there is no `---- MODULE name ----` */
  readonly name: string | undefined
  readonly extends: readonly string[]
  readonly constants: readonly string[]
  readonly variables: readonly string[]
  /** in the order of the text, those of modules within it too */
  readonly definitions: readonly ModuleDefinition[]
  readonly comments: readonly TextRange[]
}

interface OpenDefinition {
  readonly head: Head
  readonly line: number
  readonly bodyStart: number
}

const STATEMENTS = new Set('ASSUME ASSUMPTION AXIOM THEOREM LEMMA PROPOSITION COROLLARY'.split(' '))

/** All that begins or ends something. */
const MARK = new RegExp(
  String.raw`-{4,}|={2,}|\b(?:LET|IN|LOCAL|RECURSIVE|INSTANCE|EXTENDS|CONSTANTS?|VARIABLES?|MODULE|${[...STATEMENTS].join('|')})\b`,
  'g',
)

const HEADER = /(?<!-)-{4,}\s*MODULE\s+(\w+)\s*-{4,}/

/** What is no part of an operator's name. */
const PUNCTUATION = new Set(['(', ')', '[', ']', '{', '}', '<<', '>>', ',', ':', '::', '==', '->', '<-', '|->', '.'])

const POSTFIX = new Set(["'", '^+', '^*', '^#'])

/** Where the bracket that closes at the last token opens; -1 if it does not. */
const opening = (tokens: readonly Token[]): number => {
  let depth = 0
  for (let i = tokens.length - 1; i >= 0; i--) {
    const text = tokens[i]?.text
    if (text === ')' || text === ']') depth += 1
    else if ((text === '(' || text === '[') && --depth === 0) return i
  }
  return -1
}

/** The names of a list, up to what is no part of it: of `F(_, _)` F, and of `_ \prec _` the operator. */
const namesOfList = (tokens: readonly Token[]): string[] => {
  const names: string[] = []
  let [depth, isItemNext, isOperator] = [0, true, false]
  for (const { kind, text } of tokens) {
    if (text === '(') depth += 1
    else if (text === ')') depth -= 1
    else if (depth === 0 && text === ',') isItemNext = true
    else if (depth === 0 && text === '_') isOperator = true
    else if (depth === 0) {
      if (!isItemNext || (kind !== 'name' && !isOperator)) break
      names.push(text)
      isItemNext = isOperator = false
    }
  }
  return names
}

/** Where the symbols that touch one another up to the last token begin. */
const operatorFrom = (tokens: readonly Token[]): number => {
  let from = tokens.length
  for (let i = tokens.length - 1; i >= 0; i--) {
    const [token, next] = [tokens[i], tokens[i + 1]]
    if (token === undefined || (token.kind !== 'symbol' && token.kind !== 'unknown')) break
    if (i + 1 < tokens.length && token.end !== next?.start) break
    from = i
  }
  return from
}

const textOf = (tokens: readonly Token[]): string => tokens.map(({ text }) => text).join('')

/** `name`, or `a \prec name`, or `-. name`. */
const headOfName = (before: readonly Token[], name: Token): Head => {
  const from = operatorFrom(before)
  const [left, symbols] = [before[from - 1], before.slice(from)]
  const operator = textOf(symbols)
  const [first] = symbols
  if (first !== undefined && operator === '-.')
    return { name: operator, parameters: [name.text], kind: 'operator', start: first.start }
  if (first !== undefined && left?.kind === 'name' && !symbols.some(({ text }) => PUNCTUATION.has(text)))
    return { name: operator, parameters: [left.text, name.text], kind: 'operator', start: left.start }
  return { name: name.text, parameters: [], kind: 'operator', start: name.start }
}

/** The left side that some tokens end with, if they have the whole of one. */
const headOf = (tokens: readonly Token[]): Head | undefined => {
  const last = tokens.at(-1)
  if (last?.kind === 'name') return headOfName(tokens.slice(0, -1), last)
  if (last?.text === ')' || last?.text === ']') {
    const from = opening(tokens)
    const name = tokens[from - 1]
    if (name?.kind !== 'name') return undefined
    const isFunction = last.text === ']'
    const parameters = isFunction ? [] : namesOfList(tokens.slice(from + 1, -1))
    return { name: name.text, parameters, kind: isFunction ? 'function' : 'operator', start: name.start }
  }
  const from = operatorFrom(tokens)
  const [operand, operator] = [tokens[from - 1], textOf(tokens.slice(from))]
  if (operand?.kind !== 'name' || !POSTFIX.has(operator)) return undefined
  return { name: operator, parameters: [operand.text], kind: 'operator', start: operand.start }
}

/** Nearly all of them, for speed: every start of a command reads all modules. */
const PLAIN = /^\s*([A-Za-z]\w*)\s*(?:\(([\w\s,]+)\)\s*)?$/

/** The left side before a `==`, which is not before `floor`; none in a string. It is seldom on more than one line. */
const headBefore = (code: string, at: number, floor: number): Head | undefined => {
  for (let from = at; from > floor;) {
    from = Math.max(floor, code.lastIndexOf('\n', from - 1))
    const left = code.slice(from, at)
    // an array is not taken apart here, which costs more than the rest until it is compiled
    const plain = PLAIN.exec(left)
    if (plain?.[1] !== undefined && !code.startsWith('===', at)) {
      const parameters = plain[2]?.split(',').map((parameter) => parameter.trim()) ?? []
      return { name: plain[1], parameters, kind: 'operator', start: at - left.trimStart().length }
    }
    const tokens = tokensIn(code, from, at + 2)
    const equals = tokens.pop()
    if (equals?.text !== '==' || equals.start !== at) return undefined
    const head = headOf(tokens)
    const last = tokens.at(-1)?.text
    const isBegun = last === undefined || last === ')' || last === ']'
    if (head !== undefined || !isBegun) return head
  }
  return undefined
}

/** Goes through a module from mark to mark; what is between them is read where a mark asks for it. */
class ModuleReader {
  readonly #code: string
  readonly #definitions: ModuleDefinition[] = []
  readonly #extended: string[] = []
  readonly #constants: string[] = []
  readonly #variables: string[] = []
  readonly #lists: ReadonlyMap<string, string[]> = new Map([
    ['EXTENDS', this.#extended],
    ['CONSTANT', this.#constants],
    ['CONSTANTS', this.#constants],
    ['VARIABLE', this.#variables],
    ['VARIABLES', this.#variables],
  ])
  /** the definitions whose ends are ahead, each within a LET of the one before it */
  readonly #open: (OpenDefinition | undefined)[] = [undefined]
  #line = 1
  #counted = 0

  constructor(code: string) {
    this.#code = code
  }

  read(): Omit<ModuleText, 'comments'> {
    const header = HEADER.exec(this.#code)
    // what is before the module and behind it is prose
    MARK.lastIndex = header === null ? 0 : header.index + header[0].length
    let modules = 1
    let end = this.#code.length
    // the mark before, and where it ends
    let [last, floor] = ['', MARK.lastIndex]
    for (let found = MARK.exec(this.#code); found !== null; found = MARK.exec(this.#code)) {
      const mark = found[0]
      const head = mark === '==' ? headBefore(this.#code, found.index, floor) : undefined
      if (mark === '==' ? head === undefined : isInString(this.#code, found.index, floor)) continue
      if (mark === 'MODULE') modules += 1
      else if (mark.startsWith('====')) modules -= 1
      this.#list(last, floor, found.index)
      if (modules === 0) {
        end = found.index
        break
      }
      // `THEOREM Name == ...` defines nothing that can be applied
      if (head === undefined) this.#mark(mark, found.index, last, floor)
      else if (!STATEMENTS.has(last) || !this.#isBlank(floor, head.start)) this.#begin(head, MARK.lastIndex)
      last = mark
      floor = MARK.lastIndex
    }
    if (end === this.#code.length) this.#list(last, floor, end)
    this.#unit(end)
    return {
      name: header?.[1],
      extends: this.#extended,
      constants: this.#constants,
      variables: this.#variables,
      definitions: this.#definitions.sort((a, b) => a.start - b.start),
    }
  }

  #mark(mark: string, at: number, last: string, floor: number): void {
    if (mark === 'LET') this.#open.push(undefined)
    else if (mark === 'IN') {
      if (this.#open.length > 1) {
        this.#close(at)
        this.#open.pop()
      }
    } else if (mark === 'LOCAL' || mark === 'RECURSIVE') this.#close(at)
    else if (mark === 'INSTANCE') {
      if (last !== '==' || !this.#isBlank(floor, at)) this.#close(at)
    } else if (mark !== '===') {
      this.#unit(at)
    }
  }

  #isBlank(from: number, to: number): boolean {
    return this.#code.slice(from, to).trim() === ''
  }

  #begin(head: Head, bodyStart: number): void {
    // a LET whose IN is missing ends there at the latest
    if (head.start === 0 || this.#code.charAt(head.start - 1) === '\n') this.#unit(head.start)
    else this.#close(head.start)
    this.#open[this.#open.length - 1] = { head, bodyStart, line: this.#lineOf(head.start) }
  }

  /** Ends the definition that is innermost. */
  #close(at: number): void {
    const depth = this.#open.length - 1
    const own = this.#open[depth]
    this.#open[depth] = undefined
    if (own === undefined) return
    const { head, line, bodyStart } = own
    const body = this.#code.slice(bodyStart, at).trimEnd()
    this.#definitions.push({ ...head, isLocal: depth > 0, line, body, end: bodyStart + body.length })
  }

  /** Ends all definitions: something of the module's own begins. */
  #unit(at: number): void {
    for (;;) {
      this.#close(at)
      if (this.#open.length === 1) return
      this.#open.pop()
    }
  }

  /** What a keyword lists, which is before the next mark. */
  #list(keyword: string, from: number, to: number): void {
    const list = this.#lists.get(keyword)
    if (list === undefined) return
    // `ASSUME NEW CONSTANT x` declares for a theorem only
    const before = this.#code.slice(Math.max(0, from - 80), from - keyword.length)
    if (!/(?:\bNEW|\bASSUME|,)\s*$/.test(before)) list.push(...namesOfList(tokensIn(this.#code, from, to)))
  }

  #lineOf(offset: number): number {
    for (let at = this.#code.indexOf('\n', this.#counted); at >= 0 && at < offset;) {
      this.#line += 1
      this.#counted = at + 1
      at = this.#code.indexOf('\n', this.#counted)
    }
    return this.#line
  }
}

/** Reads a module. It refuses nothing: what it does not know is a part of nothing. */
export const readModule = (text: string): ModuleText => {
  const comments = commentsOf(text)
  return { ...new ModuleReader(blanked(text, comments)).read(), comments }
}
