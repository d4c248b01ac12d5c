/**
 * Makes one module of several that EXTEND each other, for checkers that take one source text. It says the same with all
 * parentheses, every parameter a name of its own, and no comments and labels: tla-checker has a precedence of its own for some operators, and
 * puts arguments in one after the other, where one may be called as the next parameter is.
 */

import { LockstepError } from '../../impl/lib/kernel/error.ts'
import type { Expr, Module, Unit } from '../../impl/lib/tla/module/ast.ts'
import { withoutComments } from '../../impl/lib/tla/module/lex.ts'
import { parseModule } from '../../impl/lib/tla/module/parse.ts'
import { printUnit } from '../../impl/lib/tla/module/print.ts'
import { withUniqueParameters } from '../../impl/lib/tla/module/unique-parameters.ts'

/** A module's text. */
export interface ModuleText {
  readonly file: string
  readonly text: string
}

/** Several modules as one. */
export interface Flat {
  readonly text: string
  /** of each module that is in it as it is, because we do not read its form: file, and what was not understood */
  readonly unread: readonly string[]
}

/** A module as parts of another. */
interface Part {
  readonly extended: readonly string[]
  readonly constants: readonly string[]
  readonly variables: readonly string[]
  readonly definitions: readonly string[]
  readonly unread?: string
}

/** The names of conjuncts (`P1(f)::`) only name. */
const withoutLabels = (e: Expr): Expr => {
  const [named] = e.parts
  return e.kind === 'label' && named !== undefined ? withoutLabels(named) : { ...e, parts: e.parts.map(withoutLabels) }
}

const declared = (units: readonly Unit[], keyword: 'CONSTANTS' | 'VARIABLES'): string[] =>
  units.flatMap((unit) => (unit.kind === 'declare' && unit.keyword === keyword ? unit.names : []))

const partOf = (module: Module): Part => {
  const { extended, units } = withUniqueParameters(module)
  return {
    extended,
    constants: declared(units, 'CONSTANTS'),
    variables: declared(units, 'VARIABLES'),
    definitions: units.flatMap((unit) =>
      unit.kind !== 'declare'
        ? [printUnit({ ...unit, body: withoutLabels(unit.body) })]
        : unit.keyword === 'RECURSIVE'
          ? [printUnit(unit)]
          : [],
    ),
  }
}

const DECLARATION = /\b(CONSTANTS?|VARIABLES?)\b\s*((?:\w+\s*,\s*)*\w+)/g

/** A module in a form that we do not read, as it is: it is for the checker to say what it makes of it. */
const asItIs = (text: string): Part => {
  const names: Record<'C' | 'V', string[]> = { C: [], V: [] }
  const extended: string[] = []
  const body = withoutComments(text)
    .replace(/^-+ *MODULE.*$/m, '')
    .replace(/^={4,}\s*$/m, '')
    .replace(/^-{4,}$/gm, '')
    .replace(/^EXTENDS\s+(.*)$/gm, (_, list: string) => {
      extended.push(...list.split(',').map((m) => m.trim()))
      return ''
    })
    .replace(/\b[A-Z]\w*(\(\w+\))?::\s*/g, '')
    .replace(DECLARATION, (_, keyword: string, list: string) => {
      names[keyword.startsWith('C') ? 'C' : 'V'].push(...list.split(',').map((n) => n.trim()))
      return ''
    })
    .replace(/\n{3,}/g, '\n\n')
  return { extended, constants: names.C, variables: names.V, definitions: [body] }
}

const unreadText = (file: string, { problem: { line, message } }: LockstepError): string =>
  `${file}${line === undefined ? '' : `:${line}`}: ${message}`

const read = ({ file, text }: ModuleText): Part => {
  try {
    return partOf(parseModule(text, file))
  } catch (error) {
    if (error instanceof LockstepError) return { ...asItIs(text), unread: unreadText(file, error) }
    throw error
  }
}

const listed = (keyword: string, names: readonly string[]): string[] =>
  names.length === 0 ? [] : [`${keyword} ${names.join(', ')}`]

/** The modules as one, extended modules first in the list. Only the standard modules that are named are extended. */
export const flatten = (modules: readonly ModuleText[], name = 'Flat'): Flat => {
  const own = new Set(modules.map(({ text }) => /MODULE\s+(\w+)/.exec(text)?.[1] ?? ''))
  const parts = modules.map(read)
  const standard = new Set(parts.flatMap(({ extended }) => extended.filter((module) => !own.has(module))))
  const text = [
    `---- MODULE ${name} ----`,
    ...listed('EXTENDS', [...standard]),
    ...listed(
      'CONSTANTS',
      parts.flatMap(({ constants }) => constants),
    ),
    ...listed(
      'VARIABLES',
      parts.flatMap(({ variables }) => variables),
    ),
    ...parts.flatMap(({ definitions }) => definitions),
    '====',
    '',
  ].join('\n')
  return { text, unread: parts.flatMap(({ unread }) => unread ?? []) }
}
