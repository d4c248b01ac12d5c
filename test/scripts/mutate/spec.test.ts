/**
 * The specification's side of `mutate`. What TLC says of single states has to be what it says of whole models: each kind of
 * mutant is judged here in both ways.
 */

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'
import type { Mutant, MutantKind } from '../../../impl/lib/mutate/mutant.ts'
import { edited } from '../../../impl/lib/mutate/mutant.ts'
import type { Judged } from '../../../impl/lib/mutate/mutant.ts'
import type { Toolchain } from '../../../scripts/engines/tlc.ts'
import { findToolchain, runSelection } from '../../../scripts/engines/tlc.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { sizeOf } from '../../../impl/lib/protocol/model.ts'
import { ask } from '../../../scripts/mutate/ask.ts'
import { Bench } from '../../../scripts/mutate/bench.ts'
import { Case } from '../../../scripts/mutate/run.ts'
import { definitionsIn } from '../../../impl/lib/mutate/spec.ts'
import { prepared } from '../../../scripts/mutate/spec-case.ts'
import { judgeFairness } from '../../../scripts/mutate/spec-fair.ts'
import { judgeSpec, specMutants } from '../../../scripts/mutate/spec-run.ts'
import { judgeInvariants, judgeResponses } from '../../../scripts/mutate/spec-weaker.ts'
import { proveModel } from '../../../scripts/engines/proof.ts'
import { isCI } from '../../effort.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { specFiles } from '../../../scripts/workspace/spec-files.ts'
import { loadModels } from '../../project.ts'

const toolchain = await findToolchain().catch(() => undefined)
const models = loadModels()
const modelNamed = (name: string): Model => {
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  return model
}

const isWhole = process.env['LOCKSTEP_FULL'] !== undefined
const directory = mkdtempSync(join(tmpdir(), 'lockstep-spec-mutants-'))
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const chain = (): Toolchain => {
  if (toolchain === undefined) throw new Error('needs Java')
  return toolchain
}
const options = () => ({ toolchain: chain(), timeout: 120 })

/** A directory with the specification as a mutant has it. */
const changed = (model: Model, { id, file, edit }: Mutant): string => {
  const target = mkdtempSync(join(directory, `${id}-`))
  for (const { file: from } of specFiles(model.protocol)) copyFileSync(from, join(target, basename(from)))
  writeFileSync(join(target, basename(file)), edited(readFileSync(join(packageRoot(), file), 'utf8'), edit))
  return target
}

const mutantsOf = (model: Model, kind: MutantKind): readonly Mutant[] =>
  specMutants(model.protocol, [model], [kind]).mutants

const judged = async (model: Model, mutants: readonly Mutant[]): Promise<Judged[]> => {
  const cases = mutants.map((mutant) => new Case(mutant))
  const run = {
    ...options(),
    workers: 1,
    ts,
    larger: [],
    seeds: [],
    faultOf: () => undefined,
    onProgress: () => undefined,
  }
  await judgeSpec(model.protocol, cases, [model], run)
  return cases.map((c) => c.judged())
}

/** What TLC says of a property in the whole model, with the specification changed. */
const wholeRun = async (model: Model, mutant: Mutant, name: string): Promise<string> => {
  const modules = specFiles(model.protocol).map(({ file }) => ({ file: join(changed(model, mutant), basename(file)) }))
  const selected = { specification: 'FairSpec', properties: [name], modules }
  try {
    const limits = { workers: 1, timeout: 120 }
    const run = await runSelection(model, chain(), limits, selected)
    return run.outcome === 'success' ? 'holds' : 'violated'
  } catch (error) {
    // TLC refuses a property that nothing can break
    if (error instanceof LockstepError && error.message.includes('tautology')) return 'holds'
    throw error
  }
}

/** Every day some of them, spread over all. */
const some = <T>(items: readonly T[], most: number): T[] =>
  isWhole ? [...items] : items.filter((_, i) => i % Math.max(1, Math.ceil(items.length / most)) === 0)

