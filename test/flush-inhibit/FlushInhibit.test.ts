import { describe, expect, it } from 'vitest'
import { everydayShare, isCI } from '../effort.ts'
import { compile } from '../../impl/lib/kernel/machine/compile.ts'
import { assemble } from '../../impl/lib/kernel/machine/tables.ts'
import { explore } from '../../impl/lib/kernel/explore/explore.ts'
import { reader } from '../../impl/lib/behaviour/state-reader.ts'
import { View } from '../../impl/lib/tla/state-codec.ts'
import { machineOf } from '../../impl/lib/protocol/model.ts'
import { oneModel } from '../../impl/lib/protocol/target.ts'
import { protocolSuite } from '../suite.ts'
import { loadModels } from '../project.ts'

protocolSuite('flush-inhibit', {
  actions: 34,
  // the literal claim of the patch text is false in every design: that is the finding
  hopeless: ['NoFlushHappensWhileInhibitedInv'],
  scheduled: [
    'flush-inhibit/posted.sc',
    'flush-inhibit/pending-event.sc',
    'flush-inhibit/reversed-clear.sc',
    'flush-inhibit/garbage-mask.sc',
    'flush-inhibit/bad-calls.sc',
    'flush-inhibit/posted.tso',
  ],
})

/** What the calls of a model return: the pairs that `call` and `errno` have once a call has returned. */
const returnedIn = (name: string): string[] => {
  const graph = explore(assemble(compile(machineOf(oneModel(loadModels(), name)))), { invariants: false })
  const view = new View(graph.kernel)
  const pairs = new Set<string>()
  for (let i = 0; i < graph.count; i++) {
    const read = reader(view.decode(graph.states, i * graph.kernel.layout.words))
    const [call, errno] = [read('call', 2), read('errno', 2)]
    if (errno !== 'none') pairs.add(`${call ?? '?'}: ${errno ?? '?'}`)
  }
  return [...pairs].sort()
}

describe('flush-inhibit: calls that must be rejected', () => {
  const always = ['dead: EIO', 'fault: EFAULT', 'killed: EINTR', 'set: 0', 'unknown: EINVAL']
  it.each(
    everydayShare<[string, string[]]>(
      [
        ['bad-calls', ['flags: 0', 'value: 0']],
        ['args-checked', ['flags: EINVAL', 'value: EINVAL']],
        ['args-checked-late', ['flags: EINVAL', 'value: EINVAL']],
      ],
      ([design]) => design !== 'args-checked-late',
    ),
  )('%s: what each call returns (a share every day, all in CI)', (design, own) => {
    expect(returnedIn(`flush-inhibit/${design}.sc`)).toEqual([...always, ...own].sort())
  })
  it.runIf(isCI)('none is made in the other designs (needs CI)', () => {
    expect(returnedIn('flush-inhibit/posted.sc')).toEqual([])
  })
})
