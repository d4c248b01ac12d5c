/** The preprocessor: directives obeyed, files included, macros replaced; what is left goes on, token by token. */

import { shown } from '../../text/shown.ts'
import type { Declaration } from './ast.ts'
import { Conditionals } from './conditionals.ts'
import { errorAt, errorAtToken, quoted } from './error.ts'
import { Expander } from './expand.ts'
import type { IncludeMemory, Kept } from './include-memory.ts'
import { lex } from './lex.ts'
import { LIMITS } from './limits.ts'
import { isSameMacro, macroOf } from './macro.ts'
import { macrosAtStart } from './predefined.ts'
import type { IncludeEnvironment, SourceFile } from './source.ts'
import { SourceText } from './text.ts'
import type { Token } from './token.ts'

/** Where the tokens go. */
export interface Sink {
  push(tokens: readonly Token[]): void
  /** Whether nothing that has begun is unfinished. */
  isBetween(): boolean
  /** How much has come out so far, and what came out since; and the same put in again. */
  mark(): number
  since(mark: number): readonly Declaration[]
  again(what: readonly Declaration[]): void
}

/** Directives that say nothing about the program: places are the file's own, whatever #line says. */
const IGNORED: ReadonlySet<string> = new Set(['pragma', 'line', 'warning', 'ident'])

export class Preprocessor {
  private readonly environment: IncludeEnvironment
  private readonly sink: Sink
  private readonly memory: IncludeMemory
  private readonly expander: Expander
  private readonly onWord: ((word: Token) => void) | undefined
  private readonly once = new Set<string>()
  private readonly files: SourceFile[] = []
  private characters = 0
  /** what everything so far follows from; undefined if it is more than files that are kept */
  private history: string | undefined

  constructor(environment: IncludeEnvironment, sink: Sink, memory: IncludeMemory, onWord?: (word: Token) => void) {
    this.environment = environment
    this.sink = sink
    this.memory = memory
    this.onWord = onWord
    this.expander = new Expander(macrosAtStart(environment.defines), 0, onWord)
    this.history = JSON.stringify([...environment.defines])
  }

  /** Reads a file to its end, after those that come before each. */
  run(file: SourceFile): void {
    // what is written before the text of a file, as for litmus tests, has no lines of its own
    const line = Math.max(file.firstLine ?? 1, 1)
    const place = { file: file.name, line, column: file.firstColumn ?? 1 }
    const fail = (message: string, hint: string): Error => errorAt('c-too-large', place, message, hint)
    this.memory.begin()
    this.admit(file, fail)
    this.files.push(file)
    for (const before of this.environment.prelude ?? []) this.enter(before, fail)
    this.lines(file)
    this.files.pop()
  }

  /** Counts a file against the limits. */
  private admit(file: SourceFile, fail: (message: string, hint: string) => Error): void {
    const size = file.text.length
    if (size > LIMITS.file) {
      const message = `${shown(file.name)} has ${size} characters; at most ${LIMITS.file} are read of one file`
      throw fail(message, 'Give the part of it that synchronises.')
    }
    this.characters += size
    if (this.characters <= LIMITS.program) return
    const message = `With ${shown(file.name)} the program has more than ${LIMITS.program} characters`
    throw fail(message, 'Include fewer files, and each of them once.')
  }

  private lines(file: SourceFile): void {
    const tokens = this.memory.tokensOf(file, this.environment.isHeader(file.name), () => lex(new SourceText(file)))
    const conditionals = new Conditionals(this.expander)
    let from = 0
    for (let at = 0; at < tokens.length;) {
      const token = tokens[at]
      if (token?.first !== true || !token.is('#')) {
        at++
        continue
      }
      if (conditionals.live) this.text(tokens.slice(from, at))
      let end = at + 1
      while (end < tokens.length && tokens[end]?.first === false) end++
      this.directive(token, tokens.slice(at + 1, end), conditionals)
      from = at = end
    }
    if (conditionals.live) this.text(tokens.slice(from))
    conditionals.finish()
  }

  private text(tokens: readonly Token[]): void {
    if (tokens.length === 0) return
    this.changed()
    const expanded = this.expander.expand(tokens)
    const [first] = tokens
    if (first !== undefined) this.expander.spend(expanded.length, first)
    if (this.onWord !== undefined) for (const token of expanded) this.onWord(token)
    this.sink.push(expanded)
  }

  /** What is known no longer follows from files alone. */
  private changed(): void {
    if (this.files.length === 1) this.history = undefined
  }

  private directive(hash: Token, line: readonly Token[], conditionals: Conditionals): void {
    const [name, ...rest] = line
    if (name === undefined || conditionals.take(name, rest) || !conditionals.live) return
    switch (name.text) {
      case 'define':
        this.define(rest, name)
        return
      case 'undef':
        this.undefine(rest, name)
        return
      case 'include':
        this.include(rest, name)
        return
      case 'error': {
        const message = `#error${rest.map((token) => ` ${token.text}`).join('')}`
        throw errorAtToken('c-preprocessor', name, shown(message), 'The file asks to be refused here.')
      }
      case 'pragma':
        if (rest[0]?.is('once') === true) this.once.add(name.source.name)
        return
      default:
        if (IGNORED.has(name.text) || name.kind === 'number') return
        throw errorAtToken(
          'c-preprocessor',
          hash,
          `#${shown(name.text)} is no directive that is known`,
          'There are #include, #define, #undef, #if and its kin, #error, #pragma, #line.',
        )
    }
  }

