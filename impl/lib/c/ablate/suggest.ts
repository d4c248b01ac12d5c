/**
 * The weakest version of the files that still holds, as a unified diff. Nothing is proposed that gives up an order of which none of
 * the memory models can say whether it is needed, nor a mark that only the compiler needs; what is printed is what was checked last.
 */

import { createTwoFilesPatch } from 'diff'
import type { SourceFile } from '../syntax/index.ts'
import type { Edit } from './edit.ts'
import type { ToggleResult, TriedForm } from './result.ts'
import type { Trying } from './sets.ts'
import { tidied } from './edit.ts'

/** One change of a suggestion. */
export interface Change {
  readonly toggle: string
  readonly from: string
  /** empty where it goes */
  readonly to: string
}

/** What may be weaker, all at once. */
export interface Suggestion {
  readonly changes: readonly Change[]
  /** a unified diff with the paths a/FILE and b/FILE; empty where nothing may be weaker */
  readonly diff: string
}

/** May a form be proposed, if all holds with it? */
const isShown = ({ toggle, isPrivate }: ToggleResult, { judgement, unshown }: TriedForm): boolean => {
  if (judgement.verdict === 'same' || judgement.verdict === 'refused') return false
  return unshown.length === 0 && (toggle.kind !== 'once' || isPrivate)
}

/** Forms that are taken, by the toggle's place in the list; those that are not there are as they are written. */
type Chosen = ReadonlyMap<number, number>

class Weakening {
  private readonly trying: Trying

  constructor(trying: Trying) {
    this.trying = trying
  }

  editsOf(chosen: Chosen): Edit[] {
    return [...chosen].flatMap(([i, form]) => this.trying.results[i]?.toggle.forms[form]?.edits ?? [])
  }

  private holds(chosen: Chosen, isTidy = false): boolean {
    const { variants, baseline } = this.trying
    return baseline.judge(variants.verdictsOf(this.editsOf(chosen), undefined, isTidy)).verdict === 'holds'
  }

  /** The weakest form of one toggle with which all holds, given those of the others. */
  private weakest(i: number, chosen: Chosen, isFirst: boolean): number | undefined {
    const result = this.trying.results[i]
    if (result === undefined) return undefined
    for (let form = result.forms.length - 1; form > (chosen.get(i) ?? -1); form--) {
      const tried = result.forms[form]
      if (tried === undefined || !isShown(result, tried)) continue
      // what breaks something by itself is tried again once others are weaker: it may hold then
      if (isFirst && tried.judgement.verdict !== 'holds') continue
      if (this.holds(new Map(chosen).set(i, form))) return form
    }
    return undefined
  }

  /** One after the other, in the order of the statements, until no further single one may be weaker. */
  run(): Chosen {
    const chosen = new Map<number, number>()
    for (let [isFirst, changed] = [true, true]; changed; isFirst = false) {
      changed = false
      for (const i of this.trying.results.keys()) {
        const form = this.weakest(i, chosen, isFirst)
        if (form === undefined) continue
        chosen.set(i, form)
        changed = true
      }
    }
    return chosen
  }

  /** What is printed is what was checked: the text without the lines of which nothing is left. */
  confirm(chosen: Chosen): void {
    if (!this.holds(chosen, true)) throw new TypeError('the suggested text is not what was checked')
  }
}

const slashed = (name: string): string => name.replaceAll('\\', '/').replace(/^(\.?\/)+/, '')

const diffOf = (files: readonly SourceFile[], edits: readonly Edit[]): string =>
  files
    .map((file) => {
      const own = edits.filter((edit) => edit.file === file.name)
      if (own.length === 0) return ''
      const name = slashed(file.name)
      const after = tidied(file.text, own)
      const patch = createTwoFilesPatch(`a/${name}`, `b/${name}`, file.text, after, undefined, undefined, {
        context: 3,
      })
      // no header but the two names: what `git apply` and `patch -p1` read
      return patch.replace(/^=+\n/, '').replace(/^(---|\+\+\+) (.*?)\t?$/gm, '$1 $2')
    })
    .join('')

/** The weakest version that holds: one of possibly several, that of the order of the statements. */
export const suggest = (trying: Trying, files: readonly SourceFile[]): Suggestion => {
  const weakening = new Weakening(trying)
  const chosen = weakening.run()
  if (chosen.size === 0) return { changes: [], diff: '' }
  weakening.confirm(chosen)
  const changes = [...chosen].flatMap(([i, form]): Change[] => {
    const toggle = trying.results[i]?.toggle
    return toggle === undefined ? [] : [{ toggle: toggle.name, from: toggle.text, to: toggle.forms[form]?.text ?? '' }]
  })
  return { changes, diff: diffOf(files, weakening.editsOf(chosen)) }
}
