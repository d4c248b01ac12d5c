/**
 * An inactive virtual trust level that waits for a wake-up event. Twin of spec/vtl-wakeup/VtlWakeup.tla, which says what
 * is modelled, from which document, and what is left out.
 *
 * Written to be read beside document 000, "[PATCH 05/18] KVM: x86: hyper-v: Introduce MP_STATE_HV_INACTIVE_VTL": each
 * function below is the C function of that name, each `yield*` with a label one shared access of it. `f` is the frame of
 * the thread, `v` the vCPU: 0 is VTL0's, 1 is VTL1's.
 */

import { BLOCK_STEPS, ENTRY_STEPS, KICK_STEPS, KVM_TOGGLES, KvmVcpus } from '../lib/kvm/vcpu.ts'
import { MUTEX_TOGGLES, VcpuMutexes } from '../lib/kvm/mutex.ts'
import type {
  EnvironmentAction,
  Invariant,
  Key,
  LeadsTo,
  LocationMap,
  Machine,
  Program,
  Read,
  Step,
  ThreadId,
  Variable,
} from '../lib/kernel/design.ts'
import {
  atomic,
  bool,
  boolean,
  COMMIT,
  ids,
  int,
  late,
  MEMORY_CONSTANTS,
  Observer,
  oneOfNames,
  require,
  SharedState,
  subsetOf,
  thread,
  toggling,
  worldSwitch,
} from '../lib/kernel/design.ts'

/** What may come for VTL1's vCPU. */
const KINDS = ['irq', 'masked', 'timer', 'NMI', 'sticky', 'INIT', 'SIPI'] as const
export type Kind = (typeof KINDS)[number]

/** What another thread of the VMM may call on VTL1's vCPU; the first four are arguments of KVM_SET_MP_STATE. */
const CALLS = ['unknown', 'HALTED', 'INIT_RECEIVED', 'HV_INACTIVE_VTL', 'nested', 'sregs', 'shadow'] as const
export type Call = (typeof CALLS)[number]

/** CONSTANTS of the specification. */
export const CONSTANTS = {
  ...MEMORY_CONSTANTS,
  VTLs: ids,
  Sources: ids,
  Kinds: subsetOf(KINDS),
  Calls: subsetOf(CALLS),
  PendingCheck: toggling(
    'KVM_RUN looks for pending events before it blocks',
    'KVM_RUN blocks, and looks for events when it is woken',
  ),
  IgnoreIf: toggling('RFLAGS.IF is ignored for an inactive VTL', 'RFLAGS.IF counts for an inactive VTL'),
  StayInactive: toggling(
    'vcpu_block() leaves mp_state of an inactive VTL alone',
    'vcpu_block() makes an inactive VTL RUNNABLE when it wakes',
  ),
  WaitForPark: toggling(
    'the VMM waits until VTL0 is parked before it runs VTL1',
    'the VMM does not wait for VTL0 to leave KVM_RUN',
  ),
  ImmediateExit: toggling(
    'the signal handler of the VMM sets run->immediate_exit',
    'the signal handler of the VMM just consumes the signal',
  ),
  StayHalted: toggling(
    'the VMM leaves mp_state of a parked VTL0 alone',
    'the VMM makes a parked VTL0 inactive, and RUNNABLE afterwards',
  ),
  ...KVM_TOGGLES,
  BlockMb: toggling(
    'set_current_state() is a full barrier before the blocking thread checks',
    'there is no barrier between publishing the thread to wake and the check',
  ),
  RequestIsMb: toggling(
    'set_bit() in IRR and requests is a full barrier, as on x86',
    'set_bit() in IRR and requests is no barrier',
  ),
  ...MUTEX_TOGGLES,
  HaltedUserspace: late(boolean),
  IfFromUserspace: late(boolean),
  WaitIoctl: late(boolean),
  GuestMasks: late(worldSwitch),
  GuestClearsGif: late(worldSwitch),
  ReturnBeforeEoi: late(worldSwitch),
  GuestHalts: late(worldSwitch),
  Bsp: late(worldSwitch),
  Vsm: late(worldSwitch),
  Lapic: late(worldSwitch),
  InitBlocked: late(worldSwitch),
}

export type VtlWakeupConstants = Read<typeof CONSTANTS>

const VTL0: Key = 0
const VTL1: Key = 1

const MP_STATES = ['RUNNABLE', 'HALTED', 'INIT_RECEIVED', 'HV_INACTIVE_VTL', 'HALTED_USERSPACE'] as const
type MpState = (typeof MP_STATES)[number]

const CALLERS = ['none', 'runnable', 'check', 'again', 'wakeup', 'block', 'enter'] as const
type Caller = (typeof CALLERS)[number]

const REASONS = ['none', 'wait', 'wakeup', 'vtl_return', 'EINTR'] as const
type Reason = (typeof REASONS)[number]

/** Locals of a vCPU's thread, in KVM and in the VMM. */
interface VcpuFrame {
  /** who called kvm_vcpu_has_events(), or kvm_apic_accept_events() */
  caller: Caller
  /** why KVM_RUN returns; `wait` in the ioctl that waits */
  reason: Reason
  /** what the VMM is about to make of the vCPU */
  arg: 'none' | 'RUNNABLE' | 'INACTIVE'
  errno: 'none' | 'EINVAL'
  /** the guest's RFLAGS.IF, where userspace has changed it */
  saved_if: boolean
}

interface SourceFrame {
  kind: 'none' | Kind
}

interface IoctlFrame {
  call: 'none' | Call
  call_errno: 'none' | 'EINVAL' | 'EINTR'
}

