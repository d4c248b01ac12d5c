/** apf-ready in words: the statements of document 003 and of Linux 6.1 and 6.12 that each action is, for diagrams and tables. */

import type { ActionDoc, Statement, StepContext, Words } from '../lib/protocol/docs.ts'
import { KVM_ACTION_DOCS } from '../lib/kvm/docs.ts'
import { action, nextLabel, says } from '../lib/protocol/phrases.ts'

/** What the world does. */
const world = (cause: (context: StepContext) => string): ActionDoc => ({
  statement: (context) => ({ cause: cause(context) }),
})

const ENTER = 'vcpu_enter_guest'
const CHECK = { full: 'kvm_check_async_pf_completion', brief: 'check_completion' }
const WAKEUP_ALL = { full: 'kvm_async_pf_wakeup_all', brief: 'wakeup_all' }
const CLEAR_QUEUE = { full: 'kvm_clear_async_pf_completion_queue', brief: 'clear_completion_queue' }
const PRESENT = { full: 'kvm_arch_async_page_present', brief: 'async_page_present' }
const NOT_PRESENT = { full: 'kvm_arch_async_page_not_present', brief: 'async_page_not_present' }
const ENABLE = { full: 'kvm_pv_enable_async_pf', brief: 'pv_enable_async_pf' }
const IRQ = { full: 'sysvec_kvm_asyncpf_interrupt', brief: 'asyncpf_interrupt' }
const PF = { full: 'exc_page_fault', brief: 'exc_page_fault' }

const lock = says({ full: 'spin_lock(&vcpu->async_pf.lock)', brief: 'spin_lock(&lock)' })
const unlock = says({ full: 'spin_unlock(&vcpu->async_pf.lock)', brief: 'spin_unlock(&lock)' })

/** A work item's token, or the broadcast's. */
const tokenText = (token: string | undefined): string => (token === '-1' ? '~0' : (token ?? '0'))

const exitText: Readonly<Record<string, string>> = {
  none: 'VM-exit',
  fault: 'VM-exit: EPT violation',
  fault_kernel: 'VM-exit: EPT violation',
  ack: 'VM-exit: WRMSR',
  lapic: 'VM-exit: SPIV',
}

const vmexit = ({ after }: StepContext): Statement => ({
  text: exitText[after('exit', 0) ?? ''] ?? 'VM-exit: WRMSR',
})

const canDo = (context: StepContext): Statement => {
  const next = nextLabel(context)
  if (next === 'kvm_faultin_pfn') return { text: 'kvm_can_do_async_pf() == false' }
  if (next === 'kvm_arch_async_page_not_present') return { text: 'kvm_can_do_async_pf() == true' }
  return { text: 'kvm_find_async_pf_gfn() == true', then: ['make_request(APF_HALT)'] }
}

const notPresent = ({ after, before }: StepContext): Statement =>
  after('exception') === 'apf'
    ? {
        text: { full: 'apf_put_user(PAGE_NOT_PRESENT)', brief: 'put_user(NOT_PRESENT)' },
        then: [
          `/* #PF, cr2 = ${before('address') ?? ''} */`,
          ...(before('unread') === '{}' || after('token') === before('token') ? [] : ['/* overwrites page ready */']),
        ],
      }
    : { text: 'make_request(APF_HALT)', then: ['/* no notice */'] }

const present = ({ step, before, after }: StepContext): Statement => {
  if (step.result !== true) return { text: 'halted = false', then: ['/* no notice */'] }
  const over = before('unread') !== '{}' && after('unread') !== before('unread')
  return {
    text: {
      full: `apf_put_user(PAGE_READY, ${tokenText(after('token'))})`,
      brief: `put_user(READY, ${tokenText(after('token'))})`,
    },
    then: [
      ...(over ? ['/* one was not read */'] : []),
      after('raised') === 'true' ? 'kvm_apic_set_irq()' : '/* no interrupt */',
    ],
  }
}

const checkCompletion = ({ step, before }: StepContext): Statement =>
  step.result === true
    ? { text: { full: 'async_pf.done is not empty, can deliver', brief: 'done: can deliver' } }
    : before('done') === '<<>>'
      ? { text: 'list_empty_careful(&done)' }
      : { text: 'cannot deliver', then: ['/* stays on the list */'] }

const listDel = ({ after }: StepContext): Statement => ({
  text: `list_del(work ${tokenText(after('apf', 0))})`,
})

const enable = ({ before, after }: StepContext): Statement => {
  const exit = before('exit', 0)
  if (exit === 'en_off') return { text: 'msr_val = 0' }
  if (exit === 'en') return after('msr_en') === 'true' ? { text: 'msr_val = ENABLED' } : { text: 'return 1 /* #GP */' }
  if (after('msr_en') === before('msr_en') && after('cache') === before('cache')) return { text: 'return 1 /* #GP */' }
  return { text: 'msr_val = data', then: ['kvm_gfn_to_hva_cache_init()', 'return 1 /* #GP */'] }
}

