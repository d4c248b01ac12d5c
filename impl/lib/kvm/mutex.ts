/**
 * vcpu->mutex, which kvm_vcpu_ioctl() takes killably for the whole of every ioctl of the vCPU: KVM_RUN holds it while it
 * is in the guest and while it is blocked. Twin of spec/lib/VcpuMutex.tla; virt/kvm/kvm_main.c of Linux 6.12.
 */

import type { LocationMap, Memory } from '../memory/memory.ts'
import type { Step } from '../program.ts'
import { require } from '../program.ts'
import type { Key } from '../schema.ts'
import { oneOfNames } from '../schema.ts'

/** The mutexes of some vCPUs. `H` names what a holder is doing, e.g. `run`, `ioctl`. */
export class VcpuMutexes<H extends string> {
  readonly mutex: LocationMap<'free' | H>
  private readonly memory: Memory
  private readonly toggles: { readonly MutexUnlockIsMb: boolean }

  /** `MutexUnlockIsMb` may be a getter: it is read by the step. */
  constructor(
    memory: Memory,
    vcpus: readonly Key[],
    holders: readonly H[],
    toggles: { readonly MutexUnlockIsMb: boolean },
  ) {
    this.memory = memory
    this.toggles = toggles
    this.mutex = memory.map('mutex', vcpus, oneOfNames<'free' | H>('free', ...holders), 'free')
  }

  /** mutex_lock_killable(&vcpu->mutex); `then` takes part in the step, with what the world decides in it. */
  lock<R, C = undefined>(label: string, v: Key, holder: H, then: (choice: C) => R, choices?: readonly C[]): Step<R> {
    const exec = (choice: C): R => {
      const result = then(choice)
      require(this.mutex.get(v) === 'free', 'vcpu->mutex is free')
      this.mutex.set(v, holder)
      return result
    }
    return this.memory.locked(label, `mutex_lock(&v${v}->mutex)`, exec, choices)
  }

  /** The same, where the thread may be killed while it waits; the ioctl then returns -EINTR. */
  lockKillable<R, C>(
    label: string,
    v: Key,
    holder: H,
    then: (choice: C) => R,
    choices: readonly C[],
  ): Step<R | 'EINTR'> {
    const exec = (choice: { readonly taken: C } | 'killed'): R | 'EINTR' => {
      const isFree = this.mutex.get(v) === 'free'
      if (choice === 'killed') {
        require(!isFree, 'vcpu->mutex is not free')
        return 'EINTR'
      }
      const result = then(choice.taken)
      require(isFree, 'vcpu->mutex is free')
      this.mutex.set(v, holder)
      return result
    }
    const outcomes = [...choices.map((taken) => ({ taken })), ...(choices.length === 0 ? [] : ['killed' as const])]
    return this.memory.locked(label, `mutex_lock(&v${v}->mutex)`, exec, outcomes)
  }

  /** mutex_unlock(&vcpu->mutex): on x86 a locked cmpxchg of the owner; all that is promised is a release */
  *unlock(label: string, v: Key, also?: () => void): Step<void> {
    const mutex = this.mutex.at(v)
    if (this.toggles.MutexUnlockIsMb) yield* mutex.xchg(label, 'free', also)
    else yield* mutex.release(label, 'free', also)
  }
}