/** The shared state: struct kvm_vcpu, the VMCB, what the VMM keeps, and history variables. */
class Vp extends SharedState<VtlWakeupConstants> {
  readonly kvm = new KvmVcpus(this.memory, this.c.VTLs, this.c)
  readonly mutexes = new VcpuMutexes(this.memory, this.c.VTLs, ['run', 'wait', 'ioctl'], this.c, (v) => `v${v}->mutex`)
  readonly mp_state = this.memory.map<MpState>(
    'mp_state',
    this.c.VTLs,
    oneOfNames(...MP_STATES),
    'RUNNABLE',
    (v) => `v${v}->mp_state`,
  )
  readonly irr = this.flags('irr', 'IRR')
  readonly irr_masked = this.flags('irr_masked')
  readonly timer = this.flags('timer', 'lapic_timer.pending')
  readonly nmi = this.flags('nmi', 'nmi_queued')
  readonly pv_unhalted = this.flags('pv_unhalted', 'pv_unhalted')
  readonly init = this.flags('init')
  readonly sipi = this.flags('sipi')
  readonly guest = this.own('guest', false)
  readonly hlt = this.own('hlt', false)
  readonly rflags_if = this.own('rflags_if', true)
  readonly gif = this.own('gif', true)
  readonly shadow = this.own('shadow', false)
  readonly isr = this.own('isr', false)
  readonly guest_mode = this.own('guest_mode', false)
  readonly stop = this.memory.scalar('stop', bool, false)
  readonly parked = this.memory.scalar('parked', bool, false)
  readonly signal = this.flags('signal')
  readonly immediate_exit = this.flags('immediate_exit', 'run->immediate_exit')
  readonly inactive = this.own('inactive', false)
  readonly halted = this.own('halted', false)
  readonly wakeups = this.shared.map('wakeups', this.c.VTLs, int(0, 2), 0)

  /** `field` of struct kvm_vcpu */
  private flags(name: string, field?: string): LocationMap<boolean> {
    return this.memory.map(name, this.c.VTLs, bool, false, field === undefined ? undefined : (v) => `v${v}->${field}`)
  }

  /** what the vCPU's own thread alone looks at */
  private own(name: string, initial: boolean): Variable<boolean> {
    return this.shared.map(name, this.c.VTLs, bool, initial)
  }

  /** does a thread send requests to this vCPU? */
  isKicked(v: Key): boolean {
    return this.c.Sources.includes(v)
  }

  hasLower(): boolean {
    return this.c.VTLs.includes(VTL0)
  }

  comes(v: Key, ...kinds: readonly Kind[]): boolean {
    return v === VTL1 && kinds.some((kind) => this.c.Kinds.includes(kind))
  }

  /** what the VMM passes to KVM_SET_MP_STATE for a VTL that is not to run */
  inactiveState(): MpState {
    return this.c.HaltedUserspace ? 'HALTED_USERSPACE' : 'HV_INACTIVE_VTL'
  }

  /** an event of the vCPU was consumed: WAKEUP exits are counted anew */
  consumed(v: Key): void {
    this.wakeups.set(v, 0)
  }
}

/** VTL1 preempts; VTL0's vCPU is the one that the VMM stops, and that is sent signals. */
const isLower = (v: Key): boolean => v === VTL0

// ---------------------------------------------------------------------------------------------------------------------
// The wake predicate: arch/x86/kvm/x86.c, svm.c, lapic.c

/** svm_interrupt_blocked(vcpu), as 000 patches it: an idle VTL's RFLAGS.IF does not count, but in guest mode */
const svm_interrupt_blocked = (k: Vp, v: Key, idle: boolean): boolean => {
  if (!k.gif.get(v)) return true
  const ignoresIf = k.c.IgnoreIf && idle && !k.guest_mode.get(v)
  if (!k.rflags_if.get(v) && !ignoresIf) return true
  return k.shadow.get(v)
}

/** kvm_hv_vcpu_is_idle_vtl(vcpu); in the ioctl that waits a flag of kvm_run says so */
const isIdleVtl = (k: Vp, v: Key, reason: Reason): boolean =>
  k.mp_state.get(v) === 'HV_INACTIVE_VTL' || reason === 'wait'

/** kvm_vcpu_has_events(vcpu), one load after the other; for a vCPU without a source there is nothing to load */
function* kvm_vcpu_has_events(k: Vp, f: VcpuFrame, v: Key, caller: Caller): Step<boolean> {
  if (!k.isKicked(v)) return false
  f.caller = caller
  const { reason } = f
  const reports = caller === 'wakeup' || (reason === 'wait' && caller !== 'check')
  const also = (found: boolean): void => {
    if (found && reports) k.wakeups.set(v, Math.min(2, k.wakeups.get(v) + 1))
  }
  const found = yield* anyEvent(k, v, reason, also)
  f.caller = 'none'
  return found
}

function* anyEvent(k: Vp, v: Key, reason: Reason, also: (found: boolean) => void): Step<boolean> {
  if (k.comes(v, 'INIT', 'SIPI')) {
    const pending = yield* atomic('kvm_apic_has_pending_init_or_sipi', 'apic->pending_events', () => {
      const found = k.init.get(v) || k.sipi.get(v)
      also(found)
      return found
    })
    if (pending) return true
  }
  if (k.comes(v, 'sticky') && (yield* k.pv_unhalted.at(v).load('kvm_vcpu_has_events_pv_unhalted', also))) return true
  if (k.comes(v, 'NMI') && (yield* k.nmi.at(v).load('kvm_vcpu_has_events_nmi', also))) return true
  return yield* atomic('kvm_cpu_has_interrupt', 'apic->regs IRR', () => {
    const allowed = !svm_interrupt_blocked(k, v, isIdleVtl(k, v, reason))
    const found = allowed && k.irr.at(v).read() && !k.isr.get(v)
    also(found)
    return found
  })
}

