/**
 * Asynchronous page faults whose "page ready" event is an interrupt. Twin of spec/apf-ready/ApfReady.tla, which says what
 * is modelled, from which documents, and what is left out.
 *
 * Written to be read beside document 003, "[PATCH RFC 3/6] KVM: x86: interrupt based APF page-ready event delivery", and
 * Linux 6.12: each function below is the C function of that name, each `yield*` with a label one shared access of it, or
 * one step of the only CPU that sees what it writes. `f` is the frame of the thread.
 */

import { BLOCK_STEPS, ENTRY_STEPS, KICK_STEPS, KVM_TOGGLES, KvmVcpus } from '../lib/kvm/vcpu.ts'
import type {
  EnvironmentAction,
  Fairness,
  IdSet,
  Invariant,
  InvariantInstance,
  Key,
  LeadsTo,
  Machine,
  Program,
  Read,
  Step,
  ThreadId,
} from '../lib/kernel/design.ts'
import {
  atomic,
  bool,
  COMMIT,
  ids,
  idSet,
  int,
  MEMORY_CONSTANTS,
  Observer,
  oneOf,
  oneOfNames,
  require,
  sequenceOf,
  setOf,
  SharedState,
  thread,
  toggling,
  worldSwitch,
} from '../lib/kernel/design.ts'

/** CONSTANTS of the specification. */
export const CONSTANTS = {
  ...MEMORY_CONSTANTS,
  Tokens: ids,
  SlotCheck: toggling(
    'an event is delivered only if the one before it was read',
    'an event is delivered whether or not the one before it was read',
  ),
  GateByIf: toggling(
    'page ready waits until interrupts are on and no exception is pending',
    'page ready waits for the slot only',
  ),
  ScanOnExit: toggling(
    'vcpu_run() looks at the done list after every VM-exit',
    'vcpu_run() does not look at the done list',
  ),
  VectorFirst: toggling(
    'the guest writes the vector before it enables',
    'the guest enables before it writes the vector',
  ),
  EnabledFirst: toggling(
    'the guest sets apf_reason.enabled before it enables',
    'the guest sets apf_reason.enabled after it enables',
  ),
  SplitWords: toggling('page ready has a word of its own in the slot', 'both types of event share a word of the slot'),
  AckMsr: toggling(
    'the guest acknowledges by an MSR, and the host looks at the done list again',
    'the guest does not acknowledge',
  ),
  ClearBeforeAck: toggling(
    'the guest clears the slot, then acknowledges',
    'the guest acknowledges, then clears the slot',
  ),
  KickOnFirst: toggling(
    'a worker that finds the done list empty makes a request and kicks',
    'a worker wakes the vCPU if it is blocked, and does not kick it',
  ),
  TokenNeverZero: toggling('no token is 0', 'the first token is 0, as in a slot that is free'),
  NotPresentInjected: toggling(
    'page ready is sent only if page missing was injected',
    'page ready is sent for every work item',
  ),
  LapicChecked: toggling(
    'page ready waits for the local APIC to be enabled',
    'the local APIC is assumed to be enabled',
  ),
  OneKnob: toggling('MSR_KVM_ASYNC_PF_EN alone enables', 'both MSRs have a bit that enables'),
  GpaCheckedFirst: toggling(
    'MSR_KVM_ASYNC_PF_EN is stored only if its address can be mapped',
    'MSR_KVM_ASYNC_PF_EN is stored before its address is mapped',
  ),
  ClearOnEnable: toggling('the guest clears the slot before it enables', 'the guest enables with what is in the slot'),
  PendingReset: toggling(
    'KVM resets pageready_pending when the guest disables',
    'pageready_pending stays as it is when the guest disables',
  ),
  EntryCheck: toggling(
    'vcpu_enter_guest() checks for requests after mode = IN_GUEST_MODE',
    'vcpu_enter_guest() does not check for requests after mode = IN_GUEST_MODE',
  ),
  ...KVM_TOGGLES,
  ExitsRecur: worldSwitch,
  OtherExits: worldSwitch,
  Configures: worldSwitch,
  IrqsOff: worldSwitch,
  Reconfigures: worldSwitch,
  TprHolds: worldSwitch,
  RealFaults: worldSwitch,
  Undeliverable: worldSwitch,
  RepeatedFaults: worldSwitch,
  LapicOff: worldSwitch,
  BadWrites: worldSwitch,
  LapicInKernel: worldSwitch,
}

export type ApfReadyConstants = Read<typeof CONSTANTS>

/** The only vCPU. */
const VCPU: Key = 0

/** The token of kvm_async_pf_wakeup_all(), ~0. */
const BROADCAST = -1

const WORK = ['idle', 'scheduled', 'executing'] as const
const CACHE = ['none', 'good', 'bad'] as const
const PAGE_FAULTS = ['none', 'apf', 'real'] as const
type PageFault = (typeof PAGE_FAULTS)[number]
/** RFLAGS.IF, and where it was cleared: kvm_cpu_online(), kvm_cpu_down_prepare(), or on the way into a handler */
const INTERRUPTS = ['on', 'online', 'down', 'handler'] as const
const CALLERS = ['none', 'vcpu_run', 'vcpu_enter_guest'] as const
const WRITTEN = ['none', 'missing', 'ready'] as const

/** VM-exits, by what the guest did; `external` is none of its doing. */
const EXITS = [
  'none',
  'external',
  'fault',
  'fault_kernel',
  'en',
  'en_off',
  'en_reserved',
  'en_gpa',
  'int',
  'int_reserved',
  'ack',
  'lapic',
] as const
type Exit = (typeof EXITS)[number]

/** Does the guest write the MSRs that enable? Only then is there a broadcast. */
const writesMsrs = (c: ApfReadyConstants): boolean => c.Configures || c.Reconfigures

