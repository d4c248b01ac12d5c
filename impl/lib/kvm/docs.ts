/** KVM's own steps (vcpu.ts) in words, for the protocols that take them. */

import type { ActionDoc, Statement, StepContext } from '../protocol/docs.ts'
import { action, ifSet, says } from '../protocol/phrases.ts'

const ENTER = 'vcpu_enter_guest'

const cmpxchgMode = ({ step }: StepContext): Statement => ({
  text: {
    full: `cmpxchg(&vcpu->mode, IN_GUEST_MODE, EXITING_GUEST_MODE) == ${String(step.result)}`,
    brief: `cmpxchg(&mode, IN, EXITING) == ${String(step.result).replace('_GUEST_MODE', '')}`,
  },
})

/** Which request is checked, and what comes of a wake-up, is the protocol's to say. */
export const KVM_ACTION_DOCS: Readonly<Record<string, ActionDoc>> = {
  kvm_request_pending: action(ENTER),
  vcpu_enter_guest_mode_in_guest: action(
    ENTER,
    says({ full: 'smp_store_release(&vcpu->mode, IN_GUEST_MODE)', brief: 'vcpu->mode = IN_GUEST_MODE' }),
  ),
  vcpu_enter_guest_smp_mb: action(
    ENTER,
    says({ full: 'smp_mb__after_srcu_read_unlock()', brief: 'smp_mb__after_srcu...()' }),
  ),
  kvm_vcpu_exit_request_mode: action('kvm_vcpu_exit_request'),
  kvm_vcpu_exit_request_requests: action('kvm_vcpu_exit_request', ifSet('/* the entry is cancelled */')),
  vcpu_enter_guest_mode_outside: action(ENTER, says('vcpu->mode = OUTSIDE_GUEST_MODE')),

  prepare_to_rcuwait: action('kvm_vcpu_block', says('prepare_to_rcuwait(&vcpu->wait)')),
  kvm_vcpu_block_schedule: {
    ...action('kvm_vcpu_block', says('schedule() /* woken */')),
    waits: () => 'in schedule() for a wake-up',
  },
  finish_rcuwait: action('kvm_vcpu_block', says('finish_rcuwait(&vcpu->wait)')),

  rcuwait_wake_up_smp_mb: action('rcuwait_wake_up'),
  rcuwait_wake_up: action('rcuwait_wake_up', ({ step }) => ({
    text: `vcpu->wait.task == ${step.result === true ? 'current' : 'NULL'}`,
  })),
  wake_up_process: action('rcuwait_wake_up', says('wake_up_process(task)')),
  kvm_vcpu_kick_mode: action('kvm_vcpu_kick', cmpxchgMode),
  smp_send_reschedule: action('kvm_vcpu_kick', says('smp_send_reschedule(cpu)')),
}