/** kvm_vcpu_check_block(vcpu); virt/kvm/kvm_main.c */
function* kvm_vcpu_check_block(k: Vp, f: VcpuFrame, v: Key): Step<boolean> {
  if (yield* kvm_vcpu_has_events(k, f, v, 'check')) return true
  if (k.comes(v, 'timer') && (yield* k.timer.at(v).load('kvm_vcpu_check_block_timer'))) return true
  return isLower(v) && (yield* k.signal.at(v).load('kvm_vcpu_check_block_signal'))
}

/** the part of vcpu_block() that sleeps, unless something is pending; is the vCPU runnable then? */
function* blockUnlessRunnable(k: Vp, f: VcpuFrame, v: Key): Step<boolean> {
  const { PendingCheck } = k.c
  if (PendingCheck && (yield* kvm_vcpu_has_events(k, f, v, 'runnable'))) return true
  yield* k.kvm.kvm_vcpu_block(v, () => kvm_vcpu_check_block(k, f, v), {
    also: () => {
      k.consumed(v)
    },
    sleepsFirst: !PendingCheck,
  })
  return yield* kvm_vcpu_has_events(k, f, v, 'again')
}

/** kvm_apic_accept_events(vcpu): INIT resets the vCPU, SIPI starts it; what mp_state is then */
function* kvm_apic_accept_events(k: Vp, f: VcpuFrame, v: Key, caller: Caller): Step<MpState> {
  f.caller = caller
  yield* k.memory.locked('kvm_apic_accept_events_init', 'test_and_clear_bit(KVM_APIC_INIT)', () => {
    if (!k.init.get(v)) return
    k.init.set(v, false)
    k.mp_state.set(v, k.c.Bsp ? 'RUNNABLE' : 'INIT_RECEIVED')
    k.consumed(v)
  })
  const mp_state = yield* k.memory.locked('kvm_apic_accept_events_sipi', 'test_and_clear_bit(KVM_APIC_SIPI)', () => {
    if (k.sipi.get(v)) {
      k.sipi.set(v, false)
      if (k.mp_state.get(v) === 'INIT_RECEIVED') k.mp_state.set(v, 'RUNNABLE')
      k.consumed(v)
    }
    return k.mp_state.get(v)
  })
  f.caller = 'none'
  return mp_state
}

// ---------------------------------------------------------------------------------------------------------------------
// KVM_RUN: arch/x86/kvm/x86.c

/** vcpu_block(vcpu) */
function* vcpu_block(k: Vp, f: VcpuFrame, v: Key): Step<void> {
  if (!(yield* blockUnlessRunnable(k, f, v))) return
  if (k.comes(v, 'INIT', 'SIPI')) yield* kvm_apic_accept_events(k, f, v, 'block')
  yield* atomic('vcpu_block_mp_state', 'switch (vcpu->arch.mp_state)', () => {
    const mp_state = k.mp_state.get(v)
    if (mp_state === 'HALTED') {
      k.mp_state.set(v, 'RUNNABLE')
      k.halted.set(v, false)
    }
    // 000: case KVM_MP_STATE_HV_INACTIVE_VTL: break
    if (mp_state === k.inactiveState() && !k.c.StayInactive) k.mp_state.set(v, 'RUNNABLE')
  })
}

/** kvm_inject_pending_timer_irqs(vcpu): an expired timer becomes a bit in IRR, and a request of its own vCPU */
function* kvm_inject_pending_timer_irqs(k: Vp, v: Key): Step<void> {
  if (!(yield* k.timer.at(v).load('kvm_cpu_has_pending_timer'))) return
  yield* k.irr.at(v).xchg('kvm_apic_local_deliver', true)
  yield* k.kvm.kvm_make_request(v, 'kvm_apic_local_deliver_request')
  yield* k.timer.at(v).xchg('kvm_inject_apic_timer_irqs', false)
}

type Exit = 'ipi' | 'hlt' | 'vtl_return'

/** How the guest leaves, and what of its state KVM finds. */
interface Exiting {
  readonly exit: Exit
  readonly rflags_if: boolean
  readonly gif: boolean
  readonly shadow: boolean
  readonly isr: boolean
}

const exits = (k: Vp, v: Key): Exiting[] => {
  const plain = { rflags_if: true, gif: true, shadow: false, isr: false }
  const byIpi: Exiting = { exit: 'ipi', ...plain }
  if (isLower(v)) return [byIpi, { exit: 'hlt', ...plain }]
  const both = [false, true]
  const returns = (k.c.GuestMasks ? both : [true]).flatMap((rflags_if) =>
    (k.c.GuestClearsGif ? both : [true]).flatMap((gif) =>
      (k.c.GuestClearsGif ? both : [false]).flatMap((shadow) =>
        both.map((isr): Exiting => ({ exit: 'vtl_return', rflags_if, gif, shadow, isr })),
      ),
    ),
  )
  return [byIpi, ...returns]
}

/** the guest runs until an IPI comes, VTL0 halts, or VTL1 calls HvCallVtlReturn */
const runGuest = (k: Vp, v: Key): Step<Exit> =>
  atomic<Exit, Exiting>(
    'vmexit',
    'VM-exit',
    ({ exit, rflags_if, gif, shadow, isr }) => {
      const hasHalted = k.hlt.get(v)
      const ipi = k.kvm.takeIpi(v)
      k.guest.set(v, false)
      k.hlt.set(v, false)
      if (exit === 'ipi') require(ipi, 'an IPI has come')
      if (exit === 'hlt') {
        require(hasHalted, 'the guest has executed HLT')
        k.mp_state.set(v, 'HALTED') // kvm_emulate_halt()
        k.halted.set(v, true)
      }
      if (exit === 'vtl_return') {
        require(!isr || k.isr.get(v), 'an interrupt is in service')
        k.rflags_if.set(v, rflags_if)
        k.gif.set(v, gif)
        k.shadow.set(v, shadow)
        k.isr.set(v, isr)
        k.guest_mode.set(v, false)
      }
      return exit
    },
    exits(k, v),
  )