describe.skipIf(toolchain === undefined)('the specification of mutants (needs Java)', { timeout: 300_000 }, () => {
  /** The smallest model of a protocol that has a temporal property with this verdict. */
  const smallest = (protocol: string, expected: 'holds' | 'violated'): Model => {
    const [found] = models
      .filter((m) => m.protocol.name === protocol)
      .filter(({ cells }) => cells.some((c) => c.kind === 'liveness' && c.expected === expected))
      .sort((a, b) => sizeOf(a) - sizeOf(b))
    if (found === undefined) throw new Error('no model')
    return found
  }

  it.runIf(isCI)('a fault is noticed by TLC in single states if and only if the proof fails (needs CI)', async () => {
    const model = modelNamed('litmus/sb.tso')
    const faults = some(mutantsOf(model, 'fault'), 6)
    const fates = await judged(model, faults)
    expect(fates.some(({ fate }) => fate === 'killed')).toBe(true)
    for (const { mutant, fate } of fates) {
      const proof = await proveModel(model, chain(), { timeout: 120, spec: changed(model, mutant) }).then(
        ({ comparison }) => comparison.equal,
        (error: unknown) => {
          if (error instanceof LockstepError) return false
          throw error
        },
      )
      expect([mutant.within, mutant.from, mutant.to, fate]).toEqual([
        mutant.within,
        mutant.from,
        mutant.to,
        proof ? 'survived' : 'killed',
      ])
    }
  })

  it('an invariant that is weaker is noticed where it holds and the original does not, and only there', async () => {
    const [weaker] = mutantsOf(modelNamed('litmus/sb.tso'), 'property').filter(({ to }) => to === 'TRUE')
    if (weaker === undefined) throw new Error('no mutant')
    const fateIn = async (name: string) => (await judged(modelNamed(name), [weaker])).map(({ fate }) => fate)
    expect(await fateIn('litmus/sb.tso')).toEqual(['killed'])
    expect(await fateIn('litmus/sb.sc')).toEqual(['survived'])
  })

  it.runIf(isCI)(
    'a temporal property that is weaker is noticed if and only if TLC says of the whole model that it holds (needs CI)',
    async () => {
      const flush = smallest('flush-inhibit', 'violated')
      const [name] = new Bench(flush).named('liveness', 'violated')
      if (name === undefined) throw new Error('no such cell')
      const weaker = mutantsOf(flush, 'property').filter(({ within }) => within === name)
      const fates = await judged(flush, some(weaker, 4))
      expect(new Set(fates.map(({ fate }) => fate)).size).toBeGreaterThan(1)
      for (const { mutant, fate } of fates) {
        const verdict = await wholeRun(flush, mutant, name)
        expect([mutant.from, mutant.to, fate]).toEqual([
          mutant.from,
          mutant.to,
          verdict === 'holds' ? 'killed' : 'survived',
        ])
      }
    },
  )

  it.runIf(isCI)(
    'fairness that is weaker is noticed if and only if TLC finds a property broken under it (needs CI)',
    async () => {
      const model = smallest('poll-kick', 'holds')
      const names = new Bench(model).named('liveness', 'holds')
      const fates = await judged(model, some(mutantsOf(model, 'fairness'), 5))
      expect(new Set(fates.map(({ fate }) => fate)).size).toBeGreaterThan(1)
      for (const { mutant, fate } of fates) {
        const verdicts = []
        for (const name of names) verdicts.push(await wholeRun(model, mutant, name))
        expect([mutant.from, mutant.to, fate]).toEqual([
          mutant.from,
          mutant.to,
          verdicts.includes('violated') ? 'killed' : 'survived',
        ])
      }
    },
  )

  it.runIf(isCI)(
    'a machine whose property or fairness is another than the specification’s is an error, not a verdict (needs CI)',
    async () => {
      const model = smallest('flush-inhibit', 'violated')
      const { graph } = new Bench(model)
      const { compiled } = graph.kernel
      const withMachine = (change: Partial<typeof compiled.machine>): Bench =>
        new Bench(model, {
          ...graph,
          kernel: { ...graph.kernel, compiled: { ...compiled, machine: { ...compiled.machine, ...change } } },
        })
      const sources = specFiles(model.protocol).map(({ file }) => ({ file, text: readFileSync(file, 'utf8') }))
      const spec = { sources, definitions: definitionsIn(sources) }
      const own = sources.map(({ file }) => file)
      const preparedOf = (kind: MutantKind, names: readonly string[]) =>
        mutantsOf(model, kind).map((mutant) =>
          prepared(spec, new Case({ ...mutant, file: own.find((f) => f.endsWith(mutant.file)) ?? '' }), names),
        )
      const properties = model.cells.map(({ name }) => name)
      const everywhere = compiled.machine.invariants.map((invariant) => ({
        ...invariant,
        instances: invariant.instances.map((instance) => ({ ...instance, holds: () => false })),
      }))
      const isBaseline = expect.objectContaining({
        problem: expect.objectContaining({ code: 'baseline-differs' }) as unknown,
      }) as unknown
      await expect(
        judgeInvariants([withMachine({ invariants: everywhere })], preparedOf('property', properties), options()),
      ).rejects.toEqual(isBaseline)
      const never = compiled.machine.liveness.map((property) => ({
        ...property,
        instances: property.instances.map((instance) => ({ ...instance, to: () => false })),
      }))
      await expect(
        judgeResponses(spec, withMachine({ liveness: never }), preparedOf('property', properties), options()),
      ).rejects.toEqual(isBaseline)
      await expect(
        judgeFairness(
          spec,
          [withMachine({ fairness: compiled.machine.fairness.slice(1) })],
          preparedOf('fairness', ['Fairness']),
          options(),
        ),
      ).rejects.toEqual(isBaseline)
    },
  )

  it.runIf(isCI)('what cannot be evaluated is set apart, and the others are answered (needs CI)', async () => {
    const bed = new Bench(modelNamed('litmus/sb.tso'))
    const seen = ['TRUE', '1 = TRUE', 'FALSE'].map((formula) => ({ formula, definitions: [] }))
    const groups = [[bed.state(0)], [bed.state(1), bed.state(2)]]
    const answers = await ask(bed.model, { groups, seen, values: [{ formula: '1 + 1', definitions: [] }] }, options())
    expect(answers.seen.map((of) => [...of].sort())).toEqual([[0, 1], [], []])
    expect([...answers.errors.keys()]).toEqual([1])
    expect(answers.values).toEqual(['<<2>>', '<<2>>', '<<2>>'])
  })
})
