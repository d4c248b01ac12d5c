/**
 * What every design here shares of KVM: how a vCPU's thread enters and leaves the guest, how it blocks, and how others
 * kick it awake or out. Twin of spec/lib/KvmVcpu.tla, which cites the statements. Linux 6.12: virt/kvm/kvm_main.c,
 * include/linux/kvm_host.h, kernel/exit.c (rcuwait_wake_up) and the accesses of arch/x86/kvm/x86.c, vcpu_enter_guest().
 *
 * Each function is the C function of that name for one vCPU; each `yield*` with a label is one shared access of it. Where
 * IPIs and wake-ups last longer than in Linux, and that it changes no verdict, is said in the specification's header.
 */

import type { Also, LocationMap, Memory } from '../kernel/memory/memory.ts'
import type { Step } from '../kernel/language/op.ts'
import type { Read } from '../kernel/language/constants.ts'
import { toggling } from '../kernel/language/constants.ts'
import type { Key } from '../kernel/language/domain.ts'
import { bool, oneOfNames } from '../kernel/language/domain.ts'

/** Values of vcpu->mode; the last one is version 1 of poll() on vCPUs, the others are Linux 6.12. */
export const KVM_MODES = ['OUTSIDE_GUEST_MODE', 'IN_GUEST_MODE', 'EXITING_GUEST_MODE', 'POLLING_FOR_EVENTS'] as const
export type KvmMode = (typeof KVM_MODES)[number]

/**
 * Toggles of the specification's module; read late, so that they may be getters. A protocol says in its own words what is
 * more or less with one, e.g. which other stores RequestIsMb is about.
 */
export const KVM_TOGGLES = {
  EntryMb: toggling(
    'there is a full barrier between mode = IN_GUEST_MODE and the check for requests',
    'there is no barrier between mode = IN_GUEST_MODE and the check for requests',
  ),
  BlockMb: toggling(
    'set_current_state() is a full barrier before the blocking thread checks',
    'there is no barrier before the blocking thread checks',
  ),
  WakeUpMb: toggling('rcuwait_wake_up() has its smp_mb()', 'rcuwait_wake_up() has no barrier'),
  RequestIsMb: toggling(
    'the set_bit() of kvm_make_request() is a full barrier, as on x86',
    'the set_bit() of kvm_make_request() is no barrier',
  ),
  FailedCmpxchgIsMb: toggling(
    'a cmpxchg() that fails is a full barrier, as on x86',
    'a cmpxchg() that fails is no barrier',
  ),
}

export type KvmToggles = Read<typeof KVM_TOGGLES>

/** How a toggle's statement is a step of its own, for `ablate`: what a protocol says in its `barriers`. */
export const KVM_BARRIERS = {
  EntryMb: { kind: 'step', labels: ['vcpu_enter_guest_smp_mb'] },
  BlockMb: { kind: 'locked', labels: ['prepare_to_rcuwait'] },
  WakeUpMb: { kind: 'step', labels: ['rcuwait_wake_up_smp_mb'] },
  RequestIsMb: { kind: 'locked', labels: ['kvm_make_request'] },
  FailedCmpxchgIsMb: { kind: 'drained', labels: [] },
} as const

/**
 * Labels of {@link KvmVcpus}, for the fairness of a protocol's threads: of a vCPU's own thread as it enters the guest and
 * has left it.
 */
export const ENTRY_STEPS = [
  'kvm_request_pending',
  'kvm_check_request',
  'vcpu_enter_guest_mode_in_guest',
  'vcpu_enter_guest_smp_mb',
  'kvm_vcpu_exit_request_mode',
  'kvm_vcpu_exit_request_requests',
  'vcpu_enter_guest_mode_outside',
] as const

/** Of a thread that blocks, but for kvm_vcpu_check_block(), which is the protocol's. */
export const BLOCK_STEPS = ['prepare_to_rcuwait', 'kvm_vcpu_block_schedule', 'finish_rcuwait'] as const

/** Of a thread that kicks a vCPU. */
export const KICK_STEPS = [
  'rcuwait_wake_up_smp_mb',
  'rcuwait_wake_up',
  'wake_up_process',
  'kvm_vcpu_kick_mode',
  'smp_send_reschedule',
] as const

/** The struct kvm_vcpus of a VM, as their own threads and the threads that kick them share them. */
export class KvmVcpus {
  readonly mode: LocationMap<KvmMode>
  readonly requests: LocationMap<boolean>
  readonly ipi: LocationMap<boolean>
  readonly rcuwait: LocationMap<boolean>
  readonly woken: LocationMap<boolean>
  private readonly memory: Memory
  private readonly toggles: KvmToggles

  /** `struct` is what the struct of a vCPU is called in C */
  constructor(memory: Memory, vcpus: readonly Key[], toggles: KvmToggles, struct = (v: Key): string => `v${v}`) {
    this.memory = memory
    this.toggles = toggles
    const named = (field: string) => (v: Key) => `${struct(v)}->${field}`
    this.mode = memory.map('mode', vcpus, oneOfNames(...KVM_MODES), 'OUTSIDE_GUEST_MODE', named('mode'))
    this.requests = memory.map('requests', vcpus, bool, false, named('requests'))
    this.ipi = memory.map('ipi', vcpus, bool, false)
    this.rcuwait = memory.map('rcuwait', vcpus, bool, false, named('wait'))
    this.woken = memory.map('woken', vcpus, bool, false)
  }

