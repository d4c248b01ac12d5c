/** Which barriers, orders, marks and locks a C file needs, for people: a line for each, and what these models cannot say. */

import type { CAblation } from '../c/ablate/ablate.ts'
import type { Broken } from '../c/ablate/judge.ts'
import type { Order } from '../c/ablate/orders.ts'
import { ORDER_WORDS } from '../c/ablate/orders.ts'
import type { ToggleResult, TriedForm } from '../c/ablate/result.ts'
import type { MemoryModel } from '../kernel/memory/buffer.ts'
import { wrap } from './columns.ts'

/** Columns that a line of text has at most. */
const WIDTH = 100

/** Longer texts are cut in the table. */
const LONGEST = 52

/** `a, b and c` */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`

const thousands = (n: number): string => n.toLocaleString('en-US')

const cut = (text: string): string => (text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 4)} ...`)

/** What stands behind a line, and is told below. */
const LKMM = '*'
const ONCE = '+'

/** What is to be known of READ_ONCE() and WRITE_ONCE(). */
const onceNote = (once: readonly ToggleResult[]): string => {
  const sign = once.some(({ status, isPrivate }) => status === 'not-needed' && !isPrivate) ? `${ONCE} ` : ''
  const where = once.some(({ isPrivate }) => isPrivate) ? ' where more than one thread can reach what is accessed' : ''
  return `${sign}READ_ONCE() and WRITE_ONCE() matter for data races alone here: what a compiler may make of a plain access is not modelled, and --suggest leaves them${where}.`
}

/** Says what there is to say of the toggles of one file. */
class Teller {
  private readonly ablation: CAblation

  constructor(ablation: CAblation) {
    this.ablation = ablation
  }

  private get models(): string {
    return listed(this.ablation.models)
  }

  /** Under which models, where it is not all of them. */
  private under(models: readonly MemoryModel[]): string {
    return models.length === this.ablation.models.length ? '' : ` under ${listed(models)}`
  }

  private needed(broken: readonly Broken[]): string {
    const same = broken.every(({ models }) => models.join() === broken[0]?.models.join())
    if (same) return `${listed(broken.map(({ property }) => property))}${this.under(broken[0]?.models ?? [])}`
    return listed(broken.map(({ property, models }) => `${property}${this.under(models)}`))
  }

  private broken({ judgement }: TriedForm): string {
    switch (judgement.verdict) {
      case 'violated':
        return this.needed(judgement.broken)
      case 'vacuous':
        return `without it ${listed(judgement.properties)} says nothing`
      case 'incomplete':
        return `NOT DECIDED: ${listed(judgement.properties)}`
      case 'refused':
        return `cannot be left out: ${judgement.message}`
      case 'holds':
      case 'same':
        return ''
    }
  }

  private holding(result: ToggleResult): string {
    const { toggle, forms, isPrivate } = result
    const weakest = forms.findLast(({ judgement }) => judgement.verdict === 'holds')
    if (weakest === undefined) return ''
    if (toggle.kind === 'once') return isPrivate ? 'only one thread can reach it' : `no data race without it ${ONCE}`
    const star = weakest.unshown.length > 0 ? ` ${LKMM}` : ''
    if (weakest.form.text === '') return `not needed${star}`
    const last = forms.at(-1)
    const rest = last === undefined || last === weakest ? '' : `; left out: ${this.broken(last)}`
    return `${cut(weakest.form.text)} does it${star}${rest}`
  }

  /** What is known of a toggle, in a few words. */
  status(result: ToggleResult): string {
    const last = result.forms.at(-1)
    switch (result.status) {
      case 'needed': {
        // of several forms the weakest may be told by no model
        const told = result.forms.filter(({ judgement }) => judgement.verdict === 'violated')
        const weakest = told.at(-1)
        return weakest === undefined ? '' : `needed for ${this.broken(weakest)}${this.tooWeak(told)}`
      }
      case 'weakenable':
      case 'not-needed':
        return this.holding(result)
      case 'unseen':
        return `makes no difference here ${LKMM}`
      case 'unreached':
        return 'never runs'
      case 'open':
        return last === undefined ? '' : this.broken(last)
    }
  }

  /** What else than with nothing in its place breaks with a weaker form, where that is something else. */
  private tooWeak(told: readonly TriedForm[]): string {
    const last = told.at(-1)
    if (last === undefined) return ''
    const gone = this.broken(last)
    return told
      .slice(0, -1)
      .map((tried) => {
        const broken = this.broken(tried)
        return `; ${cut(tried.form.text)} is too weak${broken === gone ? '' : ` for ${broken}`}`
      })
      .join('')
  }

  // --------------------------------------------------------------------------------------------------------- the table

  private place({ toggle }: ToggleResult): string {
    const [first] = toggle.places
    const own = first?.file === this.ablation.file.name ? '' : `${first?.file.replace(/^.*[/\\]/, '') ?? ''}:`
    return `${own}${first?.line ?? 0}`
  }

  table(): string[] {
    const { results } = this.ablation
    const width = Math.max(...results.map((result) => this.place(result).length), 4)
    const text = Math.max(...results.map(({ toggle }) => cut(toggle.text).length))
    const lines: string[] = []
    let around: string | undefined
    for (const result of results) {
      const { toggle } = result
      const where = toggle.macro === undefined ? `${toggle.function ?? ''}()` : `#define ${toggle.macro}`
      if (where !== around) lines.push(where)
      around = where
      const head = `${this.place(result).padStart(width + 2)}  ${cut(toggle.text).padEnd(text)}  `
      const [first = '', ...more] = wrap(this.status(result), Math.max(30, WIDTH - head.length))
      lines.push(`${head}${first}`.trimEnd(), ...more.map((line) => `${' '.repeat(head.length + 2)}${line}`))
    }
    return lines
  }

