/** All that is to be taken out or weakened in the user's own files, one by one. */

import type { FunctionDefinition, TranslationUnit } from '../syntax/ast.ts'
import type { Edit } from './edit.ts'
import { edited } from './edit.ts'
import type { Weaker } from './forms.ts'
import { rulesFor } from './forms.ts'
import type { LockCall } from './locks.ts'
import { isTry, lockCall, lockOf, sectionsOf } from './locks.ts'
import { ALL_ORDERS } from './orders.ts'
import { removed, renamed, withoutLast } from './rewrite.ts'
import type { Form, Toggle, TogglePlace } from './toggle.ts'
import type { Call, UserFile } from './user-file.ts'

type Found = Omit<Toggle, 'name'> & { readonly stem: string }

/** How an edited stretch reads, on one line. */
const readsAs = (file: UserFile, start: number, end: number, edits: readonly Edit[]): string => {
  const inside = edits
    .filter((edit) => edit.start >= start && edit.end <= end)
    .map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }))
  return edited(file.text.slice(start, end), inside)
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/^\(void\)0$|^;$/, '')
}

/** Finds them in one file. */
class Finder {
  private readonly file: UserFile
  private readonly functions: readonly FunctionDefinition[]
  /** names that the user gives a meaning of his own */
  private readonly own: ReadonlySet<string>

  constructor(file: UserFile, functions: readonly FunctionDefinition[], own: ReadonlySet<string>) {
    this.file = file
    this.functions = functions
    this.own = own
  }

  all(): Found[] {
    const calls = this.file.calls().filter(({ name }) => !this.own.has(name))
    return [...calls.flatMap((call) => this.ordering(call)), ...this.locks(calls), ...this.optional(calls)].sort(
      (a, b) => a.start - b.start || b.end - a.end,
    )
  }

  private around({ at }: Call): Pick<Found, 'function' | 'macro'> {
    const { start } = this.file.token(at)
    const macro = this.file.macroAt(at)
    const inside = this.functions.find(({ span }) => span.start <= start && start < span.end)
    return { function: macro === undefined ? inside?.name : undefined, macro }
  }

  private place({ at }: Call): TogglePlace {
    return this.file.placeAt(at)
  }

  private extent({ at, close }: Call): { readonly start: number; readonly end: number } {
    return { start: this.file.token(at).start, end: this.file.token(close).end }
  }

  private textOf({ at, close }: Call): string {
    return this.file.collapsed({ from: at, to: close + 1 })
  }

  private forms(call: Call, weaker: readonly Weaker[]): Form[] {
    const { start, end } = this.extent(call)
    return weaker
      .filter(({ edits }) => edits.length > 0)
      .map((form) => {
        // an edit that takes out the statement is longer than the call
        const isGone = form.edits.some((edit) => edit.isStatement === true)
        return { ...form, text: isGone ? '' : readsAs(this.file, start, end, form.edits) }
      })
  }

  private ordering(call: Call): Found[] {
    const rules = rulesFor(call.name)
    const forms = rules === undefined ? [] : this.forms(call, rules.weaker(this.file, call))
    if (rules === undefined || forms.length === 0) return []
    const { kind } = rules
    const common = { ...this.extent(call), ...this.around(call), places: [this.place(call)] }
    return [{ ...common, stem: call.name, kind, text: this.textOf(call), forms }]
  }

  // ------------------------------------------------------------------------------------------------------------- locks

  private locks(calls: readonly Call[]): Found[] {
    const groups = new Map<string, LockCall[]>()
    const tried = new Set<string>()
    const keyOf = (lock: LockCall, scope: string): string =>
      JSON.stringify([scope, lock.family, lockOf(this.file, lock)])
    for (const call of calls) {
      const { function: name, macro } = this.around(call)
      const scope = macro === undefined ? (name ?? '') : `#${macro}`
      const lock = lockCall(call)
      if (lock !== undefined) groups.set(keyOf(lock, scope), [...(groups.get(keyOf(lock, scope)) ?? []), lock])
      else if (isTry(call)) tried.add(JSON.stringify([scope, this.firstArgument(call)]))
    }
    return [...groups].flatMap(([key, group]) => {
      const [scope, , lock] = JSON.parse(key) as [string, string, string]
      return tried.has(JSON.stringify([scope, lock])) ? [] : sectionsOf(group).map((section) => this.section(section))
    })
  }

  private firstArgument({ args: [first] }: Call): string {
    return first === undefined ? '' : this.file.collapsed(first)
  }

