/**
 * Makes one module of several that EXTEND each other, for checkers that take one source text. Comments go, declarations
 * are collected in front, and names of conjuncts (`P1(f)::`) go: they only name, they do not change what is said.
 */

import { withoutComments } from '../../impl/lib/tla/module/lex.ts'

/** A module's text. */
export interface ModuleText {
  readonly file: string
  readonly text: string
}

const DECLARATION = /\b(CONSTANTS?|VARIABLES?)\b\s*((?:\w+\s*,\s*)*\w+)/g

/**
 * tla-checker lets `<=>` bind tighter than the conjunction, TLA+ the other way round: `(a <=> b /\ c)` gets the parentheses that
 * it means. Seen on IfIgnoredInv of vtl-wakeup, which TLC and the explorer find to hold.
 */
const bindEquivalence = (text: string): string => text.replace(/<=>\s*([^()\n]*(?:\/\\|\\\/)[^()\n]*)\)/g, '<=> ($1))')

/** The modules as one, extended modules first in the list. Only the standard modules that are named are extended. */
export const flatten = (modules: readonly ModuleText[], name = 'Flat'): string => {
  const constants: string[] = []
  const variables: string[] = []
  const own = new Set(modules.map(({ text }) => /MODULE\s+(\w+)/.exec(text)?.[1] ?? ''))
  const standard = new Set<string>()
  const bodies = modules.map(({ text }) =>
    bindEquivalence(withoutComments(text))
      .replace(/^-+ *MODULE.*$/m, '')
      .replace(/^={4,}\s*$/m, '')
      .replace(/^-{4,}$/gm, '')
      .replace(/^EXTENDS\s+(.*)$/gm, (_, list: string) => {
        for (const module of list.split(',').map((m) => m.trim())) if (!own.has(module)) standard.add(module)
        return ''
      })
      .replace(/\b[A-Z]\w*(\(\w+\))?::\s*/g, '')
      .replace(DECLARATION, (_, keyword: string, list: string) => {
        const names = list.split(',').map((n) => n.trim())
        if (keyword.startsWith('C')) constants.push(...names)
        else variables.push(...names)
        return ''
      })
      .replace(/\n{3,}/g, '\n\n'),
  )
  return [
    `---- MODULE ${name} ----`,
    `EXTENDS ${[...standard].join(', ')}`,
    `CONSTANTS ${constants.join(', ')}`,
    `VARIABLES ${variables.join(', ')}`,
    ...bodies,
    '====',
    '',
  ].join('\n')
}
