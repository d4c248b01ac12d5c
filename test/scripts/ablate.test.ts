/** `lockstep ablate`: its verdicts are those of `check`, its page is right, and what did not finish is no pass. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { sizeOf, subsetCount } from '../../impl/lib/ablate/subsets.ts'
import { Constants } from '../../impl/lib/kernel/language/constants.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { monotoneIn, nextSubset, packed, spread, Verdicts } from '../../impl/lib/ablate/barrier-inference.ts'
import { printValue } from '../../impl/lib/kernel/language/print-value.ts'
import type { TlaValue } from '../../impl/lib/kernel/language/value.ts'
import { tla } from '../../impl/lib/kernel/language/value.ts'
import { vacuityOf } from '../../impl/lib/kernel/explore/vacuity.ts'
import { ablatedToggles, basesOf, cellsOfBases, constantsOf, isLike, subsetOf } from '../../impl/lib/ablate/bases.ts'
import type { Decision } from '../../impl/lib/ablate/decide.ts'
import { decide, prepare, CompiledThreads, wholeGraph } from '../../impl/lib/ablate/decide.ts'
import { silentSets } from '../../scripts/commands/ablate.ts'
import { violatedDepths } from '../../impl/lib/kernel/explore/violations.ts'
import { everydayShare, isCI, isFull } from '../effort.ts'
import { dataOf } from '../../scripts/workspace/models.ts'
import { packageRoot } from '../../scripts/workspace/package.ts'
import { loadModels, PROTOCOLS } from '../project.ts'

const root = packageRoot()
const models = loadModels()

const lockstep = (...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'bin', 'lockstep.mjs'), 'ablate', ...args],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  )
  return { status, stdout, stderr }
}

const ablated = PROTOCOLS.filter(({ ablation }) => ablation.length > 0)

// CI looks at more of the subsets, and at all protocols: each subset costs a whole graph
const share = everydayShare(ablated, ({ name }) => name === 'vtl-wakeup' || name === 'apf-ready')
describe.each(share)('ablate $name (two protocols every day, all in CI)', (protocol) => {
  const subject = { protocol, data: undefined }
  const toggles = ablatedToggles(protocol)
  const bases = basesOf(protocol, models, undefined)
  const properties = new Set(cellsOfBases(bases).map(({ name }) => name))
  const known = new Map<string, Decision>()
  const outcome = (base: number, subset: number): Decision => {
    const key = `${base} ${subset}`
    const own = bases[base]
    if (own === undefined) throw new RangeError(`no base ${base}`)
    const found = known.get(key) ?? decide(prepare(subject, constantsOf(own, subset), properties), [...properties])
    known.set(key, found)
    return found
  }
  const violated = (subset: number, among: (base: (typeof bases)[number]) => boolean = () => true): string[] =>
    [...properties].filter((name) => bases.some((b, i) => among(b) && outcome(i, subset).violated.has(name)))
  /** what may happen in a model: its boolean constants that are no toggles, and the names in its sets (the kinds of events) */
  const world = (constants: ReadonlyMap<string, TlaValue>): (readonly [string, boolean])[] =>
    [...constants].flatMap(([name, v]): (readonly [string, boolean])[] => {
      if (v.kind === 'set')
        return v.items.flatMap((item) => (item.kind === 'str' ? [[`${name}: ${item.value}`, true] as const] : []))
      return v.kind === 'bool' && !protocol.toggles.includes(name) ? [[name, v.value]] : []
    })

  const own = models.filter(
    (m) => m.protocol === protocol && m.memory === bases[0]?.model.memory && bases.some((base) => isLike(m, base)),
  )
  const expected = (alike: readonly (typeof own)[number][]): string[] => {
    const cells = alike.flatMap((m) => m.cells.filter((c) => c.expected === 'violated').map((c) => c.name))
    return [...properties].filter((p) => cells.includes(p))
  }

  it('has the verdicts of the manifest in every model that is a base with other toggles', () => {
    const fixed = (constants: ReadonlyMap<string, TlaValue>): string =>
      [...constants].flatMap(([n, v]) => (toggles.includes(n) ? [] : [`${n} = ${printValue(v)}`])).join('\n')
    let compared = 0
    for (const [i, base] of bases.entries()) {
      for (const model of own.filter((m) => fixed(m.cfg.constants) === fixed(constantsOf(base, 0)))) {
        const found = [...properties].filter((p) => outcome(i, subsetOf(model)).violated.has(p))
        expect([model.name, found]).toEqual([model.name, expected([model])])
        compared += 1
      }
    }
    // a base of another size than every model's is compared with none
    const resized = bases.every(({ overrides }) => Object.keys(overrides).length > 0)
    expect(compared > 0 || resized).toBe(true)
  })

  it('shows every fault that the manifest has, in the world that the model has or in one where more may happen', () => {
    type World = readonly (readonly [string, boolean])[]
    const isSame = (a: World, b: World): boolean => JSON.stringify(a) === JSON.stringify(b)
    const allows = (more: World, less: World): boolean =>
      less.every(([name, value]) => !value || more.some(([n, v]) => n === name && v))
    let compared = 0
    for (const model of own) {
      const subset = subsetOf(model)
      const wanted = world(model.cfg.constants)
      const worlds = bases.map((base) => world(constantsOf(base, subset)))
      const same = worlds.some((w) => isSame(w, wanted))
      const found = violated(subset, (base) => {
        const w = world(constantsOf(base, subset))
        return same ? isSame(w, wanted) : allows(w, wanted)
      })
      // another design altogether has no base
      if (!worlds.some((w) => allows(w, wanted))) continue
      // a base may show more: two targets break what one does not
      expect([model.name, expected([model]).filter((p) => !found.includes(p))]).toEqual([model.name, []])
      compared += 1
    }
    expect(compared).toBeGreaterThan(0)
  })

  it('a machine without its idle steps has the verdicts of the whole one (in more subsets in CI)', () => {
    const last = bases.length - 1
    const base = bases[last]
    if (base === undefined) throw new RangeError('no base')
    const count = 2 ** toggles.length
    for (let i = 0; i < (isFull ? 40 : isCI ? 15 : 2); i++) {
      // spread over all subsets, the same in every run
      const subset = (i * 2_654_435_761) % count
      const machine = protocol.machine(new Constants(constantsOf(base, subset), 'test'), dataOf(protocol))
      const graph = explore(assemble(compile(machine)), { edges: true })
      const whole = [...violatedDepths(graph).keys()].filter((name) => properties.has(name)).sort()
      const reduced = [...outcome(last, subset).violated.keys()].filter((name) => properties.has(name)).sort()
      expect([subset, reduced]).toEqual([subset, whole])
      expect(outcome(last, subset).states).toBeLessThanOrEqual(graph.count)
    }
  })

  it('a verdict that follows from others is the one of the whole graph', () => {
    const barriers = toggles.reduce((set, name, i) => (protocol.barriers[name] === undefined ? set : set | (1 << i)), 0)
    const others = (subsetCount(toggles.length) - 1) & ~barriers
    const size = sizeOf(barriers)
    for (const base of bases) {
      for (let unit = 0; unit < (isFull ? 3 : isCI ? 2 : 1); unit++) {
        // spread over all values of the other toggles, the same in every run
        const rest = spread(((unit + 1) * 2_654_435_761) % subsetCount(sizeOf(others)), others)
        const at = (value: number): number => rest | spread(value, barriers)
        const constants = (value: number): ReadonlyMap<string, TlaValue> => constantsOf(base, at(value))
        const top = prepare(subject, constants(subsetCount(size) - 1), properties)
        const monotone = monotoneIn(top.compiled, toggles, protocol.barriers)
        const verdicts = new Map(
          [...properties].map((name) => [name, new Verdicts(size, packed(monotone.get(name) ?? 0, barriers))]),
        )
        const decided = new Set<number>()
        for (;;) {
          const value = nextSubset(size, verdicts.values())
          if (value === undefined) break
          decided.add(value)
          const found = decide(prepare(subject, constants(value), properties), [...properties]).violated
          for (const [name, v] of verdicts) if (v.verdict(value) === undefined) v.learn(value, !found.has(name))
        }
        const inferred = Array.from({ length: subsetCount(size) }, (_, value) => value).filter((v) => !decided.has(v))
        for (const value of inferred.filter((_, i) => i % Math.ceil(inferred.length / 5) === unit % 2)) {
          const machine = protocol.machine(new Constants(constants(value), 'test'), dataOf(protocol))
          const whole = violatedDepths(explore(assemble(compile(machine)), { edges: true }))
          for (const [name, v] of verdicts) {
            expect([base.model.name, at(value), name, v.verdict(value)]).toEqual([
              base.model.name,
              at(value),
              name,
              !whole.has(name),
            ])
          }
        }
      }
    }
  })

  it('a program that was compiled for another machine gives the same machine (of more subsets in CI)', () => {
    for (const base of bases) {
      const programs = new CompiledThreads()
      for (let i = 0; i < (isFull ? 12 : isCI ? 5 : 2); i++) {
        const constants = constantsOf(base, (i * 2_654_435_761) % subsetCount(toggles.length))
        const reads = (known?: CompiledThreads): [Decision, string[]] => {
          const read = new Set<string>()
          const prepared = prepare(subject, constants, properties, (name) => read.add(name), known)
          return [decide(prepared, [...properties]), [...read].sort()]
        }
        expect(reads(programs)).toEqual(reads())
      }
    }
  })

  it('asked for some properties, gives these the same verdicts', () => {
    for (const [i, base] of bases.entries()) {
      const subset = subsetOf(base.model) & ~1
      const prepared = prepare(subject, constantsOf(base, subset), properties)
      const all = outcome(i, subset).violated
      const safe = [...properties].filter((name) => !name.endsWith('Prop'))
      for (const asked of [...[...properties].map((name) => [name]), safe, safe.filter((name) => all.has(name))]) {
        const expected = [...all].filter(([name]) => asked.includes(name)).sort()
        expect([asked, [...decide(prepared, asked).violated].sort()]).toEqual([asked, expected])
      }
    }
  })

  const page = join(root, 'traces', protocol.name, 'ablation.md')
  const saysNothing = (property: string, set: number): boolean =>
    bases.every((base) => {
      const instances = vacuityOf(wholeGraph(subject, constantsOf(base, set), properties)).get(property)
      return instances !== undefined && instances.vacuous.length === instances.all.length
    })
  it.skipIf(!existsSync(page) || !isCI)(
    'minimal sets of the page suffice, less one toggle does not, and what is vacuous is said (a third in CI, all if asked)',
    () => {
      let sets = 0
      for (const [, property = '', section = ''] of readFileSync(page, 'utf8').matchAll(
        /^### (\w+)\n([\s\S]*?)(?=^### |(?![\s\S]))/gm,
      )) {
        const [, list = ''] = /Minimal sets:\n\n((?:- .*\n)*)/.exec(section) ?? []
        for (const line of list.split('\n').filter((l) => l.startsWith('- ') && !l.startsWith('- none: '))) {
          const names = [...line.replace(/ \(design.*/, '').matchAll(/`(\w+)`/g)].map((m) => m[1] ?? '')
          const bits = names.map((name) => 1 << toggles.indexOf(name))
          const set = bits.reduce((a, b) => a | b, 0)
          sets += 1
          // the page itself is what computing it anew gives; this looks at machines
          if (!isFull && sets % 3 !== 1) continue
          const isVacuous = line.includes('(vacuous: ')
          // of those that say something some are enough: each costs whole graphs
          if (isVacuous || sets % 12 === 1)
            expect([property, names, property !== 'Deadlock' && saysNothing(property, set)]).toEqual([
              property,
              names,
              isVacuous,
            ])
          expect([property, names, violated(set).includes(property)]).toEqual([property, names, false])
          for (const bit of bits)
            expect([property, names, violated(set & ~bit).includes(property)]).toEqual([property, names, true])
        }
      }
      expect(sets).toBeGreaterThan(0)
    },
  )
})