const enable2 = ({ step }: StepContext): Statement => ({
  text: step.result === true ? 'msr2_val = data' : 'return 1 /* #GP */',
})

const READ_RESULT: Readonly<Record<string, string>> = { 0: '0', 1: 'NOT_PRESENT', 2: 'READY' }

const readReason = ({ step }: StepContext): Statement => ({
  text: {
    full: `apf_reason.reason == ${READ_RESULT[String(step.result)] ?? ''}`,
    brief: `reason == ${String(step.result)}`,
  },
  then: step.result === 0 ? [] : ['apf_reason.reason = 0'],
})

const interrupt = ({ step, before }: StepContext): Statement =>
  step.result === true
    ? { text: `apf_reason.token == ${tokenText(before('token'))}`, then: ['kvm_async_pf_task_wake(token)'] }
    : { text: '/* nothing to read */' }

const actions: Readonly<Record<string, ActionDoc>> = {
  ...KVM_ACTION_DOCS,
  vmexit: action(ENTER, vmexit),
  kvm_can_do_async_pf: action('try_async_pf', canDo),
  kvm_faultin_pfn: action(
    'try_async_pf',
    says({ full: '__gfn_to_pfn_memslot() /* waits */', brief: '__gfn_to_pfn_memslot()' }),
  ),
  kvm_arch_async_page_not_present: action(NOT_PRESENT, notPresent),
  schedule_work: action('kvm_setup_async_pf', says('schedule_work(&work->work)')),
  kvm_pv_enable_async_pf: action(ENABLE, enable),
  kvm_pv_enable_async_pf_pending: action(ENABLE, says('pageready_pending = false')),
  kvm_pv_enable_async_pf2: action({ full: 'kvm_pv_enable_async_pf2', brief: 'pv_enable_async_pf2' }, enable2),
  kvm_async_pf_wakeup_all: action(WAKEUP_ALL, ({ step }) => ({
    text:
      Array.isArray(step.result) && step.result.length === 0
        ? 'list_empty_careful(&done)'
        : 'return 0 /* done is not empty */',
  })),
  kvm_async_pf_wakeup_all_lock: action(WAKEUP_ALL, lock),
  kvm_async_pf_wakeup_all_list_add: action(WAKEUP_ALL, says('list_add_tail(work ~0)')),
  kvm_async_pf_wakeup_all_unlock: action(WAKEUP_ALL, unlock),
  kvm_clear_async_pf_completion_queue: {
    ...action(CLEAR_QUEUE, says('cancel_work_sync()')),
    waits: () => 'in cancel_work_sync() for a worker',
  },
  kvm_clear_async_pf_completion_queue_lock: action(CLEAR_QUEUE, lock),
  kvm_clear_async_pf_completion_queue_list_del: action(CLEAR_QUEUE, says('list_del(all work)')),
  kvm_clear_async_pf_completion_queue_unlock: action(CLEAR_QUEUE, unlock),
  kvm_set_msr_ack: action({ full: 'kvm_set_msr_common', brief: 'set_msr_common' }, says('pageready_pending = false')),
  apic_set_spiv: action('apic_set_spiv', ({ after }) => ({
    text: after('lapic') === 'true' ? 'APIC enabled' : 'APIC disabled',
  })),
  kvm_check_async_pf_completion: action(CHECK, checkCompletion),
  kvm_check_async_pf_completion_lock: action(CHECK, lock),
  kvm_check_async_pf_completion_list_del: action(CHECK, listDel),
  kvm_check_async_pf_completion_unlock: action(CHECK, unlock),
  kvm_arch_async_page_present: action(PRESENT, present),
  kvm_arch_async_page_present_pending: action(PRESENT, says('pageready_pending = true')),
  kvm_flush_and_free_async_pf_work: action(CHECK, says('flush_work(&work->work)')),
  kvm_vcpu_check_block: action('kvm_vcpu_check_block', ({ step }) => ({
    text: `runnable == ${String(step.result)}`,
  })),
  vcpu_enter_guest_apf_halt: action(ENTER, says('check_request(APF_HALT)', 'halted = true')),
  kvm_check_request: action(ENTER, says('check_request(APF_READY)')),
  vmentry: action(ENTER, says('VM-entry')),

  async_pf_execute: action('async_pf_execute', says({ full: 'get_user_pages_remote()', brief: 'get_user_pages()' })),
  async_pf_execute_lock: action('async_pf_execute', lock),
  async_pf_execute_list_add: action('async_pf_execute', ({ step, after }) => ({
    text: `list_add_tail(work ${step.thread[1]})`,
    then: after('first', step.thread[1]) === 'true' ? ['/* first */'] : [],
  })),
  async_pf_execute_unlock: action('async_pf_execute', unlock),
  kvm_make_request: action('kvm_make_request', ({ step }) => ({
    text: { full: 'kvm_make_request(APF_READY)', brief: 'set_bit(APF_READY)' },
    then: step.kind === 'store' ? ['/* set_bit that is no barrier */'] : [],
  })),
  kvm_arch_async_page_present_queued: action(
    { full: 'kvm_arch_async_page_present_queued', brief: 'page_present_queued' },
    ({ step }) => ({
      text: `pageready_pending == ${String(step.result)}`,
      then: step.result === true ? ['/* no kick */'] : [],
    }),
  ),
  async_pf_execute_return: action('async_pf_execute', says('return')),

  idtentry: action('', ({ after }) => ({
    text: after('event', 0) === 'none' ? 'interrupt' : '#PF',
  })),
  kvm_read_and_reset_pf_reason: action(PF, readReason),
  kvm_async_pf_task_wait: action(PF, ({ before }) => ({ text: `task_wait(${before('address') ?? ''})` })),
  kvm_async_pf_task_wake: action(PF, says('task_wake((u32)cr2)', '/* no such token */')),
  do_user_addr_fault: action(PF, ({ before }) => ({
    text: 'do_user_addr_fault()',
    then: before('event', 0) === 'apf' ? ['/* taken for an ordinary #PF */'] : [],
  })),
  sysvec_kvm_asyncpf_interrupt: action(IRQ, interrupt),
  sysvec_kvm_asyncpf_interrupt_clear: action(IRQ, says({ full: 'apf_reason.token = 0', brief: 'token = 0' })),
  sysvec_kvm_asyncpf_interrupt_ack: action(IRQ, says('wrmsrl(ACK, 1)')),
  iret: action(IRQ, says('iret')),

  page_missing: world(({ after }) => `touches page ${after('address') ?? ''}`),
  page_missing_again: world(({ after }) => `another touches page ${after('address') ?? ''}`),
  page_missing_kernel: world(({ after }) => `kernel touches page ${after('address') ?? ''}`),
  external_interrupt: world(() => 'host interrupt'),
  page_fault: world(() => 'ordinary #PF'),
  tpr_raise: world(() => 'TPR goes up'),
  tpr_lower: world(() => 'TPR goes down'),
  kvm_cpu_down_prepare: world(() => 'kvm_cpu_down_prepare(): local_irq_save()'),
  kvm_cpu_online: world(() => 'kvm_cpu_online(): local_irq_save()'),
  sti: world(() => 'local_irq_restore()'),
  kvm_guest_cpu_init: world(({ after }) => `wrmsrl(ASYNC_PF_${after('exit_reason') === 'en' ? 'EN, on' : 'INT'})`),
  kvm_guest_cpu_init_enabled: world(() => 'apf_reason.enabled = 1'),
  kvm_pv_disable_apf: world(() => 'wrmsrl(ASYNC_PF_EN, 0)'),
  kvm_pv_disable_apf_enabled: world(() => 'apf_reason.enabled = 0'),
  wrmsr_rejected: world(({ after }) =>
    after('exit_reason') === 'en_gpa' ? 'wrmsrl(EN, bad address)' : 'wrmsrl(reserved bits)',
  ),
  kvm_swap_active_memslots: world(() => 'VMM: a memslot changes'),
  apic_disable: world(() => 'APIC off'),
  apic_enable: world(() => 'APIC on'),
}

