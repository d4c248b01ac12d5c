import { describe, expect, it } from 'vitest'
import { flushInhibitProtocol } from '../../../impl/flush-inhibit/index.ts'
import { escapeMermaid, mermaid } from '../../../impl/lib/report/mermaid.ts'
import { counterexamplesOf, counterexampleTo, DESIGNS, storeDocs, stores } from './sample.ts'

/** What a line of ours may look like: the grammar that mermaid reads, with texts that need no more escaping. */
const TEXT = String.raw`(?:[^#;:<>&%{}"\\]|#\d+;|<br/>)+`
const LINE = new RegExp(
  `^\\s*(?:sequenceDiagram|participant (?:T\\d+ as ${TEXT}|memory)|Note over T\\d+(?:,memory)?: ${TEXT}` +
    `|T\\d+->>memory: ${TEXT}|memory-->>T\\d+: ${TEXT}|loop ${TEXT}|end)$`,
)

describe('escapeMermaid', () => {
  it.each([
    ['a; b', 'a#59; b'],
    ['#1', '#35;1'],
    ['<VMM: set>', '#60;VMM#58; set#62;'],
    ['wrap: x', 'wrap#58; x'],
    ['%%{init}', '#37;#37;#123;init#125;'],
    ['&kvm->srcu', '#38;kvm-#62;srcu'],
    ['the end', 'the #101;nd'],
    ['End', '#69;nd'],
    ['send', 'send'],
    ['two\nlines', 'two lines'],
    ['caf\u00e9', 'caf '],
  ])('%j', (text, escaped) => {
    expect(escapeMermaid(text)).toBe(escaped)
  })
})

describe('mermaid', () => {
  it.each(Object.keys(DESIGNS))('%s is lines that mermaid reads', (design) => {
    for (const cx of counterexamplesOf(design)) {
      const lines = mermaid(cx, flushInhibitProtocol.docs).split('\n')
      expect(lines.filter((line) => !LINE.test(line))).toEqual([])
      expect(lines[0]).toBe('sequenceDiagram')
      expect(lines.at(-1)).toContain(cx.property)
    }
  })

  it('puts a loop in a block and who waits after it', () => {
    const text = mermaid(counterexampleTo('pending-event', 'IoctlReturnsProp'), flushInhibitProtocol.docs)
    expect(text).toMatch(/\n {2}loop for ever\n( {4}.*\n)+ {2}end\n {2}Note over T0,memory: ioctl on vCPU 2 waits /)
  })

  it('shows accesses as messages to and from memory', () => {
    expect(mermaid(stores([0, 1]), storeDocs)).toBe(`sequenceDiagram
  participant T0 as thread 0
  participant T1 as thread 1
  participant memory
  Note over T0: store()
  T0->>memory: WRITE_ONCE(x0, 1)
  Note over T1: store()
  T1->>memory: WRITE_ONCE(x0, 2)
  Note over T0,memory: violated#58; QuietInv`)
  })

  it('says that nothing more happens', () => {
    const text = mermaid(stores([0], { kind: 'liveness', loop: 1 }), storeDocs)
    expect(text).toContain('Note over T0,memory: stuck#58; no thread goes on by itself any more')
    expect(text).toContain('Note over T0,memory: thread 0 waits for the other')
    expect(text).not.toContain('loop')
  })
})