it('a set is vacuous where every base says so, and not where one says something or was not asked', () => {
  const passes = [0, 1, 2, 3].flatMap((subset) => [0, 1].map((base) => ({ base, subset, property: 'P' })))
  const vacuous = [true, true, true, false, true, undefined, undefined, undefined]
  expect(silentSets(passes, vacuous)).toEqual(new Map([['P', new Set([0])]]))
  expect(silentSets(passes, [])).toEqual(new Map())
})

describe('--memory', () => {
  it.each(['tso', 'pso'] as const)('%s leaves room for stores', (memory) => {
    for (const protocol of ablated) {
      for (const base of basesOf(protocol, models, memory)) {
        const constants = constantsOf(base, 0)
        expect(constants.get('Memory')).toEqual(tla.str(memory.toUpperCase()))
        const slots = constants.get('StoreBufferSlots')
        expect(slots?.kind === 'int' && slots.value > 0n).toBe(true)
      }
    }
  })
})

describe('the command', () => {
  it.runIf(isCI)('that runs out of time is incomplete, says what was covered, and writes no page (needs CI)', () => {
    const directory = mkdtempSync(join(tmpdir(), 'lockstep-ablate-'))
    try {
      const { status, stdout } = lockstep('flush-inhibit', '--timeout', '2', '--json')
      expect(status).toBe(3)
      const document = JSON.parse(stdout) as {
        ok: boolean
        verdict: string
        toggles: string[]
        properties: string[]
        coverage: { covered: number; of: number }
        rows: { toggles: string[]; violated: string[] }[]
        necessary: Record<string, string[]>
        minimal: Record<string, string[][]>
      }
      expect({ ok: document.ok, verdict: document.verdict }).toEqual({ ok: false, verdict: 'incomplete' })
      expect(document.coverage.of).toBe(2 ** document.toggles.length)
      expect(document.coverage.covered).toBe(document.rows.length)
      expect(document.coverage.covered).toBeLessThan(document.coverage.of)
      expect(document.necessary).toEqual({})
      expect(Object.keys(document.minimal)).toEqual(document.properties)
      const page = join(directory, 'page.md')
      const written = lockstep('flush-inhibit', '--timeout', '1', '--markdown', page)
      expect([written.status, existsSync(page)]).toEqual([3, false])
      expect(written.stderr).toMatch(/INCOMPLETE: [\d,]+ of [\d,]+ subsets/)
    } finally {
      rmSync(directory, { recursive: true, force: true })
    }
  })
  it.each([
    [['flush-inhibt', '--json'], 'unknown-protocol', /did you mean flush-inhibit/],
    [['litmus', '--json'], 'no-toggles', /poll-kick or .* or flush-inhibit/],
    [['flush-inhibit', '--property', 'Nope', '--json'], 'unknown-property', /AllOrNothingInv/],
    [['flush-inhibit', '--memory', 'weak', '--json'], 'usage', /sc, tso, pso/],
  ])('%j is refused', (args, code, words) => {
    const { status, stdout } = lockstep(...args)
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string; hint: string } }
    expect({ status, code: error.code }).toEqual({ status: 2, code })
    expect(`${error.message} ${error.hint}`).toMatch(words)
  })
})
