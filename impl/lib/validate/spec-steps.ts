/**
 * The steps of a specification, as its Next lists them: which action, bound to what, by which thread. Read from the text of
 * the modules and not from the machine, so that TLC can be asked for one step of one thread by its name.
 */

import type { SourceText } from '../prove/blame.ts'
import { splitArguments, substituted } from '../prove/blame.ts'

/** One disjunct of Next, all its groups (`VcpuStep(v)`) resolved. */
export interface SpecStep {
  readonly action: string
  /** what quantifies it, outermost first: `\E v \in VTLs` */
  readonly bound: readonly { readonly name: string; readonly set: string }[]
  /** the action applied: `vmm_park(v)` */
  readonly call: string
  /** the arguments of the call */
  readonly args: readonly string[]
  /**
   * the thread that takes it, as TLA+: `vcpu(v)`, the one that must be at the label of the action's name; undefined for what
   * happens to a thread without its doing
   */
  readonly thread: string | undefined
}

interface Definition {
  readonly parameters: readonly string[]
  readonly body: string
}

const withoutComments = (text: string): string =>
  text.replace(/\(\*[\s\S]*?\*\)/g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/\\\*.*$/gm, '')

/** The definitions of some modules that begin at the start of a line. */
const definitionsOf = (modules: readonly SourceText[]): ReadonlyMap<string, Definition> => {
  const found = new Map<string, Definition>()
  for (const { text } of modules) {
    const lines = withoutComments(text).split('\n')
    lines.forEach((line, i) => {
      const [, name, list, rest] = /^(\w+)(?:\(([\w, ]+)\))?\s*==(.*)$/.exec(line) ?? []
      if (name === undefined || rest === undefined) return
      const after = lines.findIndex((other, j) => j > i && /^\S/.test(other))
      const body = [rest, ...lines.slice(i + 1, after < 0 ? undefined : after)].join('\n')
      found.set(name, { parameters: list === undefined ? [] : list.split(',').map((p) => p.trim()), body })
    })
  }
  return found
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** The disjuncts of a list of disjuncts, one or more a line; a quantifier reaches to the end of its own. */
const disjunctsOf = (body: string): string[] => {
  const lines = body.split('\n').filter((line) => line.trim() !== '')
  const [first = ''] = lines
  const column = first.indexOf('\\/')
  if (column < 0 || first.slice(0, column).trim() !== '') return [oneLine(body)]
  const out: string[] = []
  for (const line of lines) {
    if (line.indexOf('\\/') === column) out.push(line.slice(column + 2))
    else out.push(`${out.pop() ?? ''} ${line}`)
  }
  return out.map(oneLine)
}

/** Reads the steps of the modules of a specification; throws a `RangeError` for a Next of another form. */
export const specSteps = (modules: readonly SourceText[]): SpecStep[] => {
  const definitions = definitionsOf(modules)
  const at = definitions.get('At')
  const [, atThread] = /^\s*pc\[(.+)\] = label\s*$/.exec(at?.body ?? '') ?? []
  const [atParameter] = at?.parameters ?? []
  if (atThread === undefined || atParameter === undefined) {
    throw new RangeError('the specification does not define At(th, label) == pc[th] = label')
  }
  const threadOf = (action: string, { parameters, body }: Definition, args: readonly string[]): string | undefined => {
    const [, whose] = new RegExp(`\\bAt\\(([^"]+), "${action}"\\)`).exec(body) ?? []
    if (whose === undefined) return undefined
    return substituted(atThread, [atParameter], [substituted(whose, parameters, args)])
  }
  const steps: SpecStep[] = []
  const walk = (text: string, bound: SpecStep['bound']): void => {
    const quantified = /^\\E (\w+) \\in ([^:]+?) ?: (.+)$/.exec(text)
    if (quantified !== null) {
      const [, name = '', set = '', rest = ''] = quantified
      walk(rest, [...bound, { name, set }])
      return
    }
    for (const part of text.split(/ ?\\\/ /)) {
      const [whole, name = '', list] = /^(\w+)(?:\((.+)\))?$/.exec(part.trim()) ?? []
      const definition = definitions.get(name)
      if (whole === undefined || definition === undefined) {
        throw new RangeError(`Next has a disjunct that is not an action: ${part}`)
      }
      const args = list === undefined ? [] : splitArguments(list)
      // a group is a list of disjuncts, or one quantified; an action begins with its conjuncts
      if (/^\s*\\(\/|E)/.test(definition.body)) {
        for (const disjunct of disjunctsOf(definition.body)) {
          walk(substituted(disjunct, definition.parameters, args), bound)
        }
      } else steps.push({ action: name, bound, call: whole, args, thread: threadOf(name, definition, args) })
    }
  }
  const next = definitions.get('Next')
  if (next === undefined) throw new RangeError('the specification does not define Next')
  for (const disjunct of disjunctsOf(next.body)) walk(disjunct, [])
  return steps
}