/** the requests that vcpu_enter_guest() begins with: false is `goto out`, for a vCPU that waits for SIPI */
function* takeRequests(k: Vp, f: VcpuFrame, v: Key): Step<boolean> {
  if (!(yield* k.kvm.kvm_request_pending(v))) return true
  yield* k.kvm.kvm_check_request(v)
  if (k.comes(v, 'NMI')) {
    yield* k.nmi.at(v).xchg('process_nmi', false, (queued) => {
      if (queued) k.consumed(v)
    })
  }
  return !k.comes(v, 'INIT', 'SIPI') || (yield* kvm_apic_accept_events(k, f, v, 'enter')) !== 'INIT_RECEIVED'
}

/** the part of vcpu_enter_guest() with interrupts off, up to VM-entry: false is a cancelled entry */
function* mayEnter(k: Vp, v: Key): Step<boolean> {
  if (k.isKicked(v)) {
    yield* k.kvm.modeInGuest(v)
    if (yield* k.kvm.kvm_vcpu_exit_request(v)) return false
  }
  return !isLower(v) || !(yield* k.signal.at(v).load('kvm_vcpu_exit_request_work'))
}

/** vcpu_enter_guest(vcpu): true if KVM_RUN is to return, with HvCallVtlReturn for userspace */
function* vcpu_enter_guest(k: Vp, f: VcpuFrame, v: Key): Step<boolean> {
  if (k.isKicked(v) && !(yield* takeRequests(k, f, v))) return false
  let returns = false
  if (yield* mayEnter(k, v)) {
    yield* atomic('vmentry', 'VM-entry', () => {
      k.guest.set(v, true)
      k.rflags_if.set(v, true)
      k.gif.set(v, true)
      k.shadow.set(v, false)
    })
    returns = (yield* runGuest(k, v)) === 'vtl_return'
    if (returns) f.reason = 'vtl_return'
  }
  if (k.isKicked(v)) yield* k.kvm.modeOutside(v)
  return returns
}

/** an inactive VTL, and an event for it */
function* isWokenUp(k: Vp, f: VcpuFrame, v: Key): Step<boolean> {
  if ((yield* k.mp_state.at(v).load('kvm_hv_vcpu_is_idle_vtl')) !== k.inactiveState()) return false
  return yield* kvm_vcpu_has_events(k, f, v, 'wakeup')
}

/** vcpu_run(vcpu): sets f.reason to why it returns */
function* vcpu_run(k: Vp, f: VcpuFrame, v: Key): Step<void> {
  for (;;) {
    if ((yield* k.mp_state.at(v).load('kvm_vcpu_running')) !== 'RUNNABLE') yield* vcpu_block(k, f, v)
    else if (yield* vcpu_enter_guest(k, f, v)) return

    if (k.comes(v, 'timer')) yield* kvm_inject_pending_timer_irqs(k, v)

    // 000: if (kvm_hv_vcpu_is_idle_vtl(vcpu) && kvm_vcpu_has_events(vcpu)); the ioctl that waits is in its place
    if (!k.c.WaitIoctl && !isLower(v) && (yield* isWokenUp(k, f, v))) {
      f.reason = 'wakeup' // KVM_SYSTEM_EVENT_WAKEUP
      return
    }
    if (isLower(v) && (yield* k.signal.at(v).load('vcpu_run_signal'))) {
      f.reason = 'EINTR'
      return
    }
  }
}

/** kvm_vcpu_ioctl(KVM_RUN): kvm_arch_vcpu_ioctl_run(vcpu), under vcpu->mutex */
function* KVM_RUN(k: Vp, f: VcpuFrame, v: Key): Step<void> {
  yield* k.mutexes.lock('KVM_RUN', v, 'run', () => {
    k.shadow.set(v, false) // complete_userspace_io: the hypercall is skipped
    if (k.c.WaitIoctl) k.inactive.set(v, false)
  })
  const mayBeTold = isLower(v) && k.c.ImmediateExit
  if (mayBeTold && (yield* k.immediate_exit.at(v).load('kvm_arch_vcpu_ioctl_run_immediate_exit'))) f.reason = 'EINTR'
  else yield* vcpu_run(k, f, v)
  yield* k.mutexes.unlock('kvm_vcpu_ioctl_run_unlock', v)
}

/** the ioctl that waits for an event: vcpu_block() without KVM_RUN, under vcpu->mutex */
function* KVM_WAIT(k: Vp, f: VcpuFrame, v: Key): Step<void> {
  yield* k.mutexes.lock('KVM_WAIT', v, 'wait', () => {
    k.shadow.set(v, false)
    k.inactive.set(v, true)
  })
  f.reason = 'wait'
  while (!(yield* blockUnlessRunnable(k, f, v)));
  f.reason = 'wakeup'
  yield* k.mutexes.unlock('kvm_vcpu_ioctl_run_unlock', v)
}

// ---------------------------------------------------------------------------------------------------------------------
// KVM_SET_MP_STATE

/** does kvm_arch_vcpu_ioctl_set_mpstate() `goto out` with -EINVAL? */
const isInvalid = (k: Vp, v: Key, state: MpState | Call): boolean => {
  switch (state) {
    case 'RUNNABLE':
    case 'HALTED_USERSPACE':
      return false
    case 'HALTED':
      return !k.c.Lapic
    case 'INIT_RECEIVED':
      return !k.c.Lapic || k.c.InitBlocked
    case 'HV_INACTIVE_VTL':
      return k.guest_mode.get(v) || !k.c.Vsm // 000
    default:
      return true
  }
}

const mpStateOf = (state: MpState | Call): MpState => {
  const found = MP_STATES.find((s) => s === state)
  if (found === undefined) throw new RangeError(`${state} was not refused`)
  return found
}

