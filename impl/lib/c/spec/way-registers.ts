/** Registers on a way: which are part of the state at its end, what has become of them, and what they are called. */

import { at } from '../../kernel/at.ts'
import type { Register, Target } from '../program/ir.ts'
import type { SpecContext } from './context.ts'
import type { Change } from './tree.ts'
import type { Walking, Way } from './way.ts'
import { unused } from './way.ts'

/** Registers that are part of the state if the thread is at a place. */
export const neededAt = (
  context: SpecContext,
  target: Target,
  { links }: Pick<Way, 'links'>,
  unknown: Register[] = [],
): Set<Register> => {
  const { liveness } = context
  const needed = new Set(liveness.at(target))
  for (let f = context.function(target); ;) {
    if (context.isThread(f.name)) return needed
    needed.add(f.link)
    const site = links.get(f.link)
    if (site === undefined) {
      unknown.push(f.link)
      return needed
    }
    for (const register of liveness.across(site)) needed.add(register)
    f = context.function(site)
  }
}

/** What has become of registers, given those that are still needed. */
export const changesOn = (
  { context, options }: Pick<Walking, 'context' | 'options'>,
  way: Way,
  needed: ReadonlySet<Register>,
  link: Register | undefined,
): Change[] => {
  const changes: Change[] = []
  const all = [...new Set([...way.kept, ...way.registers.keys()])].sort((a, b) => a - b)
  for (const register of all) {
    const variable = context.registers.get(register)
    if (variable === undefined) continue
    const now = way.registers.get(register)
    const borrowed = needed.has(register) ? undefined : context.callersNeed(register, link)
    if (borrowed !== undefined) {
      const text = (now ?? options.before(register)).text
      if (borrowed.never.length === 0 && text === options.before(register).text) continue
      const sites = borrowed.needing.join(', ')
      const when = link === undefined ? '' : `${options.before(link).text} \\in {${sites}}`
      const value = borrowed.never.length === 0 ? text : `IF ${when} THEN ${text} ELSE UNSET`
      changes.push({ variable: variable.name, value })
      continue
    }
    if (!needed.has(register)) {
      if (way.kept.has(register)) changes.push({ variable: variable.name, value: 'UNSET' })
      continue
    }
    if (now === undefined || now.text === options.before(register).text) continue
    if (now.text === 'UNSET' && !way.kept.has(register)) continue
    changes.push({ variable: variable.name, value: now.text })
  }
  return changes
}

/** What a register is called where it is set. */
export const nameFor = (context: SpecContext, register: Register, names: ReadonlySet<string>): string => {
  const { name, kind } = at(context.program.registers, register)
  const own = name.slice(name.indexOf('.') + 1).replace(/[^A-Za-z0-9_]/g, '_')
  return unused(kind === 'temporary' ? own.replace(/^L(\d)/, 'v$1') : own, names, context)
}