/** The VM-exits that there are in a world: the others would only be values that no state has. */
const exitsIn = (c: ApfReadyConstants): readonly Exit[] =>
  EXITS.filter((exit) => {
    switch (exit) {
      case 'none':
      case 'fault':
        return true
      case 'external':
        return c.OtherExits
      case 'fault_kernel':
        return c.Undeliverable
      case 'en':
      case 'int':
        return writesMsrs(c)
      case 'en_off':
        return c.Reconfigures
      case 'en_reserved':
      case 'en_gpa':
      case 'int_reserved':
        return c.BadWrites
      case 'ack':
        return c.AckMsr
      case 'lapic':
        return c.LapicOff
    }
  })

/** The work items that can be on the done list. */
const worksIn = (c: ApfReadyConstants): readonly number[] => (writesMsrs(c) ? [...c.Tokens, BROADCAST] : c.Tokens)

/** Locals of the vCPU's thread; `halted` is vcpu->arch.apf.halted and `apf_halt` KVM_REQ_APF_HALT, its own too. */
interface VcpuFrame {
  halted: boolean
  apf_halt: boolean
  /** the exit that it handles */
  exit: Exit
  /** who has called kvm_check_async_pf_completion() */
  caller: (typeof CALLERS)[number]
  /** the work at hand, or 0 */
  apf: number
}

interface WorkerFrame {
  /** the done list was empty, and its kick is not over */
  first: boolean
}

interface GuestFrame {
  /** the #PF that it handles */
  event: PageFault
}

/** The shared state: what the C code keeps in struct kvm_vcpu, what the CPU and the guest keep, and history variables. */
class Vcpu extends SharedState<ApfReadyConstants> {
  /** the mechanism is on from the begin */
  private readonly on = !this.c.Configures
  readonly kvm = new KvmVcpus(this.memory, [VCPU], this.c, () => 'vcpu')
  readonly lock = this.memory.scalar('lock', bool, false, 'async_pf.lock')
  readonly done = this.memory.scalar('done', sequenceOf(worksIn(this.c)), [], 'async_pf.done')
  readonly pageready_pending = this.memory.scalar('pageready_pending', bool, false, 'apf.pageready_pending')
  readonly work = this.memory.map('work', this.c.Tokens, oneOfNames(...WORK), 'idle')
  readonly msr_en = this.shared.scalar('msr_en', bool, this.on)
  readonly msr_int = this.shared.scalar('msr_int', bool, this.on)
  readonly cache = this.shared.scalar('cache', oneOfNames(...CACHE), this.on ? 'good' : 'none')
  readonly queued = this.shared.scalar('queued', setOf(this.c.Tokens), idSet.empty)
  readonly injected = this.shared.scalar('injected', setOf(this.c.Tokens), idSet.empty)
  readonly in_guest = this.shared.scalar('in_guest', bool, false)
  readonly exit_reason = this.shared.scalar('exit_reason', oneOfNames(...exitsIn(this.c)), 'none')
  readonly address = this.shared.scalar('address', oneOf(0, ...this.c.Tokens), 0)
  readonly exception = this.shared.scalar('exception', oneOfNames(...PAGE_FAULTS), 'none')
  readonly interrupts = this.shared.scalar(
    'interrupts',
    oneOfNames(...INTERRUPTS),
    this.c.Configures && this.c.IrqsOff ? 'online' : 'on',
  )
  readonly tpr = this.shared.scalar('tpr', bool, false)
  readonly irr = this.shared.scalar('irr', bool, false, 'vector in IRR')
  readonly lapic = this.shared.scalar('lapic', bool, true)
  readonly reason = this.shared.scalar('reason', int(0, 2), 0, 'apf_reason.reason')
  readonly token = this.shared.scalar('token', oneOf(0, BROADCAST, ...this.c.Tokens), 0, 'apf_reason.token')
  readonly guest_en = this.shared.scalar('guest_en', bool, this.on)
  readonly guest_int = this.shared.scalar('guest_int', bool, this.on)
  readonly enabled = this.shared.scalar('enabled', bool, this.on)
  readonly sleepers = this.shared.scalar('sleepers', setOf(this.c.Tokens), idSet.empty, 'tasks asleep')
  readonly unread = this.shared.scalar('unread', setOf([BROADCAST, ...this.c.Tokens]), idSet.empty)
  readonly missing = this.shared.scalar('missing', setOf(this.c.Tokens), idSet.empty)
  readonly written = this.shared.scalar('written', oneOfNames(...WRITTEN), 'none')
  readonly raised = this.shared.scalar('raised', bool, false)

  /** the token as the slot has it: as posted, ids are counted from 0, which is the first one of vCPU 0 */
  word(t: number): number {
    return t === BROADCAST || this.c.TokenNeverZero ? t : t - 1
  }

  /** apf_put_user() and apf_get_user() succeed */
  isMapped(): boolean {
    return this.cache.get() === 'good'
  }

  /** apf_slot_free(vcpu); later apf_pageready_slot_free(vcpu) */
  apf_slot_free(): boolean {
    return this.isMapped() && (this.c.SplitWords ? this.token.get() : this.reason.get()) === 0
  }

  /** the rules of kvm_can_do_async_pf(vcpu) that are not about the slot */
  isInterruptible(): boolean {
    return this.c.LapicInKernel && this.exception.get() === 'none' && this.interrupts.get() === 'on'
  }

  /** kvm_can_do_async_pf(vcpu): delivery_as_int is as the last write that enabled has left it */
  kvm_can_do_async_pf(): boolean {
    const { SlotCheck, SplitWords } = this.c
    if (!this.isInterruptible()) return false
    const delivery_as_int = this.cache.get() !== 'none'
    if (SlotCheck && !SplitWords && delivery_as_int && !this.apf_slot_free()) return false
    return true
  }

  /** kvm_arch_can_inject_async_page_present(vcpu); later kvm_arch_can_dequeue_async_page_present(vcpu) */
  canDequeue(): boolean {
    if (!this.msr_en.get()) return true
    if (this.c.GateByIf && !this.isInterruptible()) return false
    if (this.c.LapicChecked && !this.lapic.get()) return false
    return !this.c.SlotCheck || this.apf_slot_free()
  }

  /** the interrupt comes before the guest's next instruction */
  isDeliverable(): boolean {
    return this.irr.get() && this.interrupts.get() === 'on' && !this.tpr.get()
  }

