/** `lockstep mutate`: a weakening is killed by the cell that notices it, or reported; arguments are checked both ways. */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'
import { edited } from '../../../impl/lib/mutate/mutant.ts'
import type { Change, Mutant } from '../../../impl/lib/mutate/mutant.ts'
import { definitionsIn, editedDefinition, specWeakenings, weakerCopies } from '../../../impl/lib/mutate/spec.ts'
import { asIn, machineOf } from '../../../impl/lib/protocol/model.ts'
import type { Judged } from '../../../impl/lib/mutate/mutant.ts'
import { findToolchain } from '../../../scripts/engines/tlc.ts'
import { staleSeeds, withArguments } from '../../../scripts/mutate/argued.ts'
import { withEverydaySample } from '../../../scripts/commands/mutate.ts'
import { protocolsOf } from '../../../scripts/mutate/changed.ts'
import { faultOpinion } from '../../../scripts/mutate/fault.ts'
import type { Opinion } from '../../../scripts/mutate/bench.ts'
import { Bench } from '../../../scripts/mutate/bench.ts'
import type { FaultCrew, FaultHand } from '../../../scripts/mutate/run.ts'
import { Case, judgeMachine, LATE } from '../../../scripts/mutate/run.ts'
import { report } from '../../../scripts/mutate/report.ts'
import { readSource } from '../../../scripts/mutate/package-sources.ts'
import { BY_HAND, faultNamed, Loader, machineMutants, sampled } from '../../../scripts/mutate/sources.ts'
import { isCI, isFull } from '../../effort.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'
import { loadModels, PROTOCOLS } from '../../project.ts'

const models = loadModels()
const modelNamed = (name: string) => {
  const model = models.find((m) => m.name === name)
  if (model === undefined) throw new Error(`no model ${name}`)
  return model
}

const litmus = modelNamed('litmus/sb.sc').protocol
const directory = mkdtempSync(join(tmpdir(), 'lockstep-mutate-test-'))
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const toolchain = await findToolchain().catch(() => undefined)

const lockstep = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(packageRoot(), 'bin', 'lockstep.mjs'), 'mutate', ...args],
    { encoding: 'utf8', maxBuffer: 2 ** 28 },
  )
  return { status, stdout, stderr }
}

const mutants = machineMutants(ts, litmus, ['property', 'fault']).mutants
const mutantOf = (to: string): Mutant => {
  const found = mutants.find((m) => m.to === to)
  if (found === undefined) throw new Error(`no mutant -> ${to}`)
  return found
}

const loaded = async ({ file, edit }: Mutant) =>
  (await Loader.of(ts, 'litmus')).load(file, edited(readSource(file), edit))

describe('one mutant on one model', () => {
  it('is noticed by the cell that must be violated, and by no other', async () => {
    const protocol = await loaded(mutantOf('true'))
    expect(new Bench(modelNamed('litmus/sb.tso')).opinion(protocol)).toEqual({
      differs: true,
      killer: { kind: 'cell', name: 'litmus/sb.tso OutcomeForbiddenInv' },
    })
    // it holds in any case under sequential consistency: this model alone lets the weakening survive
    expect(new Bench(modelNamed('litmus/sb.sc')).opinion(protocol)).toEqual({ differs: true, killer: undefined })
  })

  it('the machine as it is, loaded as mutants are, differs in nothing', async () => {
    const file = 'impl/litmus/Litmus.ts'
    const protocol = (await Loader.of(ts, 'litmus')).load(file, readSource(file))
    const bench = new Bench(modelNamed('litmus/sb.tso'))
    expect(bench.opinion(protocol)).toEqual({ differs: false, killer: undefined })
    expect(bench.broken()).toEqual([])
    expect(faultOpinion(protocol, modelNamed('litmus/sb.tso'))).toEqual({ differs: false, killer: undefined })
  })

  it.each(PROTOCOLS)('what changes in the memory reaches every part of $name', async (own) => {
    const file = 'impl/lib/kernel/memory/memory.ts'
    const text = readSource(file)
    const named = text.replace("COMMIT = 'commit'", "COMMIT = 'drained'")
    expect(named).not.toBe(text)
    const model = models.find(({ protocol, memory }) => protocol === own && memory === 'tso')
    if (model === undefined) throw new Error(`no model of ${own.name} under TSO`)
    const machine = machineOf(asIn(model, (await Loader.of(ts, own.name)).load(file, named)))
    // the memory that is used names its step so, and nobody asks for the fairness of another
    const labels = machine.environment.map(({ label }) => label)
    expect(labels).toContain('drained')
    expect(labels).not.toContain('commit')
    expect(machine.fairness.flatMap((one) => [...one.labels])).not.toContain('commit')
  })

  it('a step that is dropped is noticed', async () => {
    const opinion = faultOpinion(await loaded(mutantOf('no such step')), modelNamed('litmus/sb.tso'))
    expect(opinion.killer).toBeDefined()
  })
})

