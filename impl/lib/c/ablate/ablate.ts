/**
 * Which barriers, orders, ONCEs, locks and optional statements a C file needs, from verdicts of the file without each of them. A
 * variant is the file's own text, edited, and read and checked as the file is.
 */

import { badInput } from '../../kernel/error.ts'
import type { MemoryModel } from '../../kernel/memory/buffer.ts'
import { propertyNamed } from '../../protocol/target.ts'
import { PRIMITIVE } from '../program/roles.ts'
import type { TranslationUnit } from '../syntax/ast.ts'
import type { IncludeEnvironment, SourceFile } from '../syntax/index.ts'
import { findToggles } from './find.ts'
import { Baseline } from './judge.ts'
import type { Order } from './orders.ts'
import { SHOWN, unshown } from './orders.ts'
import type { Sets } from './sets.ts'
import { setsOf } from './sets.ts'
import { Sites } from './sites.ts'
import type { Suggestion } from './suggest.ts'
import { suggest } from './suggest.ts'
import type { ToggleResult, ToggleStatus, TriedForm } from './result.ts'
import type { Form, Toggle } from './toggle.ts'
import { UserFile } from './user-file.ts'
import type { Subject } from './variants.ts'
import { Variants } from './variants.ts'

/** Everything that was found. */
export interface CAblation {
  readonly file: SourceFile
  readonly models: readonly MemoryModel[]
  readonly baseline: Baseline
  readonly results: readonly ToggleResult[]
  readonly sets: Sets
  readonly suggestion: Suggestion
  /** false where a limit was reached: something is not decided that might have been */
  readonly complete: boolean
  /** makes further ones, for diagrams */
  readonly variants: Variants
  /** variants that were checked, under one model each, and states that this took */
  readonly checked: number
  readonly states: number
}

/** The user's files, with the words of them that are part of the program, and the tree that they make. */
interface Reading {
  readonly sources: readonly SourceFile[]
  readonly files: readonly UserFile[]
  readonly unit: TranslationUnit
}

const read = ({ parser, file, environment }: Subject): Reading => {
  const live = new Map<string, Set<number>>([[file.name, new Set()]])
  const sources = new Map<string, SourceFile>([[file.name, file]])
  const watched: IncludeEnvironment = {
    ...environment,
    isHeader: (name) => environment.isHeader(name),
    include: (name, angled, from) => {
      const found = environment.include(name, angled, from)
      if (found !== undefined && !environment.isHeader(found.name)) {
        sources.set(found.name, found)
        if (!live.has(found.name)) live.set(found.name, new Set())
      }
      return found
    },
  }
  const unit = parser.parse(file, watched, ({ file: { name }, start }) => {
    live.get(name)?.add(start)
  })
  const files = [...sources].map(([name, source]) => new UserFile(source, live.get(name) ?? new Set()))
  return { sources: [...sources.values()], files, unit }
}

/** The models that tell a form from what is written. */
export const tellingModels = ({ told, lost }: Form, models: readonly MemoryModel[]): MemoryModel[] => {
  if (told !== 'by order') return told === 'all' ? [...models] : []
  return models.filter((model) => SHOWN[model].some((order) => lost.includes(order)))
}

const statusOf = (forms: readonly TriedForm[]): ToggleStatus => {
  const verdicts = forms.map(({ judgement }) => judgement.verdict)
  const last = verdicts.at(-1)
  if (verdicts.every((verdict) => verdict === 'same')) return 'unseen'
  if (last === 'holds') return 'not-needed'
  if (verdicts.some((verdict) => verdict === 'holds')) return 'weakenable'
  return verdicts.every((verdict) => verdict === 'violated' || verdict === 'same') ? 'needed' : 'open'
}

/** Tries each toggle by itself. */
class Ablating {
  private readonly subject: Subject
  private readonly variants: Variants
  private readonly baseline: Baseline
  private readonly sites: Sites
  private readonly toggles: readonly Toggle[]
  private readonly inlined: ReadonlySet<string>
  private readonly sources: readonly SourceFile[]