  /** the events that are waiting to be read and that the slot names */
  named(): IdSet {
    return this.unread.get().filter((a) => this.word(a) === this.token.get())
  }

  /** history: what the step before did is over */
  quiet(): void {
    this.written.set('none')
    this.raised.set(false)
  }

  /** a step of the vCPU's thread that is nobody else's business */
  host<R>(label: string, what: string, exec: () => R): Step<R> {
    return atomic(label, what, exec)
  }

  /** a step of the guest, which moves while no VM-exit is due */
  guest<R>(label: string, what: string, exec: () => R): Step<R> {
    return atomic(label, what, () => {
      require(this.in_guest.get() && this.exit_reason.get() === 'none', 'the guest runs')
      return exec()
    })
  }
}

const without = (set: IdSet, others: IdSet): IdSet => set.filter((e) => !others.includes(e))

// ---------------------------------------------------------------------------------------------------------------------
// virt/kvm/async_pf.c

/** list_add_tail(&work->link, &vcpu->async_pf.done); a work item is on the list once */
const listAddTail =
  (work: number) =>
  (done: readonly number[]): readonly number[] => {
    require(!done.includes(work), 'the work item is not on the list')
    return [...done, work]
  }

/** list_del() of the first of the list */
const listDelFirst = (done: readonly number[]): readonly number[] => {
  require(done.length > 0, 'the list is not empty')
  return done.slice(1)
}

/** spin_lock(&vcpu->async_pf.lock) */
const lock = (v: Vcpu, prefix: string): Step<void> => v.lock.waitThenStore(`${prefix}_lock`, (held) => !held, true)

/** spin_unlock(&vcpu->async_pf.lock) */
const unlock = (v: Vcpu, prefix: string): Step<void> => v.lock.release(`${prefix}_unlock`, false)

/** async_pf_execute(work), for the work item of token t, again and again: a worker of the kernel's workqueue */
function* async_pf_execute(v: Vcpu, f: WorkerFrame, t: Key): Program {
  const work = v.work.at(t)
  for (;;) {
    yield* work.waitThenStore('async_pf_execute', (w) => w === 'scheduled', 'executing')

    yield* lock(v, 'async_pf_execute')
    const list = yield* v.done.fetchUpdate('async_pf_execute_list_add', listAddTail(t))
    f.first = v.c.KickOnFirst && list.length === 0
    yield* unlock(v, 'async_pf_execute')

    if (f.first) yield* kvm_arch_async_page_present_queued(v, f)
    yield* v.kvm.kvm_vcpu_wake_up(VCPU)
    yield* work.xchg('async_pf_execute_return', 'idle')
  }
}

/** kvm_check_async_pf_completion(vcpu) */
function* kvm_check_async_pf_completion(v: Vcpu, f: VcpuFrame): Step<void> {
  const name = 'kvm_check_async_pf_completion'
  const goesOn = (): Step<boolean> =>
    v.host(name, '!list_empty_careful(&vcpu->async_pf.done)', () => {
      v.quiet()
      return v.canDequeue() && v.done.read().length > 0
    })
  while (yield* goesOn()) {
    yield* lock(v, name)
    const list = yield* v.done.fetchUpdate(`${name}_list_del`, listDelFirst)
    f.apf = list[0] ?? 0
    yield* unlock(v, name)

    const wrote = yield* kvm_arch_async_page_present(v, f)
    f.halted = false
    if (wrote && v.c.AckMsr) {
      yield* v.pageready_pending.store('kvm_arch_async_page_present_pending', true, () => {
        v.quiet()
      })
    }
    // kvm_flush_and_free_async_pf_work(work): its function must have returned; the broadcast has none
    if (f.apf !== BROADCAST) {
      yield* v.work.at(f.apf).waitThenStore(
        'kvm_flush_and_free_async_pf_work',
        (w) => w === 'idle',
        'idle',
        () => {
          v.quiet()
        },
      )
    }
    f.apf = 0
  }
}

/** kvm_clear_async_pf_completion_queue(vcpu): cancel_work_sync() of each of the queue, then the done list is emptied */
function* kvm_clear_async_pf_completion_queue(v: Vcpu): Step<void> {
  const name = 'kvm_clear_async_pf_completion_queue'
  yield* v.memory.locked(name, 'cancel_work_sync(&work->work)', () => {
    require(v.c.Tokens.every((t) => v.work.get(t) !== 'executing'), 'no work is executed')
    for (const t of v.c.Tokens) v.work.set(t, 'idle')
    v.queued.set(idSet.empty)
    v.injected.set(idSet.empty)
  })
  yield* lock(v, name)
  yield* v.done.fetchUpdate(`${name}_list_del`, () => [])
  yield* unlock(v, name)
}

/** kvm_async_pf_wakeup_all(vcpu) */
function* kvm_async_pf_wakeup_all(v: Vcpu): Step<void> {
  const name = 'kvm_async_pf_wakeup_all'
  const list = yield* v.done.load(name)
  if (list.length > 0) return
  yield* lock(v, name)
  yield* v.done.fetchUpdate(`${name}_list_add`, listAddTail(BROADCAST))
  yield* unlock(v, name)
  // kvm_arch_async_page_present_queued(vcpu): the kick of the thread's own vCPU does nothing
  if (v.c.KickOnFirst) yield* v.kvm.kvm_make_request(VCPU)
}

// ---------------------------------------------------------------------------------------------------------------------
// arch/x86/kvm/x86.c

/** kvm_arch_async_page_present_queued(vcpu), by a worker */
function* kvm_arch_async_page_present_queued(v: Vcpu, f: WorkerFrame): Step<void> {
  yield* v.kvm.kvm_make_request(VCPU)
  if (!(v.c.AckMsr && (yield* v.pageready_pending.load('kvm_arch_async_page_present_queued')))) {
    if (!(yield* v.kvm.kvm_vcpu_wake_up(VCPU))) {
      const mode = yield* v.kvm.mode
        .at(VCPU)
        .cmpxchg('kvm_vcpu_kick_mode', 'IN_GUEST_MODE', 'EXITING_GUEST_MODE', v.c.FailedCmpxchgIsMb)
      f.first = false
      if (mode === 'IN_GUEST_MODE') yield* v.kvm.sendIpi(VCPU)
    }
  }
  f.first = false
}

