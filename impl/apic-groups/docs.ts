/** apic-groups in words: the statements of document 001 and its series that each action is, for diagrams and tables. */

import type { ActionDoc, Statement, StepContext, Wording, Words } from '../lib/protocol/docs.ts'
import { KVM_ACTION_DOCS } from '../lib/kvm/docs.ts'
import { action, members, nextLabel, says, vcpus } from '../lib/protocol/phrases.ts'

const FAST = { full: 'kvm_irq_delivery_to_apic_fast', brief: 'kvm_irq_delivery_fast' }
const GROUPS = 'set_apic_id_groups'
const CREATE = 'kvm_vm_ioctl_create_vcpu'
const ENTER = 'vcpu_enter_guest'
const LOOKUP = 'kvm_hv_get_vtl_vcpu'

/** Of the state after the step: a local of whoever takes it. */
const local = ({ after, vcpu }: StepContext, name: string): string => after(name, vcpu) ?? '?'

const vtlText = (vtl: string): string => (vtl === '-1' ? '' : ` to VTL ${vtl}`)

/** What a guest has done that made it exit, or a device. */
const exitCause = (context: StepContext): string => {
  const dest = local(context, 'dest')
  const vtl = local(context, 'vtl')
  switch (local(context, 'kind')) {
    case 'physical':
      return `guest: IPI to APIC id ${dest}`
    case 'logical':
      return `guest: IPI to logical mask ${dest}`
    case 'self':
      return 'guest: IPI to self'
    case 'all':
      return 'guest: IPI to all'
    case 'allbut':
      return 'guest: IPI to all but self'
    case 'msi':
      return `device: MSI to APIC id ${dest}`
    case 'gsi':
      return `device: GSI, routed to vCPU ${dest}`
    case 'pv':
      return dest === '0' ? 'guest: PV IPI, reserved bits set' : `guest: PV IPI to mask ${dest}${vtlText(vtl)}`
    case 'lookup':
      return `KVM looks for the vCPU of VTL ${vtl}`
    case 'write':
      return `guest: writes APIC id ${dest}`
    case 'translate':
      return `guest: translate in VTL ${vtl}`
    default:
      return `guest: fault at gpa ${dest}`
  }
}

const exits = (context: StepContext): Statement => ({
  cause: exitCause(context),
  text: context.step.thread[0] === 'device' ? 'raised' : 'VM-exit',
})

const enters = (context: StepContext): Statement => {
  const status = context.before('status', context.vcpu)
  if (context.step.thread[0] === 'device') return { text: 'delivered' }
  return { text: status === 'ok' || status === undefined ? 'VM-entry' : `VM-entry /* ${status} */` }
}

/** The targets that a step has found. */
const finds =
  (text: string | Wording) =>
  (context: StepContext): Statement => ({ text, then: [`/* ${vcpus(local(context, 'todo'), 'nobody')} */`] })

const accepts = ({ before, vcpu }: StepContext): Statement => {
  const [first = '?'] = members(before('todo', vcpu))
  return { text: `set_bit(vector, v${first}->irr)` }
}

const pvIpi = (context: StepContext): Statement => {
  const status = local(context, 'status')
  if (status !== 'ok') return { text: `return ${status}` }
  return nextLabel(context) === 'vmm_send_ipi'
    ? { text: 'return 0 /* exit to userspace */' }
    : { text: `in_vtl == ${String(context.step.result)}`, then: [`/* ${vcpus(local(context, 'todo'), 'nobody')} */`] }
}

const mayDeny =
  (text: string) =>
  (context: StepContext): Statement =>
    local(context, 'status') === 'ok' ? { text } : { text: `return ${local(context, 'status')}` }

/** What a lookup has come to, where it has come to its end. */
const found = (context: StepContext): readonly string[] => {
  if (nextLabel(context) === 'kvm_get_vcpu_by_id') return []
  const target = local(context, 'target')
  return [target === '-1' ? 'return NULL' : `return v${target}`]
}

