/**
 * The steps of a specification, as its Next lists them: which action, bound to what, by which thread. Read from the text of
 * the modules and not from the machine, so that TLC can be asked for one step of one thread by its name.
 */

import { badInput } from '../kernel/error.ts'
import type { SourceText } from '../prove/blame.ts'
import { bulletsIn, oneLine, splitArguments, substituted } from '../tla/module/fragment.ts'
import type { ModuleDefinition } from '../tla/module/read.ts'
import { readModule } from '../tla/module/read.ts'

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

/** The definitions of some modules; of those of one name the last. */
const definitionsOf = (modules: readonly SourceText[]): ReadonlyMap<string, ModuleDefinition> =>
  new Map(
    modules.flatMap(({ text }) =>
      readModule(text)
        .definitions.filter(({ kind, isLocal }) => kind === 'operator' && !isLocal)
        .map((definition): [string, ModuleDefinition] => [definition.name, definition]),
    ),
  )

/** The disjuncts of a list of disjuncts, one or more a line; a quantifier reaches to the end of its own. */
const disjunctsOf = (body: string): string[] =>
  body.trimStart().startsWith('\\/') ? bulletsIn(body, '\\/').map(({ text }) => oneLine(text)) : [oneLine(body)]

/**
 * Is a definition a list of actions, or one that is quantified? One of which no part applies a definition is an action itself,
 * which may be quantified too; one of which some parts do is refused where it is walked.
 */
const isGroup = (body: string, definitions: ReadonlyMap<string, ModuleDefinition>): boolean =>
  /^\s*\\(\/|E)/.test(body) &&
  disjunctsOf(body).some((disjunct) => {
    const applied = disjunct.replace(/^(?:\\E \w+ \\in [^:]+? ?: )+/, '')
    return applied.split(/ ?\\\/ /).some((part) => {
      const [, name = ''] = /^(\w+)(?:\(.+\))?$/.exec(part.trim()) ?? []
      return definitions.has(name)
    })
  })

/** `At`, and operators that say of their first two parameters that the one is at the other: `Goto(th, from, to)`. */
const labelOperators = (definitions: ReadonlyMap<string, ModuleDefinition>): string[] => [
  'At',
  ...[...definitions.values()].flatMap(({ name, parameters: [th, label], body }) =>
    th !== undefined && label !== undefined && new RegExp(`\\bAt\\(${th}, ${label}\\)`).test(body) ? [name] : [],
  ),
]

const unread = (message: string, hint: string) => badInput({ code: 'unread-next', message, hint })

/**
 * Reads the steps of the modules of a specification.
 * @throws LockstepError (exit 2) `unread-next` for a Next of another form
 */
export const specSteps = (modules: readonly SourceText[]): SpecStep[] => {
  const definitions = definitionsOf(modules)
  const at = definitions.get('At')
  const [, atThread] = /^\s*pc\[(.+)\] = label\s*$/.exec(at?.body ?? '') ?? []
  const [atParameter] = at?.parameters ?? []
  if (atThread === undefined || atParameter === undefined) {
    throw unread(
      'the specification does not define At(th, label) == pc[th] = label',
      'define it, and let each action of a thread begin with it: that is how a step is known to be of a thread',
    )
  }
  const atLabel = labelOperators(definitions).join('|')
  const threadOf = (
    action: string,
    { parameters, body }: ModuleDefinition,
    args: readonly string[],
  ): string | undefined => {
    const [, whose] = new RegExp(`\\b(?:${atLabel})\\(([^"(),]+(?:\\([^"()]*\\))?), "${action}"[,)]`).exec(body) ?? []
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
    const parts = text.split(/ ?\\\/ /)
    for (const [i, part] of parts.entries()) {
      // a quantifier among disjuncts reaches to the end of them
      if (part.trim().startsWith('\\E ')) {
        walk(parts.slice(i).join(' \\/ ').trim(), bound)
        return
      }
      const [whole, name = '', list] = /^(\w+)(?:\((.+)\))?$/.exec(part.trim()) ?? []
      const definition = definitions.get(name)
      if (whole === undefined || definition === undefined) {
        throw unread(
          `Next has a disjunct that is no action: ${part}`,
          'write it as the name of an action with its arguments, or `\\E x \\in S : action(x)`',
        )
      }
      const args = list === undefined ? [] : splitArguments(list)
      if (isGroup(definition.body, definitions)) {
        for (const disjunct of disjunctsOf(definition.body)) {
          walk(substituted(disjunct, definition.parameters, args), bound)
        }
      } else steps.push({ action: name, bound, call: whole, args, thread: threadOf(name, definition, args) })
    }
  }
  const next = definitions.get('Next')
  if (next === undefined)
    throw unread('the specification does not define Next', 'define it as the disjunction of the actions')
  for (const disjunct of disjunctsOf(next.body)) walk(disjunct, [])
  return steps
}