/** kvm_arch_async_page_not_present(vcpu, work): true is a notice, false KVM_REQ_APF_HALT */
const kvm_arch_async_page_not_present = (v: Vcpu, f: VcpuFrame): Step<boolean> =>
  v.host('kvm_arch_async_page_not_present', 'apf_put_user(vcpu, KVM_PV_REASON_PAGE_NOT_PRESENT)', () => {
    v.queued.set(idSet.with(v.queued.get(), f.apf))
    const kvm_can_deliver_async_pf = v.msr_en.get() && f.exit === 'fault'
    if (!kvm_can_deliver_async_pf || !v.isMapped()) {
      v.address.set(0)
      return false
    }
    v.reason.set(1)
    if (!v.c.SplitWords) v.token.set(v.word(f.apf))
    v.exception.set('apf') // with the token in CR2
    v.injected.set(idSet.with(v.injected.get(), f.apf))
    v.missing.set(idSet.with(v.missing.get(), f.apf))
    v.written.set('missing')
    return true
  })

/** kvm_arch_async_page_present(vcpu, work): was the slot written? */
const kvm_arch_async_page_present = (v: Vcpu, f: VcpuFrame): Step<boolean> =>
  v.host('kvm_arch_async_page_present', 'apf_put_user(vcpu, KVM_PV_REASON_PAGE_READY)', () => {
    const { apf } = f
    const announced = !v.c.NotPresentInjected || apf === BROADCAST || v.injected.get().includes(apf)
    v.queued.set(idSet.without(v.queued.get(), apf))
    v.injected.set(idSet.without(v.injected.get(), apf))
    if (!announced || !v.msr_en.get() || !v.isMapped()) return false

    v.token.set(v.word(apf))
    if (!v.c.SplitWords) v.reason.set(2)
    v.written.set('ready')
    v.unread.set(idSet.with(v.unread.get(), apf))
    // kvm_apic_set_irq(vcpu, &irq, NULL); __apic_accept_irq() drops it if the APIC is disabled
    if (v.msr_int.get() && v.lapic.get()) {
      v.irr.set(true)
      v.raised.set(true)
    }
    return true
  })

/** try_async_pf(vcpu, ...): an asynchronous fault, or the page is waited for */
function* try_async_pf(v: Vcpu, f: VcpuFrame): Step<void> {
  const how = yield* v.host('kvm_can_do_async_pf', 'kvm_can_do_async_pf(vcpu)', () => {
    const token = v.address.get()
    require(token !== 0, 'the exit is about a page')
    if (!v.kvm_can_do_async_pf()) {
      v.address.set(0)
      return 'sync'
    }
    // kvm_find_async_pf_gfn(vcpu, gfn)
    if (v.queued.get().includes(token)) {
      v.address.set(0)
      return 'halt'
    }
    return token
  })
  if (how === 'sync') {
    f.exit = 'none'
    yield* v.host('kvm_faultin_pfn', '__gfn_to_pfn_memslot()', () => undefined)
    return
  }
  if (how === 'halt') {
    f.exit = 'none'
    f.apf_halt = true // kvm_make_request(KVM_REQ_APF_HALT, vcpu)
    return
  }
  // kvm_setup_async_pf()
  f.apf = how
  f.apf_halt = !(yield* kvm_arch_async_page_not_present(v, f))
  f.exit = 'none'
  yield* v.work.at(f.apf).xchg('schedule_work', 'scheduled', () => {
    v.quiet()
  })
  f.apf = 0
}

/** kvm_pv_enable_async_pf(vcpu, data), where f.exit says what data is; later MSR_KVM_ASYNC_PF_EN alone enables */
function* kvm_pv_enable_async_pf(v: Vcpu, f: VcpuFrame): Step<void> {
  const { OneKnob, LapicInKernel, GpaCheckedFirst } = v.c
  const exit = f.exit
  const wakesAll = yield* v.host('kvm_pv_enable_async_pf', 'wrmsr(MSR_KVM_ASYNC_PF_EN)', () => {
    if (exit === 'en_reserved') return false // #GP
    if (exit === 'en' && OneKnob && !LapicInKernel) return false // #GP
    if (exit === 'en_gpa') {
      // #GP: kvm_gfn_to_hva_cache_init() fails, and leaves the old address in the cache
      if (GpaCheckedFirst) return false
      v.msr_en.set(true)
      if (v.cache.get() !== 'none') v.cache.set('bad')
      return false
    }
    v.msr_en.set(exit === 'en')
    if (exit === 'en_off') return false
    v.cache.set('good')
    return OneKnob || v.msr_int.get()
  })
  f.exit = 'none'
  if (exit === 'en_off') {
    if (v.c.PendingReset) yield* v.pageready_pending.store('kvm_pv_enable_async_pf_pending', false)
    yield* kvm_clear_async_pf_completion_queue(v)
  }
  if (wakesAll) yield* kvm_async_pf_wakeup_all(v)
}

/** kvm_pv_enable_async_pf2(vcpu, data); later kvm_pv_enable_async_pf_int(vcpu, data), which only stores the vector */
function* kvm_pv_enable_async_pf2(v: Vcpu, f: VcpuFrame): Step<void> {
  const exit = f.exit
  const accepted = yield* v.host('kvm_pv_enable_async_pf2', 'wrmsr(MSR_KVM_ASYNC_PF2)', () => {
    if (exit === 'int_reserved' || !v.c.LapicInKernel) return false // #GP
    v.msr_int.set(true)
    return true
  })
  f.exit = 'none'
  if (accepted && !v.c.OneKnob) yield* kvm_async_pf_wakeup_all(v)
}

/** kvm_set_msr_common() of MSR_KVM_ASYNC_PF_ACK */
function* kvm_set_msr_ack(v: Vcpu, f: VcpuFrame): Step<void> {
  yield* v.pageready_pending.store('kvm_set_msr_ack', false)
  f.exit = 'none'
  f.caller = 'vcpu_run'
  yield* kvm_check_async_pf_completion(v, f)
  f.caller = 'none'
}

