/**
 * What KVM's shared machinery keeps longer than Linux: each in turn as Linux has it, and no verdict changes. The header of
 * spec/lib/KvmVcpu.tla says what each is.
 */

import { afterEach, describe, expect, it, vi } from 'vitest'
import { compile } from '../../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../../impl/lib/kernel/machine/tables.ts'
import { explore } from '../../../impl/lib/kernel/explore/explore.ts'
import { KvmVcpus } from '../../../impl/lib/kvm/vcpu.ts'
import type { Op, Step } from '../../../impl/lib/kernel/language/op.ts'
import type { Key } from '../../../impl/lib/kernel/language/domain.ts'
import { violatedDepths } from '../../../impl/lib/kernel/explore/violations.ts'
import type { Model } from '../../../impl/lib/protocol/model.ts'
import { machineOf, sizeOf } from '../../../impl/lib/protocol/model.ts'
import { everydayShare, isCI } from '../../effort.ts'
import { expectedCells } from '../../suite.ts'
import { loadModels } from '../../project.ts'
import { specFiles } from '../../../scripts/workspace/spec-files.ts'

/** The fast models of the protocols in which vCPUs are kicked; every day the small ones. */
const models = loadModels().filter(
  (m) =>
    specFiles(m.protocol).some(({ file }) => file.endsWith('/KvmVcpu.tla')) &&
    m.tags.includes('fast') &&
    (isCI || sizeOf(m) <= 1_500),
)

/** The same steps, but `exec` is taken by another hand where the label is `label`. */
function* altered<R>(steps: Step<R>, label: string, by: (exec: Op['exec'], choice: unknown) => unknown): Step<R> {
  let next = steps.next()
  while (next.done !== true) {
    const op = next.value
    const { exec } = op
    // the very step that was made: another in its place would be one that nobody takes
    const result = yield op.label === label ? Object.assign(op, { exec: (choice: unknown) => by(exec, choice) }) : op
    next = steps.next(result)
  }
  return next.value
}

/** After the step `label` of a method, `also` is done in it. */
function* withAlso(steps: Step<void>, label: string, also: () => void): Step<void> {
  yield* altered(steps, label, (exec, choice) => {
    const result = exec(choice)
    also()
    return result
  })
}

// the methods as they are, before they are replaced; each is called with `call` only, so `this` is given
// eslint-disable-next-line @typescript-eslint/unbound-method
const { modeInGuest, kvm_vcpu_block, kvm_vcpu_wake_up } = KvmVcpus.prototype

const ipiIsTaken = (): void => {
  vi.spyOn(KvmVcpus.prototype, 'modeInGuest').mockImplementation(function (this: KvmVcpus, v: Key) {
    return withAlso(modeInGuest.call(this, v), 'vcpu_enter_guest_mode_in_guest', () => {
      this.ipi.set(v, false)
    })
  })
}

const wakeUpIsForgotten = (): void => {
  vi.spyOn(KvmVcpus.prototype, 'kvm_vcpu_block').mockImplementation(function (this: KvmVcpus, v: Key, ...rest) {
    return withAlso(kvm_vcpu_block.call(this, v, ...rest), 'prepare_to_rcuwait', () => {
      this.woken.set(v, false)
    })
  })
}

/** wake_up_process() says no of a thread that is awake: its answer is the step's result and the function's */
function* wakesOnce(k: KvmVcpus, v: Key): Step<boolean> {
  const steps = kvm_vcpu_wake_up.call(k, v)
  let next = steps.next()
  while (next.done !== true) {
    const op = next.value
    if (op.label === 'wake_up_process') {
      const { exec } = op
      const wakes = (choice: unknown): boolean => {
        const asleep = !k.woken.get(v)
        exec(choice)
        return asleep
      }
      // the very step that was made: another in its place would be one that nobody takes
      return (yield Object.assign(op, { exec: wakes })) === true
    }
    next = steps.next(yield op)
  }
  return next.value
}

const runningIsNotWoken = (): void => {
  vi.spyOn(KvmVcpus.prototype, 'kvm_vcpu_wake_up').mockImplementation(function (this: KvmVcpus, v: Key) {
    return wakesOnce(this, v)
  })
}

const look = (model: Model): { states: number; violated: string[] } => {
  const graph = explore(assemble(compile(machineOf(model))), { edges: true })
  const cells = model.cells.map(({ name }) => name)
  return { states: graph.count, violated: [...violatedDepths(graph).keys()].filter((n) => cells.includes(n)).sort() }
}

describe('KVM’s machinery as Linux has it', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })
  const narrower = [
    ['an IPI that came outside the guest is gone', ipiIsTaken],
    ['a wake-up from before a block is forgotten', wakeUpIsForgotten],
    ['a thread that is awake is not woken, and the kick goes on', runningIsNotWoken],
  ] as const
  const share = everydayShare(narrower, ([, narrow]) => narrow === wakeUpIsForgotten)
  it.each(share)(
    '%s: other graphs, the same verdicts (more of them, and of larger models, in CI)',
    { timeout: 600_000 },
    (_what, narrow) => {
      narrow()
      let other = 0
      for (const model of models) {
        const { states, violated } = look(model)
        expect([model.name, violated]).toEqual([model.name, expectedCells(model)])
        if (states !== model.counts?.distinctStates) other += 1
      }
      expect(other).toBeGreaterThan(0)
    },
  )
})