describe('who is asked about a fault', () => {
  const killer = { kind: 'count', name: 'its count' } as const
  const [fault] = mutants.filter(({ kind, file }) => kind === 'fault' && file === 'impl/lib/kernel/memory/buffer.ts')
  if (fault === undefined) throw new Error('no fault')

  /** What becomes of the fault, and which models were asked, if they answer so: undefined is no answer in time. */
  const asking = async (answers: Readonly<Record<string, readonly (Opinion | undefined)[]>>, until = Infinity) => {
    const asked: string[] = []
    const left = new Map(Object.entries(answers).map(([model, own]) => [model, [...own]]))
    const hand: FaultHand = {
      time: () => Promise.resolve(1),
      fault: (_, model) => {
        asked.push(model)
        return Promise.resolve(left.get(model)?.shift())
      },
    }
    const models = (...names: string[]) => names.filter((name) => name in answers).map(modelNamed)
    const all = new Map([
      ['litmus', { usual: models('litmus/sb.sc', 'litmus/sb.tso'), larger: models('litmus/iriw.tso') }],
      ['flush-inhibit', { usual: models('flush-inhibit/posted.tso'), larger: [] }],
    ])
    const c = new Case(fault)
    const faultCrew: FaultCrew = (_size, _protocol, task) => task(hand)
    await judgeMachine('litmus', [c], all, {
      workers: 1,
      limit: 60_000,
      until,
      all: false,
      faultCrew,
      onProgress: () => undefined,
    })
    const { fate, killedBy, reason } = c.judged()
    return { fate, by: killedBy.map(({ name }) => name), asked, ...(reason === LATE ? { late: true } : {}) }
  }
  const same: Opinion = { differs: false, killer: undefined }
  const quiet: Opinion = { differs: true, killer: undefined }

  it('the usual models, smallest first, up to the one that notices', async () => {
    const found = await asking({ 'litmus/sb.sc': [quiet], 'litmus/sb.tso': [{ differs: true, killer }] })
    expect(found).toEqual({ fate: 'killed', by: ['its count'], asked: ['litmus/sb.sc', 'litmus/sb.tso'] })
  })

  it('nobody, when the time of the run is up: that is no verdict', async () => {
    const found = await asking({ 'litmus/sb.sc': [{ differs: true, killer }] }, performance.now() - 1)
    expect(found).toEqual({ fate: 'incomplete', by: [], asked: [], late: true })
  })

  it('again, if there is no answer in time: a run that is late once may have had a slow neighbour', async () => {
    const once = await asking({ 'litmus/sb.sc': [undefined, quiet] })
    expect(once).toEqual({ fate: 'survived', by: [], asked: ['litmus/sb.sc', 'litmus/sb.sc'] })
    const twice = await asking({ 'litmus/sb.sc': [undefined, undefined] })
    expect([twice.fate, twice.by]).toEqual(['killed', ['litmus/sb.sc does not end']])
  })

  it('the large models, also if it is the same machine in all others', async () => {
    const found = await asking({ 'litmus/sb.sc': [same], 'litmus/iriw.tso': [{ differs: true, killer }] })
    expect([found.fate, found.asked]).toEqual(['killed', ['litmus/sb.sc', 'litmus/iriw.tso']])
    expect((await asking({ 'litmus/sb.sc': [same], 'litmus/iriw.tso': [same] })).fate).toBe('refused')
  })

  it('the models of others, if it is in what they share and nobody else notices', async () => {
    const found = await asking({ 'litmus/sb.sc': [quiet], 'flush-inhibit/posted.tso': [{ differs: true, killer }] })
    expect([found.fate, found.asked]).toEqual(['killed', ['litmus/sb.sc', 'flush-inhibit/posted.tso']])
    expect((await asking({ 'litmus/sb.sc': [same], 'flush-inhibit/posted.tso': [quiet] })).asked).toEqual([
      'litmus/sb.sc',
    ])
  })
})

