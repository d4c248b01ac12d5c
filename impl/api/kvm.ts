/**
 * `lockstep/kvm`: KVM's own machinery, as protocols of KVM share it: a vCPU's entry, exit, blocking and kicks; `vcpu->mutex`;
 * SRCU. Each has its twin in spec/lib, which is on the path of every specification.
 *
 * @module lockstep/kvm
 */

export type { KvmMode, KvmToggles } from '../lib/kvm/vcpu.ts'
export {
  BLOCK_STEPS,
  ENTRY_STEPS,
  KICK_STEPS,
  KVM_BARRIERS,
  KVM_MODES,
  KVM_TOGGLES,
  KvmVcpus,
} from '../lib/kvm/vcpu.ts'
export type { MutexToggles } from '../lib/kvm/mutex.ts'
export { MUTEX_TOGGLES, VcpuMutexes } from '../lib/kvm/mutex.ts'
export { Srcu } from '../lib/kvm/srcu.ts'
export { KVM_ACTION_DOCS } from '../lib/kvm/docs.ts'