  constructor(subject: Subject) {
    this.subject = subject
    const { sources, files, unit } = read(subject)
    this.sources = sources
    this.toggles = findToggles(files, unit)
    this.inlined = new Set(
      unit.declarations.flatMap((declaration) =>
        declaration.kind === 'function' && declaration.annotations.includes(PRIMITIVE) ? [declaration.name] : [],
      ),
    )
    this.variants = new Variants(subject)
    const whole = this.variants.whole()
    const { program } = whole
    this.sites = new Sites(whole)
    const asItIs = this.variants.verdictsOf([])
    const stated = new Set(['Assertion', ...program.properties.map(({ name }) => name)])
    const verdicts = 'verdicts' in asItIs ? asItIs.verdicts : []
    const only = this.only(verdicts.flatMap(({ properties }) => [...properties.keys()]))
    this.baseline = new Baseline(verdicts, stated, only)
  }

  /** The properties that are asked for, by their names; a data race is possible wherever a mark can go. */
  private only(known: readonly string[]): readonly string[] | undefined {
    const { only, file } = this.subject
    return only?.map((name) => propertyNamed(name, [...new Set([...known, 'DataRace'])], file.name))
  }

  private judge(form: Form): TriedForm['judgement'] {
    const { models } = this.subject
    const telling = tellingModels(form, models)
    if (telling.length === 0) return { verdict: 'same' }
    return this.baseline.judge(this.variants.verdictsOf(form.edits, telling))
  }

  /** Orders that go with an optional statement are those of what is in it. */
  private lostWith(toggle: Toggle, form: Form): Order[] {
    const inside = this.toggles.filter(
      ({ kind, start, end, places: [place] }) =>
        (kind === 'barrier' || kind === 'order' || kind === 'lock') &&
        place?.file === toggle.places[0]?.file &&
        toggle.start < start &&
        end <= toggle.end,
    )
    const own = this.sites.lostAt(toggle, form)
    if (toggle.kind !== 'optional') return own
    return [
      ...own,
      ...inside.flatMap((inner) => inner.forms.slice(-1).flatMap((last) => this.sites.lostAt(inner, last))),
    ]
  }

  private tried(toggle: Toggle): ToggleResult {
    this.subject.onProgress?.(toggle.name)
    const isReached = this.sites.isReached(toggle, (name) => this.inlined.has(name))
    if (!isReached) return { toggle, status: 'unreached', forms: [], isPrivate: false }
    const isPrivate = this.sites.isPrivate(toggle)
    const forms = toggle.forms.map((form): TriedForm => ({
      form,
      judgement: this.judge(form),
      unshown: isPrivate && toggle.kind === 'lock' ? [] : unshown(this.lostWith(toggle, form), this.subject.models),
    }))
    return { toggle, status: statusOf(forms), forms, isPrivate: isPrivate && toggle.kind !== 'barrier' }
  }

  run(): CAblation {
    const { file, models } = this.subject
    if (this.toggles.length === 0) {
      const message = `${file.name} has nothing that could be taken out or weakened: no barrier, order, ONCE, lock or LOCKSTEP_OPTIONAL`
      throw badInput({ code: 'no-toggles', message, file: file.name, hint: 'lockstep check asks whether it is right' })
    }
    const results = this.toggles.map((toggle) => this.tried(toggle))
    const trying = { results, variants: this.variants, baseline: this.baseline }
    const sets = setsOf(trying)
    const suggestion = suggest(trying, this.sources)
    const isOpen = ({ forms }: ToggleResult): boolean =>
      forms.some(({ judgement }) => judgement.verdict === 'incomplete')
    return {
      file,
      models,
      baseline: this.baseline,
      results,
      sets,
      suggestion,
      complete: this.baseline.verdicts.every(({ complete }) => complete) && !results.some(isOpen) && sets.complete,
      variants: this.variants,
      checked: this.variants.checked,
      states: this.variants.states,
    }
  }
}

/**
 * Says of each toggle of a C file what it is needed for, under the memory models that are asked for.
 *
 * @throws LockstepError (exit 2) for what is no C, and for a file with nothing to take out
 */
export const ablateFile = (subject: Subject): CAblation => new Ablating(subject).run()