/** kvm_arch_vcpu_ioctl_set_mpstate(vcpu, mp_state): what it returns */
function* kvm_arch_vcpu_ioctl_set_mpstate(k: Vp, v: Key, state: MpState | Call): Step<'none' | 'EINVAL'> {
  const errno = yield* atomic<'none' | 'EINVAL'>(
    'kvm_arch_vcpu_ioctl_set_mpstate',
    'vcpu->arch.mp_state = mp_state->mp_state',
    () => {
      if (isInvalid(k, v, state)) return 'EINVAL'
      k.mp_state.set(v, mpStateOf(state))
      k.inactive.set(v, state === k.inactiveState())
      return 'none'
    },
  )
  if (errno === 'none') yield* k.kvm.kvm_make_request(v, 'kvm_arch_vcpu_ioctl_set_mpstate_request')
  return errno
}

/** the VMM makes the vCPU inactive, or runnable; it calls again if it is refused */
function* KVM_SET_MP_STATE(k: Vp, f: VcpuFrame, v: Key): Step<void> {
  while (f.arg !== 'none') {
    yield* k.mutexes.lock('KVM_SET_MP_STATE', v, 'ioctl', () => undefined)
    f.errno = yield* kvm_arch_vcpu_ioctl_set_mpstate(k, v, f.arg === 'INACTIVE' ? k.inactiveState() : 'RUNNABLE')
    yield* k.mutexes.unlock('kvm_vcpu_ioctl_set_mpstate_unlock', v)
    if (f.errno === 'none') f.arg = 'none'
    f.errno = 'none'
  }
}

/** KVM_SET_REGS: in one design the VMM sets RFLAGS.IF of an inactive VTL, and puts the guest's back */
const KVM_SET_REGS = (k: Vp, f: VcpuFrame, v: Key): Step<boolean> => {
  const { arg, saved_if } = f
  return k.memory.locked('KVM_SET_REGS', 'RFLAGS', () => {
    require(k.mutexes.mutex.get(v) === 'free', 'vcpu->mutex is free')
    const own = k.rflags_if.get(v)
    k.rflags_if.set(v, arg === 'INACTIVE' ? true : saved_if)
    return arg === 'INACTIVE' ? own : true
  })
}

/** the VMM makes VTL1 inactive */
function* deactivate(k: Vp, f: VcpuFrame): Step<void> {
  f.arg = 'INACTIVE'
  if (k.c.IfFromUserspace) f.saved_if = yield* KVM_SET_REGS(k, f, VTL1)
  yield* KVM_SET_MP_STATE(k, f, VTL1)
}

// ---------------------------------------------------------------------------------------------------------------------
// The VMM

/** the thread of VTL0's vCPU: runs it unless it is told to stop */
function* vmm_vtl0(k: Vp, f: VcpuFrame): Program {
  // signals are delivered on the way back to userspace
  const noSignal = (): void => {
    require(!k.signal.get(VTL0), 'no signal is pending')
  }
  for (;;) {
    if (k.c.ImmediateExit) yield* k.immediate_exit.at(VTL0).store('vmm_clear_immediate_exit', false, noSignal)
    if (yield* k.stop.load('vmm_read_stop', noSignal)) {
      yield* park(k, f)
    } else {
      yield* KVM_RUN(k, f, VTL0)
      f.reason = 'none'
    }
  }
}

/** VTL0 stays out of KVM_RUN until VTL1 has returned */
function* park(k: Vp, f: VcpuFrame): Step<void> {
  if (!k.c.StayHalted) {
    f.arg = 'INACTIVE'
    yield* KVM_SET_MP_STATE(k, f, VTL0)
  }
  yield* k.parked.xchg('vmm_park', true)
  yield* k.memory.locked('vmm_wait_resume', 'stop', () => {
    require(!k.stop.peek(), 'VTL1 has returned')
    k.parked.poke(false)
  })
  if (!k.c.StayHalted) {
    f.arg = 'RUNNABLE'
    yield* KVM_SET_MP_STATE(k, f, VTL0)
  }
}

/** the VMM takes VTL0 out of KVM_RUN; only a handshake waits until it is */
function* stopLower(k: Vp): Step<void> {
  yield* k.stop.xchg('vmm_stop', true)
  yield* k.signal.at(VTL0).xchg('tgkill', true)
  yield* k.memory.locked('signal_wake_up', 'signal_wake_up(task)', () => {
    if (k.kvm.rcuwait.get(VTL0)) k.kvm.woken.set(VTL0, true)
    else k.kvm.ipi.set(VTL0, true)
  })
  if (k.c.WaitForPark) yield* k.parked.waitThenStore('vmm_wait_parked', (parked) => parked, true)
}

/** the thread of VTL1's vCPU, which has just made its HvCallVtlReturn */
function* vmm_vtl1(k: Vp, f: VcpuFrame): Program {
  for (;;) {
    if (!k.c.WaitIoctl) yield* deactivate(k, f)
    if (k.hasLower()) yield* k.stop.xchg('vmm_resume', false)
    yield* k.c.WaitIoctl ? runByWaiting(k, f) : runByMpState(k, f)
    f.reason = 'none'
  }
}

/** KVM_RUN of an inactive VTL1 until it has run and made its HvCallVtlReturn */
function* runByMpState(k: Vp, f: VcpuFrame): Step<void> {
  yield* KVM_RUN(k, f, VTL1)
  while (f.reason === 'wakeup') {
    f.reason = 'none'
    f.arg = 'RUNNABLE'
    if (k.hasLower()) yield* stopLower(k)
    yield* KVM_SET_MP_STATE(k, f, VTL1)
    if (k.c.IfFromUserspace) f.saved_if = yield* KVM_SET_REGS(k, f, VTL1)
    yield* KVM_RUN(k, f, VTL1)
  }
}