/** apic_set_spiv(apic, val): the guest disables its APIC, or enables it again; arch/x86/kvm/lapic.c */
function* apic_set_spiv(v: Vcpu, f: VcpuFrame): Step<void> {
  const enabled = yield* v.host('apic_set_spiv', 'apic_set_spiv(apic, val)', () => {
    v.lapic.set(!v.lapic.get())
    return v.lapic.get()
  })
  f.exit = 'none'
  if (enabled && v.c.LapicChecked && v.c.KickOnFirst) yield* v.kvm.kvm_make_request(VCPU)
}

/** vmx_handle_exit(vcpu): true if kvm_check_async_pf_completion() was called already, by the write to the ACK MSR */
function* handle_exit(v: Vcpu, f: VcpuFrame): Step<boolean> {
  switch (f.exit) {
    case 'none':
    case 'external':
      return false
    case 'fault':
    case 'fault_kernel':
      yield* try_async_pf(v, f)
      return false
    case 'en':
    case 'en_off':
    case 'en_reserved':
    case 'en_gpa':
      yield* kvm_pv_enable_async_pf(v, f)
      return false
    case 'int':
    case 'int_reserved':
      yield* kvm_pv_enable_async_pf2(v, f)
      return false
    case 'ack':
      yield* kvm_set_msr_ack(v, f)
      return true
    case 'lapic':
      yield* apic_set_spiv(v, f)
      return false
  }
}

/** the guest runs until it does something that exits, the host has an interrupt, or an IPI comes */
const vmexit = (v: Vcpu): Step<Exit> =>
  v.host('vmexit', 'VM-exit', () => {
    const exit = v.exit_reason.get()
    require(exit !== 'none' || v.kvm.ipi.get(VCPU), 'a VM-exit is due')
    v.kvm.takeIpi(VCPU)
    v.in_guest.set(false)
    v.exit_reason.set('none')
    return exit === 'external' ? 'none' : exit
  })

/** the part of vcpu_enter_guest() about requests, up to VM-entry: false is a cancelled entry */
function* mayEnter(v: Vcpu, f: VcpuFrame): Step<boolean> {
  if (yield* v.kvm.kvm_request_pending(VCPU)) {
    yield* v.kvm.kvm_check_request(VCPU) // KVM_REQ_APF_READY
    f.caller = 'vcpu_enter_guest'
    yield* kvm_check_async_pf_completion(v, f)
    f.caller = 'none'
  }
  yield* v.kvm.modeInGuest(VCPU)
  return !v.c.EntryCheck || !(yield* v.kvm.kvm_vcpu_exit_request(VCPU))
}

/** vcpu_enter_guest(vcpu), and the handler of the exit; true as handle_exit() */
function* vcpu_enter_guest(v: Vcpu, f: VcpuFrame): Step<boolean> {
  if (f.apf_halt) {
    yield* v.host('vcpu_enter_guest_apf_halt', 'kvm_check_request(KVM_REQ_APF_HALT, vcpu)', () => undefined)
    f.apf_halt = false
    f.halted = true
    return false
  }
  // in designs in which nobody makes a request nobody looks at mode and requests
  const enters = !v.c.KickOnFirst || (yield* mayEnter(v, f))
  if (enters) {
    yield* v.host('vmentry', 'VM-entry', () => {
      v.in_guest.set(true)
    })
    f.exit = yield* vmexit(v)
  }
  if (v.c.KickOnFirst) yield* v.kvm.modeOutside(VCPU)
  return yield* handle_exit(v, f)
}

/** kvm_vcpu_check_block(vcpu): kvm_vcpu_has_events() looks at the done list and at the interrupts */
const kvm_vcpu_check_block = (v: Vcpu): Step<boolean> =>
  v.host('kvm_vcpu_check_block', 'kvm_arch_vcpu_runnable(vcpu)', () => v.isDeliverable() || v.done.read().length > 0)