const trylock = ({ step }: StepContext): Statement => ({
  text: `mutex_trylock(&sibling->mutex) == ${String(step.result === 'free')}`,
})

const checkSlot = ({ step, after }: StepContext): Statement => ({
  text: `slot ${step.result === true ? 'is in use' : 'is free'}`,
  then: [1, 2].some((gpa) => after('fault', gpa) === 'lost') ? ['/* the message is dropped */'] : [],
})

const delivers = (context: StepContext): Statement => {
  const h = context.vcpu
  if (context.before('msg_type', h) === 'true') return { text: 'return -EAGAIN', then: ['/* #UD is queued */'] }
  return { text: `message {${local(context, 'msg_gpa')}, ${local(context, 'msg_access')}}` }
}

const GUEST_EXITS: Readonly<Record<string, string>> = {
  message: 'SynIC interrupt',
  ipi: 'VM-exit: IPI',
  halt: 'VM-exit: no work left',
  busy: '/* goes on */',
}

const vmexit = ({ step }: StepContext): Statement => ({ text: GUEST_EXITS[String(step.result)] ?? '?' })

const copies = ({ step }: StepContext): Statement => {
  const failed: Readonly<Record<string, string>> = {
    EFAULT: 'copy_from_user() fails',
    EINVAL: 'groups.n_bits > 32',
  }
  const why = failed[String(step.result)]
  return why === undefined ? { text: 'copy_from_user()' } : { text: why, then: [`return -${String(step.result)}`] }
}

const returns =
  (key: number) =>
  ({ before }: StepContext): Statement => {
    const errno = before('ret', key)
    return { text: errno === 'ok' ? 'return 0' : `return -${errno ?? '?'}` }
  }

const creates = ({ step }: StepContext): Statement => ({
  cause: `VMM: KVM_CREATE_VCPU ${String(step.result)}`,
  text: `id == ${String(step.result)}`,
})