const judged = (mutant: Mutant, fate: Judged['fate']): Judged => ({
  mutant,
  fate,
  killedBy: fate === 'killed' ? [{ kind: 'cell', name: 'litmus/sb.tso OutcomeForbiddenInv' }] : [],
  reason: undefined,
})

describe('arguments', () => {
  const [first, second] = mutants
  if (first === undefined || second === undefined) throw new Error('no mutants')
  const argue = ({ file, kind, within, from, to }: Mutant) => ({
    ...{ file, kind, within, from, to },
    reason: 'it says the same in every state',
  })

  it('are matched by content, not by line, and give the survivor its reason', () => {
    const moved = { ...first, line: first.line + 100, id: 'moved' }
    const { judged: after, stale } = withArguments([judged(moved, 'survived')], [argue(first)], () => true)
    expect(after.map(({ fate, reason }) => [fate, reason])).toEqual([['argued', 'it says the same in every state']])
    expect(stale).toEqual([])
  })

  it('are an error where the mutant is killed, and where there is none any more', () => {
    const { stale } = withArguments([judged(first, 'killed')], [argue(first), argue(second)], () => true)
    expect(stale.map(({ why }) => why)).toEqual([
      'it is killed by litmus/sb.tso OutcomeForbiddenInv',
      'there is no such mutant',
    ])
  })

  it('may give one reason for several changes, each of which has to be there', () => {
    const from = [first.from, 'nothing like that']
    const { judged: after, stale } = withArguments([judged(first, 'survived')], [{ ...argue(first), from }], () => true)
    expect(after.map(({ fate }) => fate)).toEqual(['argued'])
    expect(stale.map(({ about, why }) => [about.from, why])).toEqual([['nothing like that', 'there is no such mutant']])
  })

  it('say nothing of what was not run', () => {
    expect(withArguments([], [argue(first)], () => false).stale).toEqual([])
  })

  it('do not turn what is incomplete into a survivor', () => {
    const { judged: after } = withArguments([judged(first, 'incomplete')], [argue(first)], () => true)
    expect(after.map(({ fate }) => fate)).toEqual(['incomplete'])
  })
})

describe('seeded faults', () => {
  const faults = mutants.filter(({ kind }) => kind === 'fault')
  const [fault] = faults
  const mutant = mutantOf('true')
  if (fault === undefined) throw new Error('no faults')
  const named = (change: Change) => faultNamed(ts, litmus, faults, change)
  const seed = {
    mutant,
    fault,
    thread: null,
    model: 'litmus/sb.tso',
    cell: 'OutcomeForbiddenInv',
    verdict: 'violated' as const,
  }

  it('are an error where the weakening or the fault is not made any more', () => {
    const why = (...seeds: (typeof seed)[]) => staleSeeds(seeds, mutants, named, () => true).map((s) => s.why)
    expect(why(seed)).toEqual([])
    expect(why({ ...seed, mutant: { ...mutant, id: 'gone' } })).toEqual(['seeded fault: there is no such mutant'])
    expect(why({ ...seed, fault: { ...fault, id: 'gone' } })).toEqual(['seeded fault: there is no such fault'])
    expect(staleSeeds([{ ...seed, fault: { ...fault, id: 'gone' } }], mutants, named, () => false)).toEqual([])
  })

  it('may be written by hand, where the text stands in the function exactly once', () => {
    const { file, within, edit } = fault
    const from = readSource(file).slice(edit.start, edit.end)
    const written = named({ id: BY_HAND, file, kind: 'fault', within, from, to: ';' })
    expect(written?.edit).toEqual({ ...edit, text: ';' })
    expect(named({ id: BY_HAND, file, kind: 'fault', within, from: 'yield', to: ';' })).toBeUndefined()
    expect(named({ id: BY_HAND, file, kind: 'fault', within: 'elsewhere', from, to: ';' })).toBeUndefined()
    expect(
      named({ id: BY_HAND, file: 'impl/lib/kernel/error.ts', kind: 'fault', within, from, to: ';' }),
    ).toBeUndefined()
  })

  it('are made in the machinery that protocols share, too', () => {
    const [pollKick] = PROTOCOLS.filter(({ name }) => name === 'poll-kick')
    if (pollKick === undefined) throw new Error('no poll-kick')
    const files = new Set(machineMutants(ts, pollKick, ['property', 'fault']).mutants.map(({ file }) => file))
    expect([...files]).toEqual(
      expect.arrayContaining(['impl/poll-kick/PollKick.ts', 'impl/lib/kernel/memory/memory.ts']),
    )
  })
})