const properties: Readonly<Record<string, string>> = {
  NotOverwrittenInv: 'A page ready event is in the slot until the guest has read it.',
  ReadyAfterMissingInv: 'The guest is told that a page is ready only after it was told that it is missing.',
  FaultNotMistakenInv: 'An ordinary #PF is never taken for an event, nor an event for an ordinary #PF.',
  InterruptIffFilledInv: 'The interrupt is raised if and only if a page ready event is written to the slot.',
  OneUnreadInv: 'At most one page ready event is written and not read.',
  QuietWhenOffInv: 'Nothing is written to the slot while the guest has the feature off.',
  RejectedUnchangedInv: 'A WRMSR that raises #GP changes nothing.',
  TaskWakesProp: 'If the feature stays enabled, a task that sleeps on a page runs again.',
  NoticeReadProp: 'If the feature stays enabled, a page ready event that is in the slot is read or dropped.',
  FallbackProgressProp: 'A vCPU that waits for a page itself, synchronously or halted, enters the guest again.',
}

const LANES: Readonly<Record<string, string>> = { vcpu: 'vCPU (host)', guest: 'guest' }

/** Words for the actions and properties of apf-ready. */
export const apfReadyDocs: Words = {
  actions,
  lane: ([kind, id]) => LANES[kind] ?? `worker ${id}`,
  properties,
  notes: ['Host and guest share one CPU: the guest moves between VM-entry and VM-exit.'],
}
