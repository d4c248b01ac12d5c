/**
 * vcpu->mutex, which kvm_vcpu_ioctl() takes killably for the whole of every ioctl of the vCPU: KVM_RUN holds it while it
 * is in the guest and while it is blocked. Twin of spec/lib/VcpuMutex.tla; virt/kvm/kvm_main.c of Linux 6.12.
 */

import type { LocationMap, Memory } from '../kernel/memory/memory.ts'
import type { Step } from '../kernel/language/op.ts'
import { require } from '../kernel/language/op.ts'
import type { Read } from '../kernel/language/constants.ts'
import { toggling } from '../kernel/language/constants.ts'
import type { Key } from '../kernel/language/domain.ts'
import { oneOfNames } from '../kernel/language/domain.ts'

/** The toggle of the specification's module. */
export const MUTEX_TOGGLES = {
  MutexUnlockIsMb: toggling('mutex_unlock() is a full barrier, as on x86', 'mutex_unlock() is a release and no more'),
}

export type MutexToggles = Read<typeof MUTEX_TOGGLES>

/** The mutexes of some vCPUs. `H` names what a holder is doing, e.g. `run`, `ioctl`. */
export class VcpuMutexes<H extends string> {
  readonly mutex: LocationMap<'free' | H>
  private readonly memory: Memory
  private readonly toggles: MutexToggles

  /** `MutexUnlockIsMb` may be a getter: it is read by the step; `inC` is given where a diagram is to say who has a mutex in the end. */
  constructor(
    memory: Memory,
    vcpus: readonly Key[],
    holders: readonly H[],
    toggles: MutexToggles,
    inC?: (v: Key) => string,
  ) {
    this.memory = memory
    this.toggles = toggles
    this.mutex = memory.map('mutex', vcpus, oneOfNames<'free' | H>('free', ...holders), 'free', inC)
  }

  /**
   * mutex_lock_killable(&vcpu->mutex); `then` takes part in the step, with what the world decides in it. `without` says
   * what comes of a choice with which the mutex is not taken: kvm_vcpu_ioctl() says no before, or the thread is killed
   * while it waits, which it may be where somebody has the mutex (`held`). Undefined: it is taken.
   */
  lock<R, C = undefined>(
    label: string,
    v: Key,
    holder: H,
    then: (choice: C) => R,
    choices?: readonly C[],
    without?: (choice: C, held: boolean) => R | undefined,
  ): Step<R> {
    const exec = (choice: C): R => {
      const ended = without?.(choice, this.mutex.get(v) !== 'free')
      if (ended !== undefined) return ended
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
    type Choice = { readonly taken: C } | 'killed'
    const taken = (choice: Choice): R | 'EINTR' => (choice === 'killed' ? 'EINTR' : then(choice.taken))
    const killed = (choice: Choice, held: boolean): 'EINTR' | undefined => {
      if (choice !== 'killed') return undefined
      require(held, 'vcpu->mutex is not free')
      return 'EINTR'
    }
    const outcomes: Choice[] = [
      ...choices.map((c) => ({ taken: c })),
      ...(choices.length === 0 ? [] : ['killed' as const]),
    ]
    return this.lock<R | 'EINTR', Choice>(label, v, holder, taken, outcomes, killed)
  }

  /** mutex_trylock(&vcpu->mutex): a cmpxchg of the owner, no more than a load where it fails; was it free? */
  *trylock(label: string, v: Key, holder: H): Step<boolean> {
    return (yield* this.mutex.at(v).cmpxchg(label, 'free', holder, false)) === 'free'
  }

  /** mutex_unlock(&vcpu->mutex): on x86 a locked cmpxchg of the owner; all that is promised is a release */
  *unlock(label: string, v: Key, also?: () => void): Step<void> {
    const mutex = this.mutex.at(v)
    if (this.toggles.MutexUnlockIsMb) yield* mutex.xchg(label, 'free', also)
    else yield* mutex.release(label, 'free', also)
  }

  /** The same by a thread that has stored nothing since its last full barrier, e.g. the one after VM-exit. */
  *unlockMb(label: string, v: Key, also?: () => void): Step<void> {
    yield* this.mutex.at(v).xchg(label, 'free', also)
  }
}