describe('the report', () => {
  it('names the survivor with its place and the change', () => {
    const mutant = mutantOf('true')
    const part = {
      protocol: 'litmus',
      judged: [judged(mutant, 'survived')],
      stale: [],
      same: 0,
      notDrawn: 0,
      notDecided: 0,
      seconds: 1,
    }
    const text = report(part)
      .map(({ text: line }) => line)
      .join('\n')
    expect(text).toContain(`${mutant.file}:${mutant.line}  litmus\n    ${mutant.from}\n    -> true`)
    expect(text).toMatch(/machine property +1 +0 +0 +0 +0 +0 +1 +0/)
  })
})

describe('what is drawn', () => {
  it('is the same for the same seed, another for another, and leaves weakenings alone', () => {
    const drawn = (seed: number) => sampled(mutants, { sample: 2, seed }).map(({ id }) => id)
    expect(drawn(1)).toEqual(drawn(1))
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
    expect(new Set(seeds.map((seed) => drawn(seed).join())).size).toBeGreaterThan(1)
    expect(sampled(mutants, { sample: 2, seed: 1 }).filter(({ kind }) => kind === 'property')).toEqual(
      mutants.filter(({ kind }) => kind === 'property'),
    )
  })

  it('is some of each side and kind, where weakenings are drawn too', () => {
    const ofEach = (of: readonly Mutant[]): Record<string, number> => {
      const counts: Record<string, number> = {}
      for (const { side, kind } of of) counts[`${side} ${kind}`] = (counts[`${side} ${kind}`] ?? 0) + 1
      return counts
    }
    const all = ofEach(mutants)
    const drawn = ofEach(sampled(mutants, { weakenings: 2, seed: 1 }))
    expect(Object.keys(drawn)).toEqual(Object.keys(all))
    for (const [of, count] of Object.entries(all))
      expect([of, drawn[of]]).toEqual([of, of.endsWith('fault') ? count : Math.min(2, count)])
    expect(Object.entries(all).some(([of, count]) => !of.endsWith('fault') && count > 2)).toBe(true)
  })
})

describe('how many mutants are drawn', () => {
  const usual = { side: 'both', seed: 1, tag: 'fast', searchStates: 6000, timeout: 600 } as const

  it('some of what was changed, every day', () => {
    expect(withEverydaySample({ ...usual, changed: true })).toMatchObject({ sample: 20, weakenings: 16, budget: 150 })
    const few = withEverydaySample({ ...usual, changed: true, sample: 3 })
    expect([few.sample, few.weakenings]).toEqual([3, undefined])
  })

  it('all, where a protocol is named or all is asked for', () => {
    expect(withEverydaySample(usual).sample).toBeUndefined()
    expect(withEverydaySample({ ...usual, changed: true, tag: 'full' }).sample).toBeUndefined()
  })
})

describe('what was changed', () => {
  const names = (...files: string[]) => protocolsOf(files, PROTOCOLS).map(({ name }) => name)
  it('a protocol’s own files, and for what is shared every protocol', () => {
    expect(names('spec/poll-kick/PollKick.tla')).toEqual(['poll-kick'])
    expect(names('impl/litmus/Litmus.ts', 'impl/lib/report/lanes.ts')).toEqual(['litmus'])
    for (const file of [
      'impl/lib/kvm/vcpu.ts',
      'impl/lib/kernel/memory/buffer.ts',
      'impl/lib/kernel/language/machine.ts',
    ])
      expect(names(file)).toEqual(PROTOCOLS.map(({ name }) => name))
    expect(names()).toEqual([])
  })
})