/** vcpu_run(vcpu): KVM_RUN, which does not return here */
function* vcpu_run(v: Vcpu, f: VcpuFrame): Program {
  for (;;) {
    let scanned = false
    if (f.halted) {
      yield* v.kvm.kvm_vcpu_block(VCPU, () => kvm_vcpu_check_block(v))
      f.halted = false
    } else {
      scanned = yield* vcpu_enter_guest(v, f)
    }
    if (!v.c.ScanOnExit || scanned) continue
    f.caller = 'vcpu_run'
    yield* kvm_check_async_pf_completion(v, f)
    f.caller = 'none'
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The guest: arch/x86/kernel/kvm.c

/** the handler of #PF; kvm_read_and_reset_pf_reason() is later kvm_read_and_reset_apf_flags() */
function* exc_page_fault(v: Vcpu, f: GuestFrame): Step<void> {
  const reason = yield* v.guest('kvm_read_and_reset_pf_reason', 'apf_reason.reason', () => {
    if (!v.enabled.get()) return 0
    const found = v.reason.get()
    if (found === 2) v.unread.set(without(v.unread.get(), v.named()))
    v.reason.set(0)
    if (!v.c.SplitWords) v.token.set(0)
    return found
  })
  const done = (): void => {
    v.address.set(0)
    v.interrupts.set('on')
  }
  if (reason === 1) {
    yield* v.guest('kvm_async_pf_task_wait', 'kvm_async_pf_task_wait((u32)cr2)', () => {
      const cr2 = v.address.get()
      if (cr2 !== 0) v.sleepers.set(idSet.with(v.sleepers.get(), cr2))
      done()
    })
  } else if (reason === 2) {
    // CR2 of an ordinary fault is no task's token
    yield* v.guest('kvm_async_pf_task_wake', 'kvm_async_pf_task_wake((u32)cr2)', done)
  } else {
    yield* v.guest('do_user_addr_fault', 'do_user_addr_fault()', done)
  }
  f.event = 'none'
}

/** sysvec_kvm_asyncpf_interrupt(); as posted it looks whether the reason is page ready */
function* sysvec_kvm_asyncpf_interrupt(v: Vcpu): Step<void> {
  const { SplitWords, AckMsr, ClearBeforeAck } = v.c
  const seen = yield* v.guest('sysvec_kvm_asyncpf_interrupt', 'apf_reason.token', () => {
    if (!v.enabled.get() || !(SplitWords || v.reason.get() === 2)) return false
    const [token, named] = [v.token.get(), v.named()]
    const woken = (t: Key): boolean => token === BROADCAST || v.word(t) === token
    v.sleepers.set(v.sleepers.get().filter((t) => !woken(t)))
    v.unread.set(without(v.unread.get(), named))
    v.missing.set(without(v.missing.get(), named))
    return true
  })
  if (seen) {
    if (AckMsr && !ClearBeforeAck) yield* wrmsr_ack(v)
    yield* v.guest('sysvec_kvm_asyncpf_interrupt_clear', 'apf_reason.token', () => {
      v.token.set(0)
      if (!SplitWords) v.reason.set(0)
    })
    if (AckMsr && ClearBeforeAck) yield* wrmsr_ack(v)
  }
  yield* v.guest('iret', 'iret', () => {
    v.interrupts.set('on')
  })
}

/** wrmsrl(MSR_KVM_ASYNC_PF_ACK, 1) */
const wrmsr_ack = (v: Vcpu): Step<void> =>
  v.guest('sysvec_kvm_asyncpf_interrupt_ack', 'wrmsrl(MSR_KVM_ASYNC_PF_ACK, 1)', () => {
    v.exit_reason.set('ack')
  })

/** what the guest does about events, one after the other; what its tasks do is the world's */
function* guest_events(v: Vcpu, f: GuestFrame): Program {
  for (;;) {
    f.event = yield* v.guest('idtentry', 'IDT', () => {
      const exception = v.exception.get()
      if (exception === 'none') {
        require(v.isDeliverable(), 'an event is to be taken')
        v.irr.set(false)
      }
      v.exception.set('none')
      v.interrupts.set('handler')
      return exception
    })
    yield* f.event === 'none' ? sysvec_kvm_asyncpf_interrupt(v) : exc_page_fault(v, f)
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// The world

/** What the guest's tasks do between two events, and VM-exits that come by themselves. */
const world = (v: Vcpu): EnvironmentAction[] => {
  const { c } = v
  const runs = (): void => {
    require(v.in_guest.get() && v.exit_reason.get() === 'none', 'the guest runs')
  }
  const action = (label: string, what: string, exec: () => void): EnvironmentAction => ({
    label,
    thread: ['guest', VCPU],
    what,
    exec: () => {
      runs()
      exec()
    },
  })
  /** the guest is in no handler, and no event comes before its next instruction */
  const statement = (label: string, what: string, exec: () => void): EnvironmentAction =>
    action(label, what, () => {
      require(v.interrupts.get() !== 'handler' && v.exception.get() === 'none', 'the guest is in no handler')
      require(!v.isDeliverable(), 'no interrupt is to be taken first')
      exec()
    })
  /** ... and it is preemptible: not where one of its two words says that the feature is on, and the other not yet */
  const task = (label: string, what: string, exec: () => void): EnvironmentAction =>
    statement(label, what, () => {
      require(v.guest_en.get() === v.enabled.get(), 'preemption is on')
      exec()
    })
  const leave = (exit: Exit, address = 0): void => {
    v.exit_reason.set(exit)
    v.address.set(address)
  }
  /** a page is touched that the host has swapped out; `who` says from where */
  const touches = (who: typeof task, label: string, exit: Exit, t: Key, occurs: () => void): EnvironmentAction =>
    who(label, `a task touches page ${t}`, () => {
      require(!v.tpr.get(), 'the TPR is low')
      occurs()
      leave(exit, t)
    })
  const sleeps = (t: Key): boolean => v.sleepers.get().includes(t)
  const missing = c.Tokens.map((t) =>
    touches(task, 'page_missing', 'fault', t, () => {
      require(!sleeps(t), 'the task does not sleep')
      require(v.guest_en.get() || c.Undeliverable, 'the feature is on')
    }),
  )
  const missingAgain = c.Tokens.map((t) =>
    touches(task, 'page_missing_again', 'fault', t, () => {
      require(sleeps(t) && v.queued.get().includes(t), 'a task sleeps on the page, which is in flight')
    }),
  )
  const missingInKernel = c.Tokens.map((t) =>
    touches(statement, 'page_missing_kernel', 'fault_kernel', t, () => {
      require(!sleeps(t), 'the task does not sleep')
    }),
  )
  /** local_irq_save(), or local_irq_restore() */
  const irqs = (to: 'on' | 'online' | 'down'): void => {
    v.interrupts.set(to)
  }
  const areOff = (): boolean => v.interrupts.get() === 'online' || v.interrupts.get() === 'down'
  const comesUp = (): void => {
    require(c.IrqsOff ? v.interrupts.get() === 'online' : v.interrupts.get() !== 'down', 'the CPU comes up')
  }
  /** kvm_guest_cpu_init(): WRMSRs in the order of the design; apf_reason.enabled goes with MSR_KVM_ASYNC_PF_EN */
  const wrmsr = (): void => {
    const [en, vec] = [v.guest_en.get(), v.guest_int.get()]
    require(!(en && vec), 'an MSR is still to be written')
    comesUp()
    if (c.VectorFirst ? !vec : en) {
      require(v.enabled.get() === en, 'apf_reason.enabled is as the MSR is')
      leave('int')
      v.guest_int.set(c.LapicInKernel)
      return
    }
    require(v.enabled.get() === c.EnabledFirst, 'apf_reason.enabled is not yet written, or written before')
    leave('en')
    v.guest_en.set(!c.OneKnob || c.LapicInKernel)
    if (c.ClearOnEnable) {
      v.reason.set(0)
      v.token.set(0)
      v.unread.set(idSet.empty)
    }
  }
  const setEnabled = (): void => {
    const [en, vec] = [v.guest_en.get(), v.guest_int.get()]
    require(!v.enabled.get(), 'apf_reason.enabled is not yet written')
    require(c.EnabledFirst ? !en && (vec || !c.VectorFirst) : en, 'it is its turn')
    comesUp()
    v.enabled.set(true)
  }
  const configures = [
    statement('kvm_guest_cpu_init', 'wrmsrl()', wrmsr),
    statement('kvm_guest_cpu_init_enabled', '__this_cpu_write(apf_reason.enabled, 1)', setEnabled),
    task('sti', 'local_irq_restore(flags)', () => {
      require(areOff(), 'interrupts are off')
      const isDone = v.interrupts.get() === 'down' ? !v.enabled.get() : v.enabled.get() && v.guest_int.get()
      require(isDone, 'what they were turned off for is done')
      irqs('on')
    }),
  ]
  const tpr = [
    task('tpr_raise', 'TPR', () => {
      require(!v.tpr.get(), 'the TPR is low')
      v.tpr.set(true)
    }),
    task('tpr_lower', 'TPR', () => {
      require(v.tpr.get(), 'the TPR is high')
      v.tpr.set(false)
    }),
  ]
  const real = task('page_fault', 'an ordinary #PF', () => {
    require(v.interrupts.get() === 'on', 'interrupts are on')
    v.exception.set('real')
  })
  const reconfigures = [
    task('kvm_cpu_down_prepare', 'local_irq_save(flags)', () => {
      require(v.interrupts.get() === 'on' && v.enabled.get(), 'the CPU is up')
      irqs('down')
    }),
    task('kvm_cpu_online', 'local_irq_save(flags)', () => {
      require(v.interrupts.get() === 'on' && !v.enabled.get(), 'the CPU was down')
      irqs('online')
    }),
    // kvm_guest_cpu_offline()
    task('kvm_pv_disable_apf', 'wrmsrl(MSR_KVM_ASYNC_PF_EN, 0)', () => {
      require(v.interrupts.get() === 'down' && v.enabled.get(), 'the CPU goes down, and the feature is on')
      leave('en_off')
      v.guest_en.set(false)
    }),
    statement('kvm_pv_disable_apf_enabled', '__this_cpu_write(apf_reason.enabled, 0)', () => {
      require(v.interrupts.get() === 'down', 'the CPU goes down')
      require(!v.guest_en.get() && v.enabled.get(), 'MSR_KVM_ASYNC_PF_EN is written')
      v.enabled.set(false)
      v.sleepers.set(idSet.empty) // apf_task_wake_all()
      v.missing.set(idSet.intersect(v.missing.get(), v.unread.get()))
    }),
  ]
  const bad = [
    ...(['en_reserved', 'en_gpa', 'int_reserved'] as const).map((exit) =>
      task('wrmsr_rejected', 'a WRMSR that raises #GP', () => {
        require(!c.IrqsOff || areOff(), 'interrupts are off')
        leave(exit)
      }),
    ),
    action('kvm_swap_active_memslots', 'a memslot changes', () => {
      require(v.cache.get() === 'bad', 'the cache has an old address')
      v.cache.set('good')
    }),
  ]
  const apic = [
    task('apic_disable', 'SPIV', () => {
      require(v.lapic.get(), 'the APIC is enabled')
      leave('lapic')
    }),
    task('apic_enable', 'SPIV', () => {
      require(!v.lapic.get(), 'the APIC is disabled')
      leave('lapic')
    }),
  ]
  const other = action('external_interrupt', 'an interrupt of the host', () => {
    v.exit_reason.set('external')
  })
  return [
    ...missing,
    ...(c.OtherExits ? [other] : []),
    ...(writesMsrs(c) ? configures : []),
    ...(c.RepeatedFaults ? missingAgain : []),
    ...(c.Undeliverable ? missingInKernel : []),
    ...(c.TprHolds ? tpr : []),
    ...(c.RealFaults ? [real] : []),
    ...(c.Reconfigures ? reconfigures : []),
    ...(c.BadWrites ? bad : []),
    ...(c.LapicOff ? apic : []),
  ]
}

// ---------------------------------------------------------------------------------------------------------------------
// The machine

/** The labels at which a thread moves by itself; a VM-exit is possible only when it is due. */
const VCPU_STEPS = new Set([
  'vmexit',
  'kvm_can_do_async_pf',
  'kvm_faultin_pfn',
  'kvm_arch_async_page_not_present',
  'schedule_work',
  'kvm_pv_enable_async_pf',
  'kvm_pv_enable_async_pf_pending',
  'kvm_pv_enable_async_pf2',
  ...['', '_lock', '_list_add', '_unlock'].map((step) => `kvm_async_pf_wakeup_all${step}`),
  ...['', '_lock', '_list_del', '_unlock'].map((step) => `kvm_clear_async_pf_completion_queue${step}`),
  'kvm_set_msr_ack',
  'apic_set_spiv',
  ...['', '_lock', '_list_del', '_unlock'].map((step) => `kvm_check_async_pf_completion${step}`),
  'kvm_arch_async_page_present',
  'kvm_arch_async_page_present_pending',
  'kvm_flush_and_free_async_pf_work',
  ...BLOCK_STEPS,
  'kvm_vcpu_check_block',
  'vcpu_enter_guest_apf_halt',
  ...ENTRY_STEPS,
  'vmentry',
  'kvm_make_request',
])

const WORKER_STEPS = new Set([
  'async_pf_execute',
  'async_pf_execute_lock',
  'async_pf_execute_list_add',
  'async_pf_execute_unlock',
  'kvm_make_request',
  'kvm_arch_async_page_present_queued',
  ...KICK_STEPS,
  'async_pf_execute_return',
])

const GUEST_STEPS = new Set([
  'idtentry',
  'kvm_read_and_reset_pf_reason',
  'kvm_async_pf_task_wait',
  'kvm_async_pf_task_wake',
  'do_user_addr_fault',
  'sysvec_kvm_asyncpf_interrupt',
  'sysvec_kvm_asyncpf_interrupt_clear',
  'sysvec_kvm_asyncpf_interrupt_ack',
  'iret',
])

/** What properties look at. */
interface Observers {
  readonly vcpu: Observer<VcpuFrame>
  readonly guest: Observer<GuestFrame>
}

const invariants = (v: Vcpu, { guest }: Observers): Invariant[] => {
  const always = (name: string, occurs: () => boolean, holds: () => boolean): Invariant => ({
    name,
    instances: [{ name: '', occurs, holds }],
  })
  const isInSlot = (a: number): boolean => v.token.get() === v.word(a) && (v.c.SplitWords || v.reason.get() === 2)
  const hasUnread = (): boolean => v.unread.get().length > 0
  const isWritten = (): boolean => v.written.get() !== 'none'
  const isReady = (): boolean => v.written.get() === 'ready'
  const afterWrite = (): boolean => v.in_guest.get() && v.exit_reason.get() === 'none'
  /** Where the guest takes an exception for one of three things it may be one of them only. */
  const taken = (as: string, where: string, right: () => boolean): InvariantInstance => ({
    name: as,
    occurs: () => guest.at(where),
    holds: () => !guest.at(where) || right(),
  })
  return [
    always('NotOverwrittenInv', hasUnread, () => v.unread.get().every(isInSlot)),
    always('ReadyAfterMissingInv', hasUnread, () =>
      v.unread.get().every((a) => a === BROADCAST || v.missing.get().includes(a)),
    ),
    {
      name: 'FaultNotMistakenInv',
      instances: [
        taken('.missing', 'kvm_async_pf_task_wait', () => guest.get('event') === 'apf'),
        taken('.ordinary', 'do_user_addr_fault', () => guest.get('event') === 'real'),
        taken('.ready', 'kvm_async_pf_task_wake', () => false),
      ],
    },
    always(
      'InterruptIffFilledInv',
      () => v.raised.get() || isReady(),
      () => v.raised.get() === isReady(),
    ),
    always('OneUnreadInv', hasUnread, () => v.unread.get().length <= 1),
    always('QuietWhenOffInv', isWritten, () => v.written.get() === 'none' || v.guest_en.get()),
    always(
      'RejectedUnchangedInv',
      afterWrite,
      () => !afterWrite() || (v.msr_en.get() === v.guest_en.get() && v.msr_int.get() === v.guest_int.get()),
    ),
  ]
}

const liveness = (v: Vcpu, { vcpu }: Observers): LeadsTo[] => [
  {
    name: 'TaskWakesProp',
    instances: v.c.Tokens.map((t) => ({
      name: `[${t}]`,
      eventuallyAlways: () => v.guest_en.get(),
      from: () => v.sleepers.get().includes(t),
      to: () => !v.sleepers.get().includes(t),
    })),
  },
  {
    name: 'FallbackProgressProp',
    instances: [
      { name: '.synchronous', from: () => vcpu.at('kvm_faultin_pfn'), to: () => v.in_guest.get() },
      { name: '.halted', from: () => vcpu.get('halted'), to: () => v.in_guest.get() },
    ],
  },
  {
    name: 'NoticeReadProp',
    instances: [
      {
        name: '',
        eventuallyAlways: () => v.guest_en.get(),
        from: () => v.unread.get().length > 0,
        to: () => v.unread.get().length === 0,
      },
    ],
  },
]

/** Strong where other threads' steps come in between for ever, and only then. */
const fairness = (c: ApfReadyConstants, threads: readonly ThreadId[]): Fairness[] => {
  const guest: ThreadId = ['guest', VCPU]
  const owed = [
    'kvm_guest_cpu_init',
    'kvm_guest_cpu_init_enabled',
    'kvm_pv_disable_apf',
    'kvm_pv_disable_apf_enabled',
    'tpr_lower',
    'sti',
    'apic_enable',
    ...(c.ExitsRecur ? ['external_interrupt'] : []),
  ]
  return [
    { thread: ['vcpu', VCPU], labels: VCPU_STEPS },
    ...c.Tokens.flatMap((t): Fairness[] => [
      { thread: ['worker', t], labels: WORKER_STEPS },
      { thread: ['worker', t], labels: new Set(['async_pf_execute_lock']), strong: true },
    ]),
    { thread: guest, labels: GUEST_STEPS, strong: true },
    ...owed.map((label): Fairness => ({ thread: guest, labels: new Set([label]), strong: true })),
    ...(c.Memory === 'SC' ? [] : threads.map((id): Fairness => ({ thread: id, labels: new Set([COMMIT]) }))),
  ]
}

/** The machine for one set of constants. */
export const apfReady = (c: ApfReadyConstants): Machine => {
  const ids: ThreadId[] = [['vcpu', VCPU], ['guest', VCPU], ...c.Tokens.map((t): ThreadId => ['worker', t])]
  const v = new Vcpu(c, ids)
  const vcpuThread = thread<VcpuFrame>({
    id: ['vcpu', VCPU],
    frame: {
      halted: bool,
      apf_halt: bool,
      exit: oneOfNames(...exitsIn(c)),
      caller: oneOfNames(...CALLERS),
      apf: oneOf(0, BROADCAST, ...c.Tokens),
    },
    initial: { halted: false, apf_halt: false, exit: 'none', caller: 'none', apf: 0 },
    program: (f) => vcpu_run(v, f),
  })
  const guestThread = thread<GuestFrame>({
    id: ['guest', VCPU],
    frame: { event: oneOfNames(...PAGE_FAULTS) },
    initial: { event: 'none' },
    program: (f) => guest_events(v, f),
  })
  const workerThreads = c.Tokens.map((t) =>
    thread<WorkerFrame>({
      id: ['worker', t],
      frame: { first: bool },
      initial: { first: false },
      program: (f) => async_pf_execute(v, f, t),
    }),
  )
  const observers: Observers = {
    vcpu: new Observer<VcpuFrame>(v.shared, 0),
    guest: new Observer<GuestFrame>(v.shared, 1),
  }
  return {
    shared: v.shared,
    threads: [vcpuThread, guestThread, ...workerThreads],
    environment: [...world(v), ...v.memory.commits()],
    invariants: invariants(v, observers),
    liveness: liveness(v, observers),
    fairness: fairness(c, ids),
  }
}