  // --------------------------------------------------------------------------------------------------------- the notes

  private violated(): string[] {
    const { baseline } = this.ablation
    return baseline.properties.flatMap((name) => {
      const models = baseline.modelsWith(name, 'violated')
      return models.length === 0
        ? []
        : [`${name} is violated as it is, under ${listed(models)}: nothing is said of it there.`]
    })
  }

  private undecided(): string[] {
    const { baseline } = this.ablation
    return baseline.properties.flatMap((name) => {
      const models = baseline.modelsWith(name, 'incomplete')
      return models.length === 0
        ? []
        : [`${name} is NOT DECIDED as it is, under ${listed(models)}: a limit was reached.`]
    })
  }

  /** Why what makes no difference, or could go as far as these models can tell, is kept. */
  private kept(): string[] {
    const { results, models } = this.ablation
    const starred = results.filter(
      ({ toggle, status, forms }) =>
        status === 'unseen' ||
        (toggle.kind !== 'once' &&
          forms.some(({ judgement, unshown }) => judgement.verdict === 'holds' && unshown.length > 0)),
    )
    if (starred.length === 0) return []
    const orders = new Set<Order>(starred.flatMap(({ forms }) => forms.flatMap(({ unshown }) => unshown)))
    const loads = [...orders].filter((order) => order.startsWith('R'))
    const stores = [...orders].filter((order) => order.startsWith('W'))
    const isLocked = starred.some(({ forms }) => forms.some(({ form }) => form.told === 'none' && form.lost.length > 0))
    const isCompiler = starred.some(({ forms }) =>
      forms.some(({ form }) => form.told === 'none' && form.lost.length === 0),
    )
    const more = models.includes('PSO') ? '' : ' (--memory all asks TSO and PSO, which can)'
    return [
      ...(loads.length > 0
        ? [
            `it orders ${listed(loads.map((order) => ORDER_WORDS[order]))}, which are in order under ${this.models} by themselves, as on x86`,
          ]
        : []),
      ...(stores.length > 0
        ? [
            `it orders ${listed(stores.map((order) => ORDER_WORDS[order]))}, which are never out of order under ${this.models}${more}`,
          ]
        : []),
      ...(isLocked ? ['a locked instruction is a full barrier on x86, by whatever name'] : []),
      ...(isCompiler ? ['no compiler is modelled'] : []),
    ]
  }

  notes(): string[] {
    const kept = this.kept()
    const { results } = this.ablation
    const once = results.filter(({ toggle }) => toggle.kind === 'once')
    return [
      ...this.violated(),
      ...this.undecided(),
      ...(kept.length === 0
        ? []
        : [
            `${LKMM} --suggest leaves it, since it may be needed all the same: ${kept.join('; ')}. That is for the kernel's memory model (LKMM) to say.`,
          ]),
      ...(once.length === 0 ? [] : [onceNote(once)]),
    ]
  }

  // ---------------------------------------------------------------------------------------------------------- the sets

  sets(): string[] {
    const { sets } = this.ablation
    if (sets.toggles.length < 2) return []
    const shown = (names: readonly string[]): string => `{${names.join(', ')}}`
    if (sets.one !== undefined)
      return [
        `A set from which none may be taken, of possibly several, for all properties together: ${shown(sets.one)}`,
      ]
    const needing = [...sets.minimal].filter(([, all]) => all.some((set) => set.length > 0))
    if (needing.length === 0) return []
    return [
      `Of ${shown(sets.toggles)}, all ${thousands(2 ** sets.toggles.length)} subsets tried, these suffice and none may be taken from them:`,
      ...needing.map(([name, all]) => `  ${name}: ${all.map(shown).join(' or ')}`),
    ]
  }

  suggestion(): string[] {
    const { changes } = this.ablation.suggestion
    if (changes.length === 0) return []
    const lines = new Map(this.ablation.results.map((result) => [result.toggle.name, this.place(result)]))
    const names = changes.map(({ toggle, from, to }) =>
      [`line ${lines.get(toggle) ?? ''}`, to === '' ? `without ${from}` : `${to} for ${from}`].join(' '),
    )
    return [`All at once may be weaker: ${names.join('; ')}. --suggest prints it as a diff.`]
  }
}

const paragraph = (text: string): string[] => wrap(text, WIDTH, 2)

const part = (lines: readonly string[]): string[] => (lines.length === 0 ? [] : ['', ...lines])

/** Lines for a terminal, at most 100 columns where names allow it. */
export const cAblationText = (ablation: CAblation): string[] => {
  const teller = new Teller(ablation)
  const { file, models, checked, states, complete } = ablation
  return [
    `${file.name} under ${listed(models)}`,
    '',
    ...teller.table(),
    ...part(teller.notes().flatMap(paragraph)),
    ...part(teller.sets().flatMap(paragraph)),
    ...part(teller.suggestion().flatMap(paragraph)),
    '',
    `${complete ? '' : 'INCOMPLETE: '}${thousands(checked)} variants checked, ${thousands(states)} states`,
  ]
}