const actions: Readonly<Record<string, ActionDoc>> = {
  ...KVM_ACTION_DOCS,
  guest_exit: action('', exits),
  guest_entry: {
    function: '',
    statement: enters,
    waits: (state, [kind, id]) =>
      kind === 'vcpu' && state('kind', id) === 'fault' ? 'in the VMM until its fault was handled' : undefined,
  },
  kvm_apic_send_ipi: action('kvm_apic_send_ipi', (context) =>
    nextLabel(context) === 'apic_accept_irq' || nextLabel(context) === 'guest_entry'
      ? { text: 'APIC map of the own group', then: [`/* ${vcpus(local(context, 'todo'), 'nobody')} */`] }
      : { text: { full: 'kvm_apic_id_set_group(kvm, group, &dest)', brief: 'set_group(group, &dest)' } },
  ),
  kvm_irq_delivery_to_apic_fast: action(FAST, finds('map->phys_map[dest]')),
  kvm_irq_delivery_to_apic: action('kvm_irq_delivery_to_apic', finds('kvm_apic_match_dest(vcpu, ...)')),
  kvm_set_msi: action('kvm_set_msi', (context) =>
    nextLabel(context) === 'kvm_irq_delivery_to_apic'
      ? { text: 'dest is the broadcast' }
      : finds('map->phys_map[dest]')(context),
  ),
  kvm_set_irq: action('kvm_set_irq', finds('route of the GSI')),
  kvm_hv_send_ipi: action('kvm_hv_send_ipi', pvIpi),
  vmm_send_ipi: action('vmm_send_ipi', (context) =>
    local(context, 'status') === 'ok' ? finds('ioctl(KVM_SIGNAL_MSI)')(context) : mayDeny('')(context),
  ),
  apic_accept_irq: action('__apic_accept_irq', accepts),
  namespace_send_ipi: action('namespace_send_ipi', finds('APIC map of the own group')),
  namespace_accept_irq: action('namespace_send_ipi', ({ before, vcpu }) => ({
    text: `/* would reach vCPU ${members(before('todo', vcpu))[0] ?? '?'} */`,
  })),
  kvm_lapic_reg_write_id: action('kvm_lapic_reg_write'),
  kvm_hv_translate: action('kvm_hv_translate', mayDeny('look at the target VTL')),
  kvm_apic_id: action(LOOKUP),
  kvm_apic_id_set_group_shift: action('kvm_apic_id_set_group'),
  kvm_apic_id_set_group_mask: action('kvm_apic_id_set_group', (context) => ({ then: found(context) })),
  kvm_get_vcpu_by_id: action(LOOKUP, (context) => ({
    text: { full: 'kvm_get_vcpu_by_id(kvm, target_id)', brief: 'kvm_get_vcpu_by_id()' },
    then: found(context),
  })),
  trylock_sibling: action('kvm_hv_translate', trylock),
  kvm_mmu_get_root: action('kvm_hv_translate'),
  kvm_mmu_walk: action('kvm_hv_translate', says('walk_addr() /* from that root */')),
  unlock_sibling: action('kvm_hv_translate', says('mutex_unlock(&sibling->mutex)')),
  intercept_info_gpa: action('hv_memory_fault'),
  intercept_info_access: action('hv_memory_fault'),
  kvm_make_request: action('kvm_make_request', says('set_bit(HV_INJECT_INTERCEPT)')),
  vmm_check_slot: {
    function: 'vmm_queue_message',
    statement: checkSlot,
    waits: () => 'for the EOM of the message in the slot',
  },
  vmm_msg_gpa: action('vmm_queue_message'),
  vmm_msg_access: action('vmm_queue_message'),
  vmm_msg_type: action('vmm_queue_message'),
  vmm_wake: action('vmm_wake', says('/* the higher VTL is to run */')),

  vmm_wait_wake: {
    function: 'vmm_wait_wake',
    statement: says('/* woken */'),
    waits: () => 'in the VMM to be woken',
  },
  KVM_RUN: action('kvm_vcpu_ioctl', () => ({ cause: 'VMM: KVM_RUN', text: 'mutex_lock(&vcpu->mutex)' })),
  kvm_mmu_load: action('kvm_mmu_load', (context) => ({
    text: `mmu->root = ${storedRoot(context)}`,
    then: ['/* the other is freed */'],
  })),
  kvm_vcpu_check_block: action('kvm_vcpu_check_block'),
  kvm_check_request: action(
    ENTER,
    says({ full: 'kvm_check_request(HV_INJECT_INTERCEPT)', brief: 'kvm_check_request()' }),
  ),
  inject_intercept_gpa: action('kvm_hv_inject_intercept'),
  inject_intercept_access: action('kvm_hv_inject_intercept'),
  synic_deliver_msg: action('synic_deliver_msg', delivers),
  vmentry: action(ENTER, says('VM-entry')),
  guest_eom: action(ENTER, ({ before, vcpu }) => ({
    cause: 'guest: handles the message',
    text: `wrmsr(EOM) /* of {${before('msg_gpa', vcpu) ?? '?'}, ${before('msg_access', vcpu) ?? '?'}} */`,
  })),
  vmexit: action(ENTER, vmexit),
  guest_busy: action(ENTER, vmexit),
  vcpu_put: action('kvm_vcpu_ioctl', says('mutex_unlock(&vcpu->mutex)')),

  KVM_SET_APIC_ID_GROUPS: action(GROUPS, () => ({
    cause: 'VMM: KVM_SET_APIC_ID_GROUPS',
    text: 'kvm_arch_vm_ioctl()',
  })),
  set_apic_id_groups_lock: action(GROUPS, says('mutex_lock(&kvm->lock)')),
  set_apic_id_groups_created: action(GROUPS, ({ step }) => ({ then: step.result === 0 ? [] : ['return -EINVAL'] })),
  set_apic_id_groups_copy: action(GROUPS, copies),
  set_apic_id_groups_mask: action(GROUPS, says('kvm->arch.apic_id_group_mask = MASK')),
  set_apic_id_groups_shift: action(GROUPS, says('kvm->arch.apic_id_group_shift = SHIFT')),
  set_apic_id_groups_unlock: action(GROUPS, says('mutex_unlock(&kvm->lock)')),
  set_apic_id_groups_return: action(GROUPS, returns(0)),
  KVM_CREATE_VCPU: action(CREATE, creates),
  create_vcpu_lock: action(CREATE, says('mutex_lock(&kvm->lock)')),
  create_vcpu_created: action(CREATE, says('kvm->created_vcpus++')),
  create_vcpu_unlock: action(CREATE, says('mutex_unlock(&kvm->lock)')),
  kvm_create_lapic: action('kvm_create_lapic', (context) => ({
    text: `APIC id = ${local(context, 'new_apic_id')} /* mask is ${String(context.step.result)} */`,
  })),
  create_vcpu_lock_again: action(CREATE, says('mutex_lock(&kvm->lock)')),
  create_vcpu_exists: action(CREATE, (context) => ({
    text: { full: 'kvm_get_vcpu_by_id(kvm, id)', brief: 'kvm_get_vcpu_by_id()' },
    then: nextLabel(context) === 'create_vcpu_uncount' ? ['/* -EEXIST */'] : [],
  })),
  create_vcpu_online: action(CREATE, says('atomic_inc(&kvm->online_vcpus)')),
  create_vcpu_uncount: action(CREATE, says('kvm->created_vcpus--')),
  create_vcpu_unlock_again: action(CREATE, says('mutex_unlock(&kvm->lock)')),
  create_vcpu_return: action(CREATE, returns(1)),
}

