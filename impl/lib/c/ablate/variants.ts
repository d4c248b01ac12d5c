/** Variants of a C file: its text after edits, read and checked anew, as the file itself is. */

import { check } from '../../kernel/check.ts'
import type { CheckedProperty, CheckResult } from '../../kernel/check.ts'
import { LockstepError } from '../../kernel/error.ts'
import { given } from '../../kernel/given.ts'
import type { Automaton } from '../../kernel/machine/automaton.ts'
import type { MemoryModel } from '../../kernel/memory/buffer.ts'
import type { CProgram, Site } from '../program/ir.ts'
import type { LowerOptions } from '../program/lower.ts'
import { programOf } from '../run/program.ts'
import type { CMachine } from '../run/machine.ts'
import { machineOf } from '../run/machine.ts'
import type { CParser, IncludeEnvironment, SourceFile } from '../syntax/index.ts'
import type { Edit } from './edit.ts'
import { edited, tidied } from './edit.ts'

/** What is looked at. */
export interface Subject {
  readonly parser: CParser
  readonly file: SourceFile
  readonly environment: IncludeEnvironment
  readonly models: readonly MemoryModel[]
  readonly isOn?: LowerOptions['isOn']
  /** those that count, of all that the file has; all, if not given */
  readonly only?: readonly string[] | undefined
  /** stores that a thread can have waiting */
  readonly slots?: number | undefined
  /** of one variant under one model */
  readonly maxStates?: number
  /** is time up for all of it? */
  readonly expired?: () => boolean
  /** told of each toggle as it is come to */
  readonly onProgress?: (toggle: string) => void
}

/** One step of a behaviour that breaks a property, in the words of the file. */
export interface VariantStep {
  readonly thread: string
  readonly label: string
  /** the C function, and what is written there; of a store that becomes visible what that is */
  readonly function: string | undefined
  readonly text: string
  readonly file: string | undefined
  readonly line: number | undefined
}

/** A behaviour that breaks a property, and where it goes on if it goes on for ever. */
export interface Way {
  readonly steps: readonly VariantStep[]
  readonly loop: number | undefined
}

/** What is known of a variant under one memory model. */
export interface Verdicts {
  readonly model: MemoryModel
  readonly states: number
  readonly complete: boolean
  readonly properties: ReadonlyMap<string, CheckedProperty['verdict']>
  readonly ways: ReadonlyMap<string, Way>
}

/** A variant: what is known of it under each model, or why it is no program. */
export type Variant = { readonly verdicts: readonly Verdicts[] } | { readonly refused: string }

/** The file as it is: what it means, and the automata of its threads under each model. */
export interface Whole {
  readonly program: CProgram
  readonly machines: readonly (readonly Automaton[])[]
  /** false where a limit was reached before all of their steps were known */
  readonly isWhole: boolean
}

const sitesOf = (program: CProgram): ReadonlyMap<string, Site> =>
  new Map(program.instructions.flatMap((i) => ('site' in i ? [[i.site.label, i.site] as const] : [])))

const wayOf = (result: CheckResult, name: string, sites: ReadonlyMap<string, Site>): Way | undefined => {
  const found = result.counterexample(name)
  if (found === undefined) return undefined
  const steps = found.steps.map(({ thread, label, what }): VariantStep => {
    const site = sites.get(label)
    return {
      thread,
      label,
      function: site?.function,
      text: site?.text ?? what,
      file: site?.file,
      line: site?.line,
    }
  })
  return { steps, loop: found.loop }
}

/** Reads and checks variants, each once. */
export class Variants {
  private readonly subject: Subject
  private readonly known = new Map<string, Variant>()
  /** how many were checked, and how many states that took */
  checked = 0
  states = 0

  constructor(subject: Subject) {
    this.subject = subject
  }

  private get environment(): IncludeEnvironment {
    return this.subject.environment
  }

  private read(change: (file: SourceFile) => SourceFile): CProgram {
    const { parser, file, environment, isOn } = this.subject
    const changed: IncludeEnvironment = {
      defines: environment.defines,
      ...given({ prelude: environment.prelude }),
      isHeader: (name) => environment.isHeader(name),
      include: (name, angled, from) => {
        const found = environment.include(name, angled, from)
        return found === undefined || environment.isHeader(found.name) ? found : change(found)
      },
    }
    return programOf(parser.parse(change(file), changed), {
      ...given({ isOn }),
      isHeader: (name) => this.environment.isHeader(name),
    })
  }

  private get limits(): { readonly maxStates?: number; readonly expired?: () => boolean } {
    const { maxStates, expired } = this.subject
    return given({ maxStates, expired })
  }

  private machine(program: CProgram, memory: MemoryModel): CMachine {
    return machineOf(program, { memory, limits: this.limits, ...given({ slots: this.subject.slots }) })
  }

  /** The machine of the file after edits. */
  machineOf(edits: readonly Edit[], memory: MemoryModel): CMachine {
    return this.machine(
      this.read((file) => this.textOf(file, edits, false)),
      memory,
    )
  }

  private check(program: CProgram, model: MemoryModel): Verdicts {
    const result = check(this.machine(program, model).machine, { ...this.limits, trustsLabels: true })
    const sites = sitesOf(program)
    this.checked += 1
    this.states += result.states
    const violated = result.properties.filter(({ verdict }) => verdict === 'violated')
    return {
      model,
      states: result.states,
      complete: result.complete,
      properties: new Map(result.properties.map(({ name, verdict }) => [name, verdict])),
      ways: new Map(
        violated.flatMap(({ name }) => {
          const way = wayOf(result, name, sites)
          return way === undefined ? [] : [[name, way] as const]
        }),
      ),
    }
  }

  /** The file's text, and that of the user's other files, after edits. */
  textOf(file: SourceFile, edits: readonly Edit[], isTidy: boolean): SourceFile {
    const own = edits.filter((edit) => edit.file === file.name)
    if (own.length === 0) return file
    return { ...file, text: isTidy ? tidied(file.text, own) : edited(file.text, own) }
  }

  /**
   * What is known of the file after edits, under some models. Lines stay where they were, so that what is said of the variant can be
   * looked up in the file; `isTidy` checks what is printed, without the lines of which nothing is left.
   */
  verdictsOf(edits: readonly Edit[], models = this.subject.models, isTidy = false): Variant {
    const files = new Map<string, string>()
    const change = (file: SourceFile): SourceFile => {
      const changed = this.textOf(file, edits, isTidy)
      files.set(changed.name, changed.text)
      return changed
    }
    let program: CProgram
    try {
      program = this.read(change)
    } catch (error) {
      if (error instanceof LockstepError && edits.length > 0) return { refused: error.problem.message }
      throw error
    }
    const key = JSON.stringify([...files, ...models])
    const known = this.known.get(key)
    if (known !== undefined) return known
    const variant = this.tried(() => ({ verdicts: models.map((model) => this.check(program, model)) }), edits)
    this.known.set(key, variant)
    return variant
  }

  private tried(body: () => Variant, edits: readonly Edit[]): Variant {
    try {
      return body()
    } catch (error) {
      if (error instanceof LockstepError && edits.length > 0) return { refused: error.problem.message }
      throw error
    }
  }

  /** The file as it is. */
  whole(): Whole {
    const program = this.read((file) => file)
    const found = this.subject.models.map((model) => this.machine(program, model).discovery())
    const machines = found.map(({ compiled }) => compiled.automata)
    return { program, machines, isWhole: found.every(({ complete }) => complete) }
  }
}
