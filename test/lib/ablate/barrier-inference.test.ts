/** Inference over barriers: against brute force, on properties that it must refuse, and on the machines themselves. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasToggle, subsetCount } from '../../../impl/lib/ablate/subsets.ts'
import type { Automaton, Compiled, ProgramNode } from '../../../impl/lib/kernel/machine/automaton.ts'
import type { StepTree } from '../../../impl/lib/kernel/machine/step-tree.ts'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { Constants } from '../../../impl/lib/kernel/language/constants.ts'
import { monotoneIn, nextSubset, packed, spread, Verdicts } from '../../../impl/lib/ablate/barrier-inference.ts'
import type { InvariantInstance, Machine } from '../../../impl/lib/kernel/language/machine.ts'
import { Observer } from '../../../impl/lib/kernel/language/machine.ts'
import { valueAt } from '../../../impl/lib/kernel/language/domain.ts'
import { printValue } from '../../../impl/lib/kernel/language/print-value.ts'
import type { Base } from '../../../impl/lib/ablate/bases.ts'
import { ablatedToggles, basesOf, constantsOf } from '../../../impl/lib/ablate/bases.ts'
import { everydayShare, isCI } from '../../effort.ts'
import { dataOf } from '../../../scripts/workspace/models.ts'
import { loadModels, PROTOCOLS } from '../../project.ts'

/** A seed of its own for each run; a failure prints it with the path. */
const seed = Date.now() & 0x7fffffff
const check = <T>(name: string, arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void => {
  it(`${name} (seed ${seed})`, () => {
    fc.assert(fc.property(arbitrary, property), { seed })
  })
}

const all = (toggles: number): number[] => Array.from({ length: subsetCount(toggles) }, (_, s) => s)

/** Properties of the subsets of up to five toggles, each upward closed in some of them. */
const properties = fc.integer({ min: 0, max: 5 }).chain((toggles) =>
  fc
    .array(
      fc.record({
        monotone: fc.nat(subsetCount(toggles) - 1),
        seeds: fc.array(fc.nat(subsetCount(toggles) - 1), { maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((list) => ({
      toggles,
      list: list.map(({ monotone, seeds }) => ({
        monotone,
        holds: (s: number): boolean => seeds.some((t) => ((s ^ t) & ~monotone) === 0 && (t & ~s) === 0),
      })),
    })),
)

const always = (holds: () => boolean): InvariantInstance => ({ name: '', occurs: () => true, holds })

describe('inference', () => {
  check('gives every verdict that brute force gives, and asks for none that follows', properties, (given) => {
    const { toggles, list } = given
    const verdicts = list.map(({ monotone }) => new Verdicts(toggles, monotone))
    for (;;) {
      const subset = nextSubset(toggles, verdicts)
      if (subset === undefined) break
      expect(verdicts.some((v) => v.verdict(subset) === undefined)).toBe(true)
      verdicts.forEach((v, i) => {
        if (v.verdict(subset) === undefined) v.learn(subset, list[i]?.holds(subset) ?? false)
      })
    }
    for (const [i, { holds }] of list.entries()) {
      expect(all(toggles).map((s) => verdicts[i]?.verdict(s))).toEqual(all(toggles).map(holds))
    }
  })
  check('of one verdict is what the definition says', properties, ({ toggles, list }) => {
    for (const { monotone, holds } of list) {
      for (const subset of all(toggles)) {
        const verdicts = new Verdicts(toggles, monotone)
        const verdict = holds(subset)
        const expected = all(toggles).filter(
          (s) =>
            all(toggles).filter((i) => i < toggles && hasToggle(s ^ subset, i) && !hasToggle(monotone, i)).length ===
              0 && (verdict ? (subset & s) === subset : (subset | s) === subset),
        )
        expect(verdicts.gain(subset, verdict)).toBe(expected.length)
        verdicts.learn(subset, verdict)
        expect(all(toggles).filter((s) => verdicts.verdict(s) !== undefined)).toEqual(expected)
      }
    }
  })
  it('refuses verdicts that contradict monotony', () => {
    const verdicts = new Verdicts(2, 3)
    verdicts.learn(0, true)
    expect(() => {
      verdicts.learn(2, false)
    }).toThrow(/not monotone/)
  })
  check('bits of a mask moved together and back', fc.tuple(fc.nat(2 ** 20), fc.nat(2 ** 20)), ([subset, mask]) => {
    expect(spread(packed(subset, mask), mask)).toBe(subset & mask)
  })
})

const models = loadModels()
const ablated = PROTOCOLS.filter(({ ablation }) => ablation.length > 0)

const machineAt = (base: Base, subset: number): Machine =>
  base.model.protocol.machine(new Constants(constantsOf(base, subset), 'test'), dataOf(base.model.protocol))

const namesIn = (toggles: readonly string[], set: number): string[] => toggles.filter((_, i) => hasToggle(set, i))

/** The barriers that each property is not monotone in, with the machine changed. */
const refused = (
  base: Base,
  change: (machine: Machine) => Machine = (machine) => machine,
): Record<string, string[]> => {
  const { protocol } = base.model
  const toggles = ablatedToggles(protocol)
  const top = compile(change(machineAt(base, subsetCount(toggles.length) - 1)))
  return Object.fromEntries(
    [...monotoneIn(top, toggles, protocol.barriers)].map(([name, set]) => [
      name,
      namesIn(toggles, ~set).filter((toggle) => protocol.barriers[toggle] !== undefined),
    ]),
  )
}

const baseOf = (protocol: string, memory?: 'pso'): Base => {
  const found = ablated.filter(({ name }) => name === protocol).flatMap((p) => basesOf(p, models, memory))[0]
  if (found === undefined) throw new RangeError(`no base of ${protocol}`)
  return found
}

describe('a property is not monotone in a barrier', () => {
  it('that waits for others, if it is liveness', () => {
    const { IoctlReturnsProp, FlushCompletesProp, Deadlock, AllOrNothingInv } = refused(baseOf('flush-inhibit'))
    const waits = ['SyncOnSet', 'SyncOnClear']
    expect({ IoctlReturnsProp, FlushCompletesProp, Deadlock, AllOrNothingInv }).toEqual({
      IoctlReturnsProp: waits,
      FlushCompletesProp: waits,
      Deadlock: waits,
      AllOrNothingInv: [],
    })
  })
  it('whose label it looks at, or the label after it', () => {
    // both look at the second of the ioctl's stores, which comes after the barrier
    const { SuspendedHasCauseInv, OnlyWaitersWokenInv } = refused(baseOf('flush-inhibit'))
    expect([SuspendedHasCauseInv, OnlyWaitersWokenInv]).toEqual([['UnsuspendWmb'], ['UnsuspendWmb']])
    const looksAt = (label: string) => (machine: Machine) => ({
      ...machine,
      invariants: [{ name: 'Looks', instances: [always(() => !new Observer(machine.shared, 2).at(label))] }],
    })
    const looking = (label: string): string[] | undefined => refused(baseOf('poll-kick'), looksAt(label))['Looks']
    expect(looking('kvm_vcpu_poll_smp_mb')).toEqual(['PollMb'])
    expect(looking('kvm_vcpu_poll_read_kicked')).toEqual(['PollMb'])
    expect(looking('poll_schedule_timeout')).toEqual([])
  })
  it.runIf(isCI)('that writes what it looks at (needs CI)', () => {
    // under PSO smp_wmb() marks the store buffer of the suspending vCPU
    const { Looks } = refused(baseOf('flush-inhibit', 'pso'), (machine) => {
      const buffers = machine.shared.variables.find(({ name }) => name === 'store_buffer')
      const isEmpty = (): boolean => machine.shared.store.get(buffers?.cells[0] ?? -1) === 0
      return { ...machine, invariants: [{ name: 'Looks', instances: [always(isEmpty)] }] }
    })
    expect(Looks).toEqual(['SuspendWmb'])
  })
  it('whose step is not fair, if it is liveness', () => {
    const unfair = refused(baseOf('poll-kick'), (machine) => ({ ...machine, fairness: [] }))
    const steps = ['ClearMb', 'PollMb', 'EntryMb', 'WakeUpMb']
    expect([unfair['EventReportedProp'], unfair['NoLostEventInv']]).toEqual([steps, []])
  })
  it('that makes a store visible at once, if it is liveness and tells when', () => {
    const tells = refused(baseOf('poll-kick'), (machine) => {
      const source = new Observer(machine.shared, 1)
      const requests = machine.shared.variables.find(({ name }) => name === 'requests')
      const seen = (): boolean => machine.shared.store.get(requests?.cells[0] ?? -1) === 1
      const instances = [{ name: '', from: () => source.at('rcuwait_wake_up_smp_mb'), to: seen }]
      return { ...machine, liveness: [{ name: 'Tells', instances }] }
    })
    expect(tells['Tells']).toContain('RequestIsMb')
  })
})

/**
 * A tree as text: values instead of indices, which a domain that grows may give in another order. `drained` is with no
 * store waiting, where a store that is made visible at once has no part.
 */
const textOf = ({ machine }: Compiled, tree: StepTree, drained = false): string => {
  const isBuffer = (cell: number): boolean => machine.shared.cells[cell]?.variable === 'store_buffer'
  const value = (cell: number, index: number): string => {
    const domain = machine.shared.cells[cell]?.domain
    return domain === undefined ? '' : printValue(domain.toTla(valueAt(domain, index)))
  }
  const visit = (at: StepTree): unknown => {
    if (!('cell' in at)) {
      return [at.refusals, at.outcomes.map(({ writes, result }) => [writes.map(([c, i]) => [c, value(c, i)]), result])]
    }
    const [first] = at.children
    if (drained && isBuffer(at.cell) && first !== undefined) return visit(first)
    return [at.cell, at.children.map((child, i) => [value(at.cell, i), visit(child)]).sort()]
  }
  return JSON.stringify(visit(tree))
}

/** A program as text per node, without the steps of some labels. */
const programOf = (compiled: Compiled, { nodes }: Automaton, without: readonly string[]): Map<string, string> => {
  const past = (id: number): number => {
    const [next] = nodes[id]?.next.values() ?? []
    return next !== undefined && without.includes(nodes[id]?.label ?? '') ? past(next) : id
  }
  const name = ({ label, frame }: ProgramNode): string => `${label} ${frame.join()}`
  const nameOf = (id: number): string => {
    const node = nodes[past(id)]
    return node === undefined ? '' : name(node)
  }
  const found = new Map<string, string>()
  const todo = [past(0)]
  for (const id of todo) {
    const node = nodes[id]
    if (node === undefined || found.has(name(node))) continue
    const next = [...node.next].map(([key, target]) => [key, nameOf(target)])
    found.set(name(node), JSON.stringify([node.op.kind, textOf(compiled, node.tree), next]))
    todo.push(...[...node.next.values()].map(past))
  }
  return found
}

describe.each(ablated.filter(({ barriers }) => Object.keys(barriers).length > 0))(
  '$name with a barrier and without it',
  (protocol) => {
    const toggles = ablatedToggles(protocol)
    const barriers = Object.entries(protocol.barriers)
    const share = everydayShare(barriers, ([name, { kind }]) => name === barriers.find(([, b]) => b.kind === kind)?.[0])
    it.each(share)(
      '%s: differs in nothing else (one of each kind; all of them, and in more subsets, in CI)',
      (name, { kind, labels }) => {
        const bit = 1 << toggles.indexOf(name)
        let differing = 0
        for (const base of basesOf(protocol, models, undefined)) {
          for (let i = 0; i < (isCI ? 6 : 2); i++) {
            // spread over all subsets, the same in every run
            const subset = (i * 2_654_435_761) % subsetCount(toggles.length)
            const [on, off] = [compile(machineAt(base, subset | bit)), compile(machineAt(base, subset & ~bit))]
            on.automata.forEach((automaton, thread) => {
              const other = off.automata[thread]
              if (other === undefined) throw new RangeError('a thread is missing')
              if (kind === 'step' || kind === 'wait') {
                // another toggle may add steps of the same labels: they go on both sides
                expect(programOf(on, automaton, labels)).toEqual(programOf(off, other, labels))
                differing += automaton.nodes.length - other.nodes.length
              } else {
                expect(automaton.nodes.map(({ label, frame }) => [label, frame])).toEqual(
                  other.nodes.map(({ label, frame }) => [label, frame]),
                )
                automaton.nodes.forEach((node, n) => {
                  const plain = other.nodes[n]
                  expect(new Set(node.next.values())).toEqual(new Set(plain?.next.values()))
                  const drained = kind === 'locked'
                  if (plain === undefined || textOf(on, node.tree, drained) === textOf(off, plain.tree, drained)) return
                  differing += 1
                  if (kind === 'locked') expect(labels).toContain(node.label)
                  else expect(node.op.kind).toBe('rmw')
                })
              }
            })
          }
        }
        expect(differing).toBeGreaterThan(0)
      },
    )
  },
)