  private section(section: readonly LockCall[]): Found {
    const { file } = this
    const calls = section.map(({ call }) => call)
    const [first, last] = [calls[0], calls.at(-1)]
    if (first === undefined || last === undefined) throw new RangeError('a section has calls')
    const forms: Form[] = []
    if (
      section.some(({ plain }) => plain !== undefined) &&
      section.every(({ family }) => !family.startsWith('local_irq'))
    ) {
      const edits = section.flatMap(({ call, plain }) => [
        ...(plain === undefined ? [] : [renamed(file, call, plain)]),
        ...(call.args.length > 1 ? withoutLast(file, call) : []),
      ])
      const text = section
        .map(({ call }) => readsAs(file, this.extent(call).start, this.extent(call).end, edits))
        .join(' ... ')
      forms.push({ text, edits, lost: [], own: 'none', told: 'all' })
    }
    const isOrdered = section.every(({ family }) => /^(spin|raw|read|write|mutex|down)/.test(family))
    forms.push({
      text: '',
      edits: calls.map((call) => removed(file, call, '0')),
      // interrupts and readers of RCU are kept out, or waited for, by nothing that orders accesses
      lost: isOrdered ? ALL_ORDERS : [],
      own: 'none',
      told: 'all',
    })
    return {
      stem: first.name,
      kind: 'lock',
      text: calls.map((call) => this.textOf(call)).join(' ... '),
      places: calls.map((call) => this.place(call)),
      start: this.extent(first).start,
      end: this.extent(last).end,
      ...this.around(first),
      forms,
    }
  }

  // ------------------------------------------------------------------------------------------------- LOCKSTEP_OPTIONAL

  private optional(calls: readonly Call[]): Found[] {
    const byName = new Map<string, Call[]>()
    for (const call of calls) {
      if (call.name !== 'LOCKSTEP_OPTIONAL') continue
      const name = this.firstArgument(call)
      byName.set(name, [...(byName.get(name) ?? []), call])
    }
    return [...byName].flatMap(([name, uses]): Found[] => {
      const [first] = uses
      const ends = uses.map((use) => this.statementBehind(use))
      if (first === undefined || ends.includes(undefined)) return []
      const edits = uses.map((use, i): Edit => {
        const start = this.file.token(use.at).start
        const before = this.file.before(use.at)
        const isFree = [';', '{', '}'].some((text) => this.file.is(before, text))
        const common = { file: this.file.name, start, end: this.file.token(ends[i] ?? use.close).end }
        return isFree ? { ...common, text: '', isStatement: true } : { ...common, text: ';' }
      })
      const { end } = edits[0] ?? this.extent(first)
      const text = uses
        .map((use, i) => this.file.collapsed({ from: use.at, to: (ends[i] ?? use.close) + 1 }))
        .join(' ... ')
      const places = uses.map((use) => this.place(use))
      const forms: Form[] = [{ text: '', edits, lost: [], own: 'none', told: 'all' }]
      const { start } = this.extent(first)
      return [{ stem: name, kind: 'optional', text, places, start, end, ...this.around(first), forms }]
    })
  }

  private statementBehind({ close }: Call): number | undefined {
    const next = this.file.after(close)
    return next === undefined ? undefined : this.file.statementEnd(next)
  }
}

/** Names that the user's files define: a spin_lock() of his own is not the kernel's. */
const ownNames = (files: readonly UserFile[], functions: readonly FunctionDefinition[]): Set<string> => {
  const names = new Set(functions.map(({ name }) => name))
  for (const file of files)
    file.tokens.forEach((token, i) => {
      const macro = token.first && token.is('#') ? file.macroAt(i) : undefined
      if (macro !== undefined) names.add(macro)
    })
  return names
}

/** Each gets a name that no other has: `smp_mb:27`, in other files than the first `util.h:smp_mb:27`. */
const named = (found: readonly Found[], main: string): Toggle[] => {
  const taken = new Map<string, number>()
  return found.map(({ stem, ...toggle }) => {
    const [place] = toggle.places
    const from = place === undefined || place.file === main ? '' : `${place.file.replace(/^.*[/\\]/, '')}:`
    const name = toggle.kind === 'optional' ? stem : `${from}${stem}:${place?.line ?? 0}`
    const before = taken.get(name) ?? 0
    taken.set(name, before + 1)
    return { ...toggle, name: before === 0 ? name : `${name}_${before + 1}` }
  })
}

/** The toggles of a program's files, in the order in which they stand there; the file that was asked for is the first. */
export const findToggles = (files: readonly UserFile[], unit: TranslationUnit): Toggle[] => {
  const functions = unit.declarations.filter(
    (declaration): declaration is FunctionDefinition =>
      declaration.kind === 'function' &&
      declaration.body !== undefined &&
      files.some(({ name }) => name === declaration.span.file),
  )
  const own = ownNames(files, functions)
  const found = files.flatMap((file) =>
    new Finder(
      file,
      functions.filter(({ span }) => span.file === file.name),
      own,
    ).all(),
  )
  return named(found, unit.file)
}
