/**
 * TLC's model configuration files: what a model binds, which properties it has. Read strictly, with places: what an engine would
 * have to leave aside is refused, so that every engine answers the same question.
 */

import type { LockstepError, Place } from '../kernel/error.ts'
import { badInput } from '../kernel/error.ts'
import { blanked, commentsOf } from './module/lex.ts'
import { parseValue } from './parse-value.ts'
import { placesIn, whatIsAt } from '../text/place.ts'
import { printValue } from '../kernel/language/print-value.ts'
import type { TlaValue } from '../kernel/language/value.ts'

/** A parsed configuration. */
export interface Cfg {
  readonly specification: string
  readonly constants: ReadonlyMap<string, TlaValue>
  readonly invariants: readonly string[]
  readonly properties: readonly string[]
  readonly checkDeadlock: boolean
  /** where each name stands: the specification, constants, invariants, properties */
  readonly places: ReadonlyMap<string, Place>
}

type Statement = 'specification' | 'constants' | 'invariants' | 'properties' | 'deadlock'

const KEYWORDS: ReadonlyMap<string, Statement | 'unused'> = new Map<string, Statement | 'unused'>([
  ['SPECIFICATION', 'specification'],
  ['CONSTANT', 'constants'],
  ['CONSTANTS', 'constants'],
  ['INVARIANT', 'invariants'],
  ['INVARIANTS', 'invariants'],
  ['PROPERTY', 'properties'],
  ['PROPERTIES', 'properties'],
  ['CHECK_DEADLOCK', 'deadlock'],
  // TLC has these too; the other engines have nothing like them
  ...'INIT NEXT VIEW ALIAS SYMMETRY CONSTRAINT CONSTRAINTS ACTION_CONSTRAINT ACTION_CONSTRAINTS POSTCONDITION TYPE TYPE_CONSTRAINT'
    .split(' ')
    .map((keyword) => [keyword, 'unused'] as const),
])

const USED = 'SPECIFICATION, CONSTANTS, INVARIANTS, PROPERTIES and CHECK_DEADLOCK'

const FORM = 'see any .cfg under spec/ for the form'

type Fail = (offset: number, message: string, hint?: string, code?: string) => LockstepError

/** The text with comments as blanks, and again with what is in strings as dots: places stay in both. */
const stripped = (source: string, fail: Fail): { readonly text: string; readonly bare: string } => {
  const text = blanked(source, commentsOf(source))
  const bare = text.replace(/"(?:[^"\\\n]|\\.)*"?/g, (string) => '.'.repeat(string.length))
  const open = bare.indexOf('(*')
  if (open >= 0) throw fail(open, 'the comment that begins here has no end', 'close it with *)')
  return { text, bare }
}

interface Word {
  readonly text: string
  readonly at: number
}

const wordsOf = (bare: string, from: number, to: number): Word[] =>
  [...bare.slice(from, to).matchAll(/\S+/g)].map(({ 0: text, index }) => ({ text, at: from + index }))

/** Is this a statement's keyword, of whatever kind? One that nobody knows is told by its capitals at the start of a line. */
const isKeyword = (bare: string, { text, at }: Word): boolean =>
  KEYWORDS.has(text) ||
  (/^[A-Z][A-Z_]{3,}$/.test(text) &&
    (at === 0 || bare[at - 1] === '\n') &&
    !/^\s*(=|<-)/.test(bare.slice(at + text.length)))

const IS_NAME = /^[A-Za-z_]\w*$/

/** One statement: its keyword, and where what it says begins and ends. */
interface Section {
  readonly keyword: Word
  readonly from: number
  readonly to: number
}

/** What is gathered while the statements are read. */
class Reading {
  specification: string | undefined
  checkDeadlock: boolean | undefined
  readonly constants = new Map<string, TlaValue>()
  readonly invariants: string[] = []
  readonly properties: string[] = []
  readonly places = new Map<string, Place>()
  readonly #text: string
  readonly #bare: string
  readonly #fail: Fail
  readonly #placeOf: (offset: number) => Place