  private define(rest: readonly Token[], directive: Token): void {
    this.changed()
    const macro = macroOf(rest, directive)
    const before = this.expander.macros.get(macro.name)
    if (before !== undefined && !isSameMacro(before, macro)) {
      const message = `The macro ${shown(macro.name)} is defined already, as something else`
      throw errorAtToken(
        'c-preprocessor',
        rest[0] ?? directive,
        message,
        'Write #undef before it, or #ifndef around it.',
      )
    }
    this.expander.macros.set(macro.name, macro)
  }

  private undefine(rest: readonly Token[], directive: Token): void {
    this.changed()
    const [name] = rest
    if (name?.kind !== 'name' || rest.length > 1) {
      throw errorAtToken('c-preprocessor', rest[1] ?? name ?? directive, '#undef takes one name', 'Write #undef NAME.')
    }
    this.expander.macros.delete(name.text)
  }

  // -------------------------------------------------------------------------------------------------------- inclusion

  private include(rest: readonly Token[], directive: Token): void {
    const [name, angled] = this.nameOf(rest, directive)
    const from = directive.source.name
    const file = this.environment.include(name, angled, from)
    if (file === undefined) {
      const message = `There is no file ${angled ? `<${shown(name)}>` : `"${shown(name)}"`} to include`
      throw errorAtToken(
        'c-include',
        rest[0] ?? directive,
        message,
        'Name the directory that it is in with -I DIRECTORY; or leave it out, if nothing of it is needed.',
      )
    }
    this.memory.note({ name, angled, from, file })
    if (this.once.has(file.name)) return
    if (this.files.length >= LIMITS.includes) throw this.tooDeep(file, directive)
    this.enter(file, (message, hint) => errorAtToken('c-too-large', rest[0] ?? directive, message, hint))
  }

  private tooDeep(file: SourceFile, directive: Token): Error {
    const names = [...this.files.map((f) => f.name), file.name]
    const again = names.lastIndexOf(file.name, names.length - 2)
    if (again < 0) {
      const message = `Files include each other more than ${LIMITS.includes} deep`
      return errorAtToken('c-too-large', directive, message, 'Include the innermost ones where they are needed.')
    }
    const chain = names.slice(again).map(shown).join(' -> ')
    const message = `${shown(file.name)} includes itself without end: ${chain}`
    return errorAtToken('c-include', directive, message, 'Write #pragma once into it, or an include guard.')
  }

  /** The file that a directive names: as it is written, or as macros make it. */
  private nameOf(rest: readonly Token[], directive: Token): [name: string, angled: boolean] {
    const isWritten = rest[0]?.kind === 'string' || rest[0]?.is('<') === true
    const tokens = isWritten ? rest : this.expander.expand(rest)
    const [first] = tokens
    if (first?.kind === 'string' && first.text.startsWith('"') && tokens.length === 1)
      return [first.text.slice(1, -1), false]
    const close = tokens.findIndex((token) => token.is('>'))
    if (first?.is('<') === true && close === tokens.length - 1 && close > 1) {
      const inner = tokens.slice(1, -1)
      return [inner.map((token, i) => (i > 0 && token.spaced ? ' ' : '') + token.text).join(''), true]
    }
    const message = `${quoted(first)} names no file to include`
    throw errorAtToken('c-preprocessor', first ?? directive, message, 'Write #include <name.h> or #include "name.h".')
  }

  /** Reads another file here. What all programs include is read once, if it begins alike. */
  private enter(file: SourceFile, fail: (message: string, hint: string) => Error): void {
    const { history } = this
    const isDirect = this.files.length === 1
    const isHeader = isDirect && this.environment.isHeader(file.name)
    const isKept = isHeader && history !== undefined && this.sink.isBetween()
    const known = isKept ? this.memory.find(history, file, this.environment) : undefined
    if (known !== undefined) {
      this.recall(known)
      return
    }
    const before = { mark: this.sink.mark(), characters: this.characters, notes: this.memory.begin() }
    this.admit(file, fail)
    this.files.push(file)
    this.lines(file)
    this.files.pop()
    const notes = this.memory.end(before.notes)
    if (isDirect) this.history = undefined
    if (!isKept || !this.sink.isBetween()) return
    this.history = this.memory.keep(history, file, notes, {
      macros: new Map(this.expander.macros),
      count: this.expander.count,
      once: [...this.once],
      characters: this.characters - before.characters,
      out: this.sink.since(before.mark),
    })
  }

  private recall({ id, state }: Kept): void {
    this.expander.macros.clear()
    for (const [name, macro] of state.macros) this.expander.macros.set(name, macro)
    this.expander.count = state.count
    for (const name of state.once) this.once.add(name)
    this.characters += state.characters
    this.sink.again(state.out)
    this.history = id
  }
}