/** the same with the ioctl that waits */
function* runByWaiting(k: Vp, f: VcpuFrame): Step<void> {
  yield* KVM_WAIT(k, f, VTL1)
  f.reason = 'none'
  if (k.hasLower()) yield* stopLower(k)
  yield* KVM_RUN(k, f, VTL1)
}

/** another thread of the VMM, which calls ioctls on VTL1's vCPU */
function* kvm_vcpu_ioctl(k: Vp, f: IoctlFrame, v: Key): Program {
  for (;;) {
    const call = yield* k.mutexes.lockKillable('kvm_vcpu_ioctl', v, 'ioctl', (c: Call) => c, k.c.Calls)
    if (call === 'EINTR') {
      f.call_errno = 'EINTR'
    } else {
      f.call = call
      f.call_errno = yield* doCall(k, v, call)
      yield* k.mutexes.unlock('kvm_vcpu_ioctl_unlock', v)
      f.call = 'none'
    }
    yield* atomic('kvm_vcpu_ioctl_return', 'return', () => undefined)
    f.call_errno = 'none'
  }
}

function* doCall(k: Vp, v: Key, call: Call): Step<'none' | 'EINVAL'> {
  switch (call) {
    case 'nested':
      yield* atomic('kvm_arch_vcpu_ioctl_set_nested_state', 'svm_set_nested_state()', () => {
        k.guest_mode.set(v, !k.guest_mode.get(v))
      })
      return 'none'
    case 'sregs':
      yield* atomic('kvm_arch_vcpu_ioctl_set_sregs', '__set_sregs_common()', () => {
        if (k.c.Bsp) k.mp_state.set(v, 'RUNNABLE')
      })
      return 'none'
    case 'shadow':
      yield* atomic('kvm_arch_vcpu_ioctl_set_vcpu_events', 'set_interrupt_shadow()', () => {
        k.shadow.set(v, !k.shadow.get(v))
      })
      return 'none'
    default:
      return yield* kvm_arch_vcpu_ioctl_set_mpstate(k, v, call)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Event sources: arch/x86/kvm/lapic.c, x86.c

/** publishes one event of a kind */
function* publish(k: Vp, v: Key, kind: Kind): Step<void> {
  switch (kind) {
    case 'irq':
      if (k.c.RequestIsMb) yield* k.irr.at(v).xchg('kvm_lapic_set_irr', true)
      else yield* k.irr.at(v).store('kvm_lapic_set_irr', true)
      return
    case 'masked':
      yield* k.irr_masked.at(v).xchg('kvm_lapic_set_irr_masked', true)
      return
    case 'timer':
      yield* k.timer.at(v).xchg('apic_timer_expired', true)
      return
    case 'NMI':
      yield* k.nmi.at(v).xchg('kvm_inject_nmi', true)
      return
    case 'sticky':
      yield* k.pv_unhalted.at(v).store('kvm_pv_kick_cpu_op', true)
      return
    case 'INIT':
      yield* k.memory.locked('apic_accept_init', 'apic->pending_events', () => {
        k.init.set(v, true)
        k.sipi.set(v, false)
      })
      return
    case 'SIPI':
      yield* k.sipi.at(v).xchg('apic_accept_sipi', true)
  }
}

/** something comes that is not pending already: what is sent twice coalesces */
const comesNow = (k: Vp, v: Key): Step<Kind> => {
  const pending: Record<Kind, LocationMap<boolean>> = {
    irq: k.irr,
    masked: k.irr_masked,
    timer: k.timer,
    NMI: k.nmi,
    sticky: k.pv_unhalted,
    INIT: k.init,
    SIPI: k.sipi,
  }
  return atomic<Kind, Kind>(
    'source_event',
    'an event',
    (kind) => {
      require(!pending[kind].get(v), 'the event is not pending already')
      return kind
    },
    v === VTL1 ? k.c.Kinds : ['irq'],
  )
}

/** publishes events for a vCPU as they come, and kicks it */
function* event_source(k: Vp, f: SourceFrame, v: Key): Program {
  for (;;) {
    const kind = yield* comesNow(k, v)
    f.kind = kind
    yield* publish(k, v, kind)
    f.kind = 'none'
    yield* k.kvm.kvm_make_request(v)
    yield* k.kvm.kvm_vcpu_kick(v)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The machine

/** What happens to a vCPU without its thread's doing. */
const guest_takes_interrupt = (k: Vp, v: Key): EnvironmentAction => ({
  label: 'guest_takes_interrupt',
  thread: ['vcpu', v],
  what: 'the guest takes an interrupt',
  exec: () => {
    require(k.guest.get(v), 'the guest runs')
    require(k.irr.get(v), 'an interrupt is pending')
    require(!k.hlt.get(v), 'the guest has not halted')
    k.irr.set(v, false)
    k.isr.set(v, k.c.ReturnBeforeEoi && !isLower(v))
    k.consumed(v)
  },
})

const guest_hlt = (k: Vp): EnvironmentAction => ({
  label: 'guest_hlt',
  thread: ['vcpu', VTL0],
  what: 'the guest executes HLT',
  exec: () => {
    require(k.c.GuestHalts, 'the guest may halt')
    require(k.guest.get(VTL0), 'the guest runs')
    require(!k.hlt.get(VTL0), 'the guest has not halted')
    k.hlt.set(VTL0, true)
  },
})

/** both ways through the kernel are full barriers of the thread that is interrupted */
const signal_handler = (k: Vp, isDrained: () => boolean): EnvironmentAction => ({
  label: 'signal_handler',
  thread: ['vcpu', VTL0],
  what: 'a signal is delivered',
  exec: () => {
    require(k.signal.get(VTL0), 'a signal is pending')
    require(k.mutexes.mutex.get(VTL0) === 'free', 'the thread is in userspace')
    require(isDrained(), 'the thread’s store buffer is empty')
    k.signal.set(VTL0, false)
    k.kvm.ipi.set(VTL0, false)
    k.immediate_exit.set(VTL0, k.c.ImmediateExit)
  },
})

const world = (k: Vp): EnvironmentAction[] => [
  ...k.c.VTLs.map((v) => guest_takes_interrupt(k, v)),
  // VTL0's thread is the first
  ...(k.hasLower() ? [guest_hlt(k), signal_handler(k, () => k.memory.isDrained(0))] : []),
  ...k.memory.commits(),
]

/** The labels at which a thread moves by itself; the others wait for the world. */
const VCPU_STEPS = new Set([
  'KVM_SET_REGS',
  'KVM_SET_MP_STATE',
  'KVM_WAIT',
  'KVM_RUN',
  'vmm_clear_immediate_exit',
  'vmm_read_stop',
  'vmm_park',
  'vmm_wait_resume',
  'vmm_stop',
  'tgkill',
  'signal_wake_up',
  'vmm_wait_parked',
  'vmm_resume',
  'kvm_arch_vcpu_ioctl_set_mpstate',
  'kvm_arch_vcpu_ioctl_set_mpstate_request',
  'kvm_vcpu_ioctl_set_mpstate_unlock',
  'kvm_arch_vcpu_ioctl_run_immediate_exit',
  'kvm_vcpu_ioctl_run_unlock',
  'kvm_vcpu_running',
  'kvm_apic_has_pending_init_or_sipi',
  'kvm_vcpu_has_events_pv_unhalted',
  'kvm_vcpu_has_events_nmi',
  'kvm_cpu_has_interrupt',
  ...BLOCK_STEPS,
  'kvm_vcpu_check_block_timer',
  'kvm_vcpu_check_block_signal',
  'kvm_apic_accept_events_init',
  'kvm_apic_accept_events_sipi',
  'vcpu_block_mp_state',
  'kvm_cpu_has_pending_timer',
  'kvm_apic_local_deliver',
  'kvm_apic_local_deliver_request',
  'kvm_inject_apic_timer_irqs',
  'kvm_hv_vcpu_is_idle_vtl',
  'vcpu_run_signal',
  ...ENTRY_STEPS,
  'process_nmi',
  'kvm_vcpu_exit_request_work',
  'vmentry',
  'vmexit',
])

const PUBLISHES = 'source_event'

const SOURCE_STEPS = new Set([
  'kvm_lapic_set_irr',
  'kvm_lapic_set_irr_masked',
  'apic_timer_expired',
  'kvm_inject_nmi',
  'kvm_pv_kick_cpu_op',
  'apic_accept_init',
  'apic_accept_sipi',
  'kvm_make_request',
  ...KICK_STEPS,
])

const IOCTL_STEPS = new Set([
  'kvm_arch_vcpu_ioctl_set_mpstate',
  'kvm_arch_vcpu_ioctl_set_mpstate_request',
  'kvm_arch_vcpu_ioctl_set_nested_state',
  'kvm_arch_vcpu_ioctl_set_sregs',
  'kvm_arch_vcpu_ioctl_set_vcpu_events',
  'kvm_vcpu_ioctl_unlock',
  'kvm_vcpu_ioctl_return',
])

/** What properties look at. */
interface Observers {
  readonly vcpu: (v: Key) => Observer<VcpuFrame>
  readonly sources: readonly Observer<SourceFrame>[]
}

/** the VMM has made the vCPU inactive, as KVM knows it */
const isInactive = (k: Vp, o: Observers, v: Key): boolean => {
  const mp_state = k.mp_state.get(v)
  return mp_state === 'HV_INACTIVE_VTL' || mp_state === 'HALTED_USERSPACE' || o.vcpu(v).get('reason') === 'wait'
}

const exitsByWakeup = (o: Observers, v: Key): boolean =>
  o.vcpu(v).at('kvm_vcpu_ioctl_run_unlock') && o.vcpu(v).get('reason') === 'wakeup'

const invariants = (k: Vp, o: Observers): Invariant[] => {
  const { VTLs } = k.c
  /** For every VTL: where `occurs` is true, `holds` is. */
  const forall = (name: string, occurs: (v: Key) => boolean, holds: (v: Key) => boolean): Invariant => ({
    name,
    instances: VTLs.map((v) => ({
      name: `[${v}]`,
      occurs: () => occurs(v),
      holds: () => !occurs(v) || holds(v),
    })),
  })
  const inGuest = (v: Key): boolean => k.guest.get(v)
  const setsRunnable = (v: Key): boolean =>
    o.vcpu(v).at('kvm_arch_vcpu_ioctl_set_mpstate') && o.vcpu(v).get('arg') === 'RUNNABLE'
  return [
    {
      name: 'OneVtlInGuestInv',
      instances: [
        {
          name: '',
          occurs: () => VTLs.length > 1 && VTLs.some(inGuest),
          holds: () => VTLs.filter(inGuest).length <= 1,
        },
      ],
    },
    forall('InactiveNeverRunsInv', inGuest, (v) => !k.inactive.get(v)),
    forall(
      'WakeupHasCauseInv',
      (v) => exitsByWakeup(o, v),
      (v) => [k.irr, k.nmi, k.init, k.sipi].some((event) => event.get(v)),
    ),
    forall(
      'IfIgnoredInv',
      (v) => isInactive(k, o, v) && !k.guest_mode.get(v),
      (v) => {
        const blocked = svm_interrupt_blocked(k, v, isIdleVtl(k, v, o.vcpu(v).get('reason')))
        return blocked === (!k.gif.get(v) || k.shadow.get(v))
      },
    ),
    forall(
      'InactiveNotNestedInv',
      (v) => k.mp_state.get(v) === 'HV_INACTIVE_VTL',
      (v) => k.c.Vsm && !k.guest_mode.get(v),
    ),
    forall('RunnableOnlyAloneInv', setsRunnable, (v) =>
      VTLs.every((w) => w === v || o.vcpu(w).at('vmm_wait_resume') || isInactive(k, o, w)),
    ),
    forall('HaltSurvivesInv', inGuest, (v) => !k.halted.get(v)),
  ]
}

const liveness = (k: Vp, o: Observers): LeadsTo[] => {
  const { VTLs } = k.c
  const isTakable = (v: Key): boolean => k.gif.get(v) && !k.shadow.get(v)
  const isInterrupted = (v: Key): boolean => (k.irr.get(v) || k.timer.get(v)) && isTakable(v) && !k.isr.get(v)
  // an expired timer is an interrupt, and what TPR masks wakes nobody
  const wakeEvents: readonly { readonly name: string; readonly isPending: (v: Key) => boolean }[] = [
    { name: '.irq', isPending: isInterrupted },
    { name: '.NMI', isPending: (v) => k.nmi.get(v) },
    { name: '.sticky', isPending: (v) => k.pv_unhalted.get(v) },
    { name: '.INIT', isPending: (v) => k.init.get(v) },
    { name: '.SIPI', isPending: (v) => k.sipi.get(v) },
  ]
  const isInIoctl = (v: Key): boolean => ['run', 'wait'].includes(k.mutexes.mutex.get(v))
  const interrupted = (): boolean => k.irr.get(VTL1) && isTakable(VTL1)
  // a stream of events that never ends can cancel every entry into the guest, or keep VTL0 out
  const eventuallyAlways = (): boolean => o.sources.every((s) => s.at(PUBLISHES))
  return [
    {
      name: 'WakeupReportedProp',
      instances: wakeEvents.map(({ name, isPending }) => ({
        name,
        from: () => isInIoctl(VTL1) && isInactive(k, o, VTL1) && isPending(VTL1),
        to: () => !isPending(VTL1) || exitsByWakeup(o, VTL1),
      })),
    },
    {
      name: 'InterruptTakenProp',
      instances: [{ name: '', eventuallyAlways, from: interrupted, to: () => !interrupted() }],
    },
    {
      name: 'LowerVtlRunsProp',
      instances: VTLs.filter(isLower).map((v) => ({
        name: `[${v}]`,
        eventuallyAlways,
        from: () => o.vcpu(v).at('vmm_wait_resume'),
        to: () => k.guest.get(v) || o.vcpu(v).at('kvm_vcpu_block_schedule'),
      })),
    },
    {
      name: 'NoWakeupLoopProp',
      instances: [
        { name: '', eventuallyAlways, from: () => k.wakeups.get(VTL1) === 2, to: () => k.wakeups.get(VTL1) !== 2 },
      ],
    },
  ]
}

/** The machine for one set of constants. */
export const vtlWakeup = (c: VtlWakeupConstants): Machine => {
  const { VTLs, Sources } = c
  const ids: ThreadId[] = [
    ...VTLs.map((v): ThreadId => ['vcpu', v]),
    ...Sources.map((v): ThreadId => ['source', v]),
    ['ioctl', VTL1],
  ]
  const k = new Vp(c, ids)
  const vcpuThreads = VTLs.map((v) =>
    thread<VcpuFrame>({
      id: ['vcpu', v],
      frame: {
        caller: oneOfNames(...CALLERS),
        reason: oneOfNames(...REASONS),
        arg: oneOfNames('none', 'RUNNABLE', 'INACTIVE'),
        errno: oneOfNames('none', 'EINVAL'),
        saved_if: bool,
      },
      initial: {
        caller: 'none',
        reason: 'none',
        arg: isLower(v) || c.WaitIoctl ? 'none' : 'INACTIVE',
        errno: 'none',
        saved_if: true,
      },
      program: (f) => (isLower(v) ? vmm_vtl0(k, f) : vmm_vtl1(k, f)),
    }),
  )
  const sourceThreads = Sources.map((v) =>
    thread<SourceFrame>({
      id: ['source', v],
      frame: { kind: oneOfNames('none', ...KINDS) },
      initial: { kind: 'none' },
      program: (f) => event_source(k, f, v),
    }),
  )
  const ioctlThread = thread<IoctlFrame>({
    id: ['ioctl', VTL1],
    frame: { call: oneOfNames('none', ...CALLS), call_errno: oneOfNames('none', 'EINVAL', 'EINTR') },
    initial: { call: 'none', call_errno: 'none' },
    program: (f) => kvm_vcpu_ioctl(k, f, VTL1),
  })
  const observers: Observers = {
    vcpu: (v) => new Observer(k.shared, VTLs.indexOf(v)),
    sources: Sources.map((_, i) => new Observer(k.shared, VTLs.length + i)),
  }
  return {
    shared: k.shared,
    threads: [...vcpuThreads, ...sourceThreads, ioctlThread],
    environment: world(k),
    invariants: invariants(k, observers),
    liveness: liveness(k, observers),
    fairness: [
      ...VTLs.map((v) => ({ thread: ['vcpu', v] as const, labels: VCPU_STEPS })),
      ...VTLs.filter(isLower).map((v) => ({ thread: ['vcpu', v] as const, labels: new Set(['signal_handler']) })),
      ...Sources.map((v) => ({ thread: ['source', v] as const, labels: SOURCE_STEPS })),
      { thread: ['vcpu', VTL1], labels: new Set(['guest_takes_interrupt']), strong: true },
      { thread: ['ioctl', VTL1], labels: IOCTL_STEPS },
      ...(c.Memory === 'SC' ? [] : ids.map((id) => ({ thread: id, labels: new Set([COMMIT]) }))),
    ],
  }
}