describe('the specification', () => {
  const text = `---- MODULE M ----
Asleep(p) == /\\ a[p]
             /\\ ~b[p]
AInv == \\A p \\in P : c => ~Asleep(p)
BInv == d
Fairness == WF_v(X \\/ Y) /\\ SF_v(Z)
====
`
  const source = { file: 'spec/m/M.tla', text }
  const drafts = specWeakenings([source], ['AInv', 'BInv'])

  it('is weakened in the direction in which each part is asked', () => {
    const said = drafts.map(({ within, from, to }) => `${within}: ${from} -> ${to}`)
    expect(said).toContain('Asleep: a[p] /\\ (~ b[p]) -> FALSE')
    expect(said.filter((line) => line.startsWith('Asleep'))).toHaveLength(1)
    expect(said).toContain('Fairness: SF_v(Z) -> weak in place of strong')
    expect(said).toContain('Fairness: X -> not among the fair steps')
    expect(said).toContain('AInv: \\A p \\in P : c => (~ Asleep(p)) -> p in one of P only')
  })

  it('has copies of what a mutant changes, and of nothing else', () => {
    const draft = drafts.find(({ within }) => within === 'Asleep')
    if (draft === undefined) throw new Error('no mutant of Asleep')
    const changed = editedDefinition(source, 'Asleep', draft.edit)
    const copies = weakerCopies(definitionsIn([source]), changed, 'falser', ['AInv', 'BInv'], 'm1')
    expect([...copies.names]).toEqual([['AInv', 'AInv_m1']])
    expect(copies.lines).toEqual([
      'Asleep_falser_m1(p) == FALSE',
      'AInv_m1 == \\A p \\in P : c => (~ Asleep_falser_m1(p))',
    ])
  })
})

describe('the command', () => {
  it('kills every weakening of litmus, and an argument about one of them is an error', () => {
    const file = join(directory, 'mutants.json')
    const { file: where, kind, within, from, to } = mutantOf('true')
    const reason = 'nobody could ever need this property'
    writeFileSync(file, JSON.stringify({ argued: [{ file: where, kind, within, from, to, reason }] }))
    const { status, stdout } = lockstep(
      'litmus',
      '--side',
      'machine',
      '--kind',
      'property',
      '--json',
      '--arguments',
      file,
    )
    const result = JSON.parse(stdout) as {
      ok: boolean
      mutants: { fate: string; killedBy: { kind: string; name: string }[] }[]
      stale: { why: string }[]
    }
    expect(result.mutants.length).toBeGreaterThan(3)
    expect(result.mutants.filter(({ fate }) => fate !== 'killed')).toEqual([])
    expect(result.mutants[0]?.killedBy[0]).toMatchObject({
      kind: 'cell',
      name: expect.stringMatching(/^litmus\/.* Outcome/) as string,
    })
    expect(result.stale.map(({ why }) => why)).toEqual([expect.stringMatching(/^it is killed by litmus\//)])
    expect([status, result.ok]).toEqual([1, false])
  })

  it.runIf(isCI)('refuses what it cannot read or does not know, with exit 2 (needs CI)', () => {
    const file = join(directory, 'bad.json')
    writeFileSync(file, '{"argued": [{"file": 1}]}')
    const bad = lockstep('litmus', '--side', 'machine', '--arguments', file)
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('docs/mutate.md')])
    writeFileSync(file, '{"argued": [], "seeded": [],\n "argued": []}')
    const twice = lockstep('litmus', '--side', 'machine', '--arguments', file)
    expect([twice.status, twice.stderr]).toEqual([2, expect.stringContaining('2:2: argued: it is there twice')])
    const missing = lockstep('litmus', '--side', 'machine', '--arguments', join(directory, 'nowhere.json'))
    expect([missing.status, missing.stderr]).toEqual([2, expect.stringContaining('nowhere.json: cannot read the file')])
    const unknown = lockstep('litmsu')
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('did you mean litmus')])
    const ignored = lockstep('litmus', '--base', 'HEAD', '--side', 'machine')
    expect([ignored.status, ignored.stderr]).toEqual([2, expect.stringContaining('--base would be ignored')])
    const base = lockstep('--changed', '--base', 'no-such-revision', '--side', 'machine')
    expect([base.status, base.stderr]).toEqual([3, expect.stringContaining('--changed needs')])
  })
})

describe.runIf(isFull)('the whole run (needs LOCKSTEP_FULL)', () => {
  it.each(PROTOCOLS.map(({ name }) => name))(
    'leaves no survivor of %s unexplained, on both sides where there is Java',
    { timeout: 14_400_000 },
    (name) => {
      const { stdout } = lockstep(name, '--side', toolchain === undefined ? 'machine' : 'both', '--json')
      const result = JSON.parse(stdout) as { mutants: { fate: string }[]; stale: unknown[] }
      expect(result.mutants.length).toBeGreaterThan(0)
      expect(result.mutants.filter(({ fate }) => fate !== 'killed' && fate !== 'argued')).toEqual([])
      expect(result.stale).toEqual([])
    },
  )
})
