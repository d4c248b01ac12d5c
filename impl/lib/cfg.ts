/** TLC's model configuration files: what a model binds, which properties it has. Read strictly, with places. */

import { badInput } from './error.ts'
import { parseValue } from './trace/parse.ts'
import { placeAt } from './trace/place.ts'
import { printValue } from './trace/print.ts'
import type { TlaValue } from './trace/value.ts'

/** A parsed configuration. */
export interface Cfg {
  readonly specification: string | undefined
  readonly constants: ReadonlyMap<string, TlaValue>
  readonly invariants: readonly string[]
  readonly properties: readonly string[]
  readonly checkDeadlock: boolean
  /** statements that change the graph that TLC builds: VIEW, ALIAS, SYMMETRY, CONSTRAINT, ... and where they are */
  readonly reductions: readonly { readonly keyword: string; readonly line: number }[]
}

const KEYWORDS = new Map([
  ['SPECIFICATION', 'specification'],
  ['CONSTANT', 'constants'],
  ['CONSTANTS', 'constants'],
  ['INVARIANT', 'invariants'],
  ['INVARIANTS', 'invariants'],
  ['PROPERTY', 'properties'],
  ['PROPERTIES', 'properties'],
  ['CHECK_DEADLOCK', 'deadlock'],
  ['INIT', 'reduction'],
  ['NEXT', 'reduction'],
  ['VIEW', 'reduction'],
  ['ALIAS', 'reduction'],
  ['SYMMETRY', 'reduction'],
  ['CONSTRAINT', 'reduction'],
  ['CONSTRAINTS', 'reduction'],
  ['ACTION_CONSTRAINT', 'reduction'],
  ['ACTION_CONSTRAINTS', 'reduction'],
  ['POSTCONDITION', 'reduction'],
])

/** Comments as blanks, so that places stay. */
const withoutComments = (text: string): string =>
  text.replace(/\(\*[\s\S]*?\*\)|\\\*[^\n]*/g, (comment) => comment.replace(/[^\n]/g, ' '))

/** Parses a configuration; `file` is for errors only. */
export const parseCfg = (source: string, file: string): Cfg => {
  const text = withoutComments(source)
  const fail = (offset: number, message: string): Error =>
    badInput({
      code: 'bad-cfg',
      message,
      hint: 'see any .cfg under spec/ for the form',
      ...placeAt(source, offset, { file }),
    })
  const starts = [...text.matchAll(/[A-Z_]+/g)].filter(({ 0: word, index }) => {
    const before = text[index - 1]
    const after = text[index + word.length]
    return (
      KEYWORDS.has(word) && (before === undefined || /\s/.test(before)) && (after === undefined || /\s/.test(after))
    )
  })
  const [first] = starts
  const preamble = text.slice(0, first?.index ?? text.length).search(/\S/)
  if (preamble >= 0) throw fail(preamble, `expected one of ${[...KEYWORDS.keys()].slice(0, 8).join(', ')}, ...`)

  let specification: string | undefined
  let checkDeadlock = true
  const constants = new Map<string, TlaValue>()
  const invariants: string[] = []
  const properties: string[] = []
  const reductions: { keyword: string; line: number }[] = []

  starts.forEach((start, i) => {
    const bodyAt = start.index + start[0].length
    const body = text.slice(bodyAt, starts[i + 1]?.index ?? text.length)
    const words = body.split(/[\s,]+/).filter((w) => w !== '')
    switch (KEYWORDS.get(start[0])) {
      case 'specification':
        specification = words[0]
        break
      case 'invariants':
        invariants.push(...words)
        break
      case 'properties':
        properties.push(...words)
        break
      case 'deadlock':
        checkDeadlock = words[0] !== 'FALSE'
        break
      case 'constants':
        for (const [name, value] of assignments(body, (offset, message) => fail(bodyAt + offset, message))) {
          constants.set(name, value)
        }
        break
      default:
        reductions.push({ keyword: start[0], line: placeAt(source, start.index).line ?? 1 })
    }
  })
  return { specification, constants, invariants, properties, checkDeadlock, reductions }
}

/** `x = value` one after the other. */
const assignments = (body: string, fail: (offset: number, message: string) => Error): [string, TlaValue][] => {
  const heads = [...body.matchAll(/([A-Za-z_]\w*)\s*(=|<-)/g)]
  const stray = body.slice(0, heads[0]?.index ?? body.length).search(/\S/)
  if (stray >= 0) throw fail(stray, 'expected NAME = value')
  return heads.map((head, i) => {
    const [whole, name, sign] = head
    const at = head.index + whole.length
    if (name === undefined) throw fail(head.index, 'expected NAME = value')
    if (sign === '<-')
      throw fail(head.index, `${name} <- ... is not used here: give a value, so that every engine reads it`)
    const text = body.slice(at, heads[i + 1]?.index ?? body.length)
    return [name, parseValue(text.trim())]
  })
}

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