  // ------------------------------------------------------------------------------------------------------------------
  // The vCPU's own thread

  /** kvm_request_pending(vcpu), as vcpu_enter_guest() begins */
  kvm_request_pending(v: Key): Step<boolean> {
    return this.requests.at(v).load('kvm_request_pending')
  }

  /** kvm_check_request(req, vcpu) that finds it: test_bit(), clear_bit(); `also` is what is done with it at once */
  kvm_check_request(v: Key, also?: Also): Step<void> {
    return this.memory.locked('kvm_check_request', 'kvm_check_request(req, vcpu)', () => {
      this.requests.set(v, false)
      also?.()
    })
  }

  /** smp_store_release(&vcpu->mode, IN_GUEST_MODE) and the full barrier after it, in vcpu_enter_guest() */
  *modeInGuest(v: Key): Step<void> {
    yield* this.mode.at(v).release('vcpu_enter_guest_mode_in_guest', 'IN_GUEST_MODE')
    if (this.toggles.EntryMb) yield* this.memory.smp_mb('vcpu_enter_guest_smp_mb')
  }

  /** kvm_vcpu_exit_request(vcpu): is the entry to be cancelled? */
  *kvm_vcpu_exit_request(v: Key): Step<boolean> {
    if ((yield* this.mode.at(v).load('kvm_vcpu_exit_request_mode')) === 'EXITING_GUEST_MODE') return true
    return yield* this.requests.at(v).load('kvm_vcpu_exit_request_requests')
  }

  /** vcpu->mode = OUTSIDE_GUEST_MODE in vcpu_enter_guest(), and kvm_vcpu_srcu_read_lock(), a full barrier */
  modeOutside(v: Key): Step<void> {
    return this.mode.at(v).smp_store_mb('vcpu_enter_guest_mode_outside', 'OUTSIDE_GUEST_MODE')
  }

  /** Inside a step that is a VM-exit: interrupts are taken after it, so an IPI that came with another exit is gone. */
  takeIpi(v: Key): boolean {
    const came = this.ipi.get(v)
    this.ipi.set(v, false)
    return came
  }

  /**
   * kvm_vcpu_block(vcpu); `check` is kvm_vcpu_check_block(): is there a reason not to sleep? `also` takes part in the
   * first step; a faulty kernel may sleep before it checks.
   */
  *kvm_vcpu_block(
    v: Key,
    check: () => Step<boolean>,
    {
      also = () => undefined,
      sleepsFirst = false,
    }: { readonly also?: () => void; readonly sleepsFirst?: boolean } = {},
  ): Step<void> {
    const wait = this.rcuwait.at(v)
    if (this.toggles.BlockMb) yield* wait.xchg('prepare_to_rcuwait', true, also)
    else yield* wait.store('prepare_to_rcuwait', true, also)
    for (let checks = !sleepsFirst; !checks || !(yield* check()); checks = true) {
      yield* this.woken.at(v).waitThenStore('kvm_vcpu_block_schedule', (woken) => woken, false)
    }
    yield* wait.store('finish_rcuwait', false)
  }

  // ------------------------------------------------------------------------------------------------------------------
  // Anybody else

  /** kvm_make_request(req, vcpu): smp_wmb() and set_bit() */
  *kvm_make_request(v: Key, label = 'kvm_make_request'): Step<void> {
    if (this.toggles.RequestIsMb) yield* this.requests.at(v).xchg(label, true)
    else yield* this.requests.at(v).release(label, true)
  }

  /** kvm_vcpu_wake_up(vcpu): rcuwait_wake_up(); true if the thread was blocked and is woken */
  *kvm_vcpu_wake_up(v: Key): Step<boolean> {
    if (this.toggles.WakeUpMb) yield* this.memory.smp_mb('rcuwait_wake_up_smp_mb')
    if (!(yield* this.rcuwait.at(v).load('rcuwait_wake_up'))) return false
    yield* this.woken.at(v).xchg('wake_up_process', true)
    return true
  }

  /** kvm_arch_vcpu_should_kick(vcpu) and smp_send_reschedule(cpu); what the mode was is the result */
  *kickOutOfGuest(v: Key): Step<KvmMode> {
    const { FailedCmpxchgIsMb } = this.toggles
    const mode = yield* this.mode
      .at(v)
      .cmpxchg('kvm_vcpu_kick_mode', 'IN_GUEST_MODE', 'EXITING_GUEST_MODE', FailedCmpxchgIsMb)
    if (mode === 'IN_GUEST_MODE') yield* this.sendIpi(v)
    return mode
  }

  /** smp_send_reschedule(cpu) */
  *sendIpi(v: Key): Step<void> {
    yield* this.ipi.at(v).xchg('smp_send_reschedule', true)
  }

  /** kvm_vcpu_kick(vcpu), by another pCPU than the vCPU's */
  *kvm_vcpu_kick(v: Key): Step<void> {
    if (!(yield* this.kvm_vcpu_wake_up(v))) yield* this.kickOutOfGuest(v)
  }
}