  constructor(source: string, file: string) {
    this.#placeOf = placesIn(source, { file })
    this.#fail = (offset, message, hint = FORM, code = 'bad-cfg') =>
      badInput({ code, message, hint, ...this.#placeOf(offset) })
    const { text, bare } = stripped(source, this.#fail)
    this.#text = text
    this.#bare = bare
    for (const section of this.#sections()) this.#read(section)
  }

  #sections(): Section[] {
    const words = wordsOf(this.#bare, 0, this.#bare.length)
    const [first] = words
    const starts = words.filter((word) => isKeyword(this.#bare, word))
    if (first !== undefined && first !== starts[0])
      throw this.#fail(first.at, `expected ${USED}, found ${JSON.stringify(first.text)}`)
    return starts.map((keyword, i) => ({
      keyword,
      from: keyword.at + keyword.text.length,
      to: starts[i + 1]?.at ?? this.#bare.length,
    }))
  }

  #read(section: Section): void {
    const { keyword } = section
    const statement = KEYWORDS.get(keyword.text)
    switch (statement) {
      case 'specification':
        this.#specification(section)
        break
      case 'constants':
        this.#assignments(section)
        break
      case 'invariants':
        this.#names(section, this.invariants)
        break
      case 'properties':
        this.#names(section, this.properties)
        break
      case 'deadlock':
        this.#deadlock(section)
        break
      case 'unused':
        throw this.#fail(
          keyword.at,
          `${keyword.text} is not used here: it would change what TLC looks at, and no other engine heeds it`,
          `take it out: a model has only ${USED}`,
          'reduced-graph',
        )
      case undefined:
        throw this.#fail(keyword.at, `there is no statement ${keyword.text}: expected ${USED}`)
      default:
        statement satisfies never
    }
  }

  /** The one word of a statement that is given once. */
  #only({ keyword, from, to }: Section, isGiven: boolean, what: string): Word {
    if (isGiven) throw this.#fail(keyword.at, `${keyword.text} is given twice`, 'keep one of them')
    const [word, second] = wordsOf(this.#bare, from, to)
    if (word === undefined) throw this.#fail(keyword.at, `${keyword.text}: expected ${what}, found nothing`)
    if (second !== undefined)
      throw this.#fail(
        second.at,
        `${keyword.text} ${word.text}: expected no more, found ${JSON.stringify(second.text)}`,
      )
    return word
  }

  #named({ keyword }: Section, word: Word): string {
    if (IS_NAME.test(word.text)) return word.text
    throw this.#fail(
      word.at,
      `${keyword.text}: expected a name, found ${JSON.stringify(word.text)}`,
      'names stand apart by spaces or lines',
    )
  }

  #specification(section: Section): void {
    const word = this.#only(section, this.specification !== undefined, 'the name of a specification')
    this.specification = this.#named(section, word)
    this.places.set(word.text, this.#placeOf(word.at))
  }

  #deadlock(section: Section): void {
    const word = this.#only(section, this.checkDeadlock !== undefined, 'TRUE or FALSE')
    if (word.text !== 'TRUE' && word.text !== 'FALSE')
      throw this.#fail(word.at, `CHECK_DEADLOCK: expected TRUE or FALSE, found ${JSON.stringify(word.text)}`)
    this.checkDeadlock = word.text === 'TRUE'
  }

  #names(section: Section, into: string[]): void {
    for (const word of wordsOf(this.#bare, section.from, section.to)) {
      const name = this.#named(section, word)
      if (this.invariants.includes(name) || this.properties.includes(name))
        throw this.#fail(word.at, `${name} is listed twice`, 'a model has each property once')
      into.push(name)
      this.places.set(name, this.#placeOf(word.at))
    }
  }

  /** `x = value` one after the other. */
  #assignments({ from, to }: Section): void {
    const heads = [...this.#bare.slice(from, to).matchAll(/([A-Za-z_]\w*)\s*(=|<-)/g)]
    const stray = this.#bare.slice(from, from + (heads[0]?.index ?? to - from)).search(/\S/)
    if (stray >= 0) throw this.#fail(from + stray, `expected NAME = value, found ${whatIsAt(this.#bare, from + stray)}`)
    heads.forEach((head, i) => {
      const [whole, name = '', sign] = head
      const at = from + head.index
      if (sign === '<-')
        throw this.#fail(at, `${name} <- ... is not used here: give a value, so that every engine reads it`)
      if (this.constants.has(name)) throw this.#fail(at, `constant ${name} is given twice`, 'keep one of them')
      this.constants.set(name, this.#value(at + whole.length, from + (heads[i + 1]?.index ?? to - from)))
      this.places.set(name, this.#placeOf(at))
    })
  }

  #value(from: number, to: number): TlaValue {
    const text = this.#text.slice(from, to)
    const start = from + Math.max(0, text.search(/\S/))
    return parseValue(text.trim(), this.#placeOf(start))
  }

  finish(): Cfg {
    const { specification, constants, invariants, properties, places } = this
    if (specification === undefined)
      throw this.#fail(
        0,
        'there is no SPECIFICATION',
        'name it: SPECIFICATION FairSpec, or Spec where there are no PROPERTIES',
      )
    return { specification, constants, invariants, properties, checkDeadlock: this.checkDeadlock ?? true, places }
  }
}

/**
 * Parses a configuration; `file` is for errors only.
 * @throws LockstepError (exit 2) with file, line and column: `bad-cfg`; `reduced-graph` for a statement that only TLC has; of
 * values as `parseValue`
 */
export const parseCfg = (source: string, file: string): Cfg => new Reading(source, file).finish()

/** What a run of TLC checks of a model. */
export interface CfgSelection {
  readonly specification: string
  readonly invariants: readonly string[]
  readonly properties: readonly string[]
}

/** A configuration with the constants of `cfg` that checks only what is selected. */
export const printCfg = (cfg: Cfg, { specification, invariants, properties }: CfgSelection): string => {
  const list = (keyword: string, names: readonly string[]): string =>
    names.length === 0 ? '' : `${keyword}\n${names.map((n) => `    ${n}\n`).join('')}`
  const constants = [...cfg.constants].map(([name, value]) => `    ${name} = ${printValue(value)}\n`).join('')
  return `SPECIFICATION ${specification}\nCONSTANTS\n${constants}${list('INVARIANTS', invariants)}${list('PROPERTIES', properties)}`
}