/** The root that a kvm_mmu_load() stores, which may still be in the store buffer: the other than before. */
function storedRoot({ before, vcpu }: StepContext): string {
  return before('mmu_root', vcpu) === '0' ? '1' : '0'
}

const properties: Readonly<Record<string, string>> = {
  IsolationInv:
    "An interrupt whose sender names no VTL stays in the sender's own, and one of a device in VTL 0 or where the VMM has routed it.",
  ExactlyOneInv: 'An interrupt for one vCPU reaches that one and no other, and no intercept is lost or handled twice.',
  LookupLawsInv: 'kvm_hv_get_vtl_vcpu() returns the vCPU of that VTL on the same processor, or NULL if there is none.',
  SiblingStableInv: "The root of a sibling's MMU stays what it is for as long as another vCPU walks it.",
  InterceptIntactInv: 'A message about an intercept is about one fault, not about parts of two.',
  HierarchyInv: 'A guest reaches its own VTL and lower ones only, by a PV IPI or by translation.',
  AgreeInv: 'Both ways of routing an IPI reach the same vCPUs.',
  DeliveryProp: 'Every interrupt reaches all the vCPUs that it is meant for.',
  AnsweredProp: 'What a guest asks for is done or refused, and the guest runs again.',
  RunsProp:
    "KVM_RUN gets the vCPU's mutex, whoever else tries it, and then the vCPU sleeps, its guest is entered or the call is over.",
  FaultHandledProp: 'Every fault that the higher VTL has to know of is handled by it.',
}

const LANES: Readonly<Record<string, string>> = { config: 'VMM, configures', creator: 'VMM, creates vCPUs' }

/** Words for the actions and properties of apic-groups. */
export const apicGroupsDocs: Words = {
  actions,
  lane: ([kind, id]) => {
    if (kind === 'device') return 'device'
    return LANES[kind] ?? `vCPU ${id} (VTL ${Math.floor(id / 4)})`
  },
  properties,
  notes: ['vCPU 4 * vtl + p is processor p in that VTL; APIC id 3 is the broadcast.'],
}
