import { describe, expect, it } from 'vitest'
import { everydayShare } from '../../effort.ts'
import { flushInhibitProtocol } from '../../../impl/flush-inhibit/index.ts'
import { lanes } from '../../../impl/lib/report/lanes.ts'
import { counterexamplesOf, counterexampleTo, DESIGNS, storeDocs, stores } from './sample.ts'

const badLines = (text: string): string[] =>
  text.split('\n').filter((line) => line.length > 75 || line !== line.trimEnd() || /[^\x20-\x7e]/.test(line))

describe('every counterexample of every design', () => {
  const share = everydayShare(Object.keys(DESIGNS), (design) => design === 'no-srcu' || design === 'garbage-mask')
  it.each(share)('%s fits an e-mail (two designs every day, all in CI)', (design) => {
    const all = counterexamplesOf(design)
    expect(all).not.toHaveLength(0)
    for (const cx of all) {
      const text = lanes(cx, flushInhibitProtocol.docs)
      expect(badLines(text)).toEqual([])
      expect(text).toContain(`\nViolated: ${cx.property}\n`)
      expect(text).not.toMatch(/undefined|\?/)
    }
  })

  it.each(share)(
    '%s shows each call of the ioctl and each of its stores once (two designs every day, all in CI)',
    (design) => {
      for (const cx of counterexamplesOf(design)) {
        const text = lanes(cx, flushInhibitProtocol.docs)
        const locks = cx.behaviour.steps.filter(({ action }) => action === 'kvm_vcpu_ioctl_mutex_lock')
        expect(text.match(/mutex_lock\(/g) ?? []).toHaveLength(locks.length)
        const stores = cx.behaviour.steps.filter(({ action }) => action === 'set_tlb_flush_inhibit_write')
        expect(text.match(/WRITE_ONCE\(v\d->tlb_flush_inhibit, \d\)|v\d->tlb_flush_inhibit = \d/g) ?? []).toHaveLength(
          stores.length,
        )
      }
    },
  )

  it('gives the same text again', () => {
    const cx = counterexampleTo('no-srcu', 'BusyNeverReachesGuestInv')
    expect(lanes(structuredClone(cx), flushInhibitProtocol.docs)).toBe(lanes(cx, flushInhibitProtocol.docs))
  })
})

describe('the race of the review', () => {
  it('reads like a race in a commit message', () => {
    const cx = { ...counterexampleTo('no-srcu', 'NoFlushPostedWhileInhibitedInv'), preventedBy: ['SyncOnSet'] }
    expect(`\n${lanes(cx, flushInhibitProtocol.docs, { toggle: () => false })}\n`).toBe(`
flush-inhibit/no-srcu.sc, 7 steps

vCPU 0 (flush)                      ioctl on vCPU 2
--------------                      ---------------
<guest: flush vCPU 2>
vcpu_enter_guest()
  srcu_read_lock(&kvm->srcu)
kvm_hv_flush_tlb()
  READ_ONCE(v2->tlb_flush_inhibit) == 0
                                    <VMM: inhibit vCPU 2>
                                    kvm_vcpu_ioctl()
                                      mutex_lock(&v2->mutex)
                                    kvm_vcpu_ioctl_set_tlb_flush_inhibit()
                                      READ_ONCE(v2->tlb_flush_inhibit) == 0
                                      WRITE_ONCE(v2->tlb_flush_inhibit, 1)
                                    kvm_vcpu_ioctl()
                                      mutex_unlock(&v2->mutex)
                                      return /* v2 now inhibited */
kvm_make_vcpus_request_mask()
  set_bit(HV_TLB_FLUSH, v2->requests)
  /* posted while v2 is inhibited */

In the end: v2->tlb_flush_inhibit == 1, v2->requests == HV_TLB_FLUSH

Violated: NoFlushPostedWhileInhibitedInv
  No TLB flush is requested of a vCPU once the ioctl that inhibits it has
  returned, until the ioctl that uninhibits it is called.

Prevented by SyncOnSet = TRUE: the ioctl calls synchronize_srcu() after it
  has set the inhibit.

v0 is vCPU 0; tlb_flush_inhibit, suspended and waiting_on are in its
  arch.hyperv.
`)
  })

  it('says that -EBUSY reaches the guest', () => {
    const text = lanes(counterexampleTo('no-srcu', 'BusyNeverReachesGuestInv'), flushInhibitProtocol.docs)
    expect(text).toContain('kvm_hv_hypercall_complete()\n  READ_ONCE(v0->suspended) == false\n  /* guest gets -EBUSY')
  })
})

describe('behaviours that do not end', () => {
  it('separates a loop and says who is blocked on what', () => {
    const text = lanes(counterexampleTo('pending-event', 'IoctlReturnsProp'), flushInhibitProtocol.docs)
    const [before = '', after = ''] = text.split(/\n-+ then for ever -+\n/)
    expect(before).toMatch(/synchronize_srcu\(&kvm->srcu\)\n {2}\/\* waits for vCPU 0 \*\/\n.*\n {2}blocked\.\.\.$/)
    expect(after).toMatch(/^ +vcpu_run\(\)\n/)
    expect(after).toMatch(/\n-+ and so on -+\n/)
    expect(after).toContain('ioctl on vCPU 2 waits in synchronize_srcu() for vCPU 0 to leave its\n  kvm->srcu section')
  })

  it('names the function again where the loop begins', () => {
    const text = lanes(stores([0, 0], { kind: 'liveness', loop: 1 }), storeDocs)
    expect(text).toMatch(
      /\nstore\(\)\n {2}WRITE_ONCE\(x0, 1\)\n-+ then for ever -+\nstore\(\)\n {2}WRITE_ONCE\(x0, 2\)\n/,
    )
  })

  it('says that nothing more happens', () => {
    const text = lanes(counterexampleTo('no-srcu', 'FlushCompletesProp'), flushInhibitProtocol.docs)
    expect(text).toMatch(/\n {2}blocked\.\.\.\n-+ stuck: no thread goes on by itself any more -+\n/)
    expect(text).toContain('\nvCPU 0 (flush) waits in schedule() for a wake-up\n')
    expect(text).toContain('v0->suspended == true')
  })

  it('says who waits for what in a deadlock', () => {
    const text = lanes(stores([0, 1], { kind: 'deadlock', property: 'Deadlock' }), storeDocs)
    expect(text).toContain('deadlock: no thread can take a step any more')
    expect(text).toContain('thread 0 waits for the other\nthread 1 waits for the other\n')
    expect(text).toContain('Violated: Deadlock\n  In every reachable state some thread can take a step.')
  })
})

describe('layout', () => {
  it('keeps to the width with any number of threads', () => {
    for (let count = 0; count <= 12; count++) {
      const threads = Array.from({ length: count }, (_, i) => i)
      const text = lanes(stores(threads, { action: 'a_function_with_a_rather_long_name_of_its_own' }), storeDocs)
      expect(badLines(text)).toEqual([])
    }
  })

  it('breaks a long statement inside its column', () => {
    const what = 'kvm->arch.hyperv->some_structure->a_long_member'
    const text = lanes(stores([0, 1, 2], { what }), storeDocs)
    expect(badLines(text)).toEqual([])
    expect(text).toContain('\n  kvm->arch.hyperv->')
    expect(text.replace(/\s+/g, '')).toContain('kvm->arch.hyperv->some_structure->a_long_member=1')
  })

  it('takes what is not ASCII out', () => {
    const text = lanes(stores([0], { model: 'test/naïve' }), storeDocs)
    expect(text.split('\n')[0]).toBe('test/na?ve, 1 step')
  })

  it('names every toggle that prevents it, and which way to switch', () => {
    const cx = stores([0], { preventedBy: ['Quiet', 'Other'] })
    expect(lanes(cx, storeDocs, { toggle: () => true })).toContain(
      'Prevented by any of:\n- Quiet = FALSE: threads store\n- Other = FALSE',
    )
    expect(lanes({ ...cx, preventedBy: ['Quiet'] }, storeDocs)).toContain(
      'Prevented by switching Quiet (TRUE: threads are quiet; FALSE: threads\n  store).',
    )
  })
})
