/** Every output of `lockstep validate`: right for what logs say, and well-formed whatever they say. */

import { spawnSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import AjvDraft04 from 'ajv-draft-04'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isCI } from '../../effort.ts'
import { LockstepError } from '../../../impl/lib/kernel/error.ts'
import { githubAnnotations } from '../../../impl/lib/report/validation/annotations.ts'
import { junitReport } from '../../../impl/lib/report/validation/junit.ts'
import { markdownSummary } from '../../../impl/lib/report/validation/markdown.ts'
import { sarifReport } from '../../../impl/lib/report/validation/sarif.ts'
import { headline, outcomeOf, relativePath, uriOf, validationLines } from '../../../impl/lib/report/validation/text.ts'
import type { Validation } from '../../../impl/lib/validate/result.ts'
import { checkOutputs, writeOutputs } from '../../../scripts/validate/outputs.ts'
import { accepted, HOSTILE, incomplete, rejected, validations } from './sample.ts'
import { packageRoot } from '../../../scripts/workspace/package.ts'

/** A seed of its own for each run; a failure prints it with the path. */
const seed = Date.now() & 0x7fffffff
const check = (name: string, property: (value: Validation[]) => void): void => {
  it(`${name} (seed ${seed})`, () => {
    fc.assert(fc.property(validations, property), { seed })
  })
}

const all = [accepted, rejected, incomplete]

/** A log that is accepted by its verdict and not by the rest. */
const doubtful: Validation = { ...accepted, ok: false }

/** The rejected log with hostile text in every place that comes from a log. */
const hostile = (text: string): Validation => {
  const { divergence } = rejected
  if (divergence === null) throw new Error('the sample has a divergence')
  const { event, candidates } = divergence
  return {
    ...rejected,
    file: text,
    model: text,
    notes: [text],
    divergence: {
      ...divergence,
      event: { ...event, action: text, thread: text, lane: text, result: text, state: { [text]: text } },
      allowed: [{ action: text, thread: text, result: text }],
      candidates: candidates.map((c) => ({ ...c, why: text, state: { [text]: [text] } })),
    },
  }
}

describe('the diagnosis as text', () => {
  it('answers in the order in which a reviewer asks', () => {
    expect(validationLines(rejected)).toEqual([
      'logs/bad log.ndjson:13:2: poll-kick/clear-recheck.tso does not allow vcpu0 smp_mb',
      '  event      vcpu0 smp_mb',
      '             returned 1',
      '             in lane cpu1',
      '             state after it: mode[0] = "IN_GUEST"',
      '  explained  11 of 12 events read, order total; 3 states of the model explain what is before; 1 gap',
      '               where events were lost',
      '  allowed    vcpu0 kvm_vcpu_poll_read_kicked, which would return 0',
      '             kicker0 kvm_vcpu_kick',
      '  state 1 of 3: pc[vcpu0] = "kvm_vcpu_poll_read_kicked"',
      '    refuses    vcpu0 is at kvm_vcpu_poll_read_kicked, not at smp_mb',
      '    because    TLA+ spec/poll-kick/PollKick.tla:88: pc[t] = "smp_mb"',
      "               TypeScript impl/poll-kick/PollKick.ts:44: yield* smp_mb('smp_mb')",
      '  state 2 of 3: pc[vcpu0] = "smp_mb"',
      '    refuses    the state after the step is another',
      '    differs    kicked[0]: the log has 1, the model 0',
      "    because    TLA+ spec/poll-kick/PollKick.tla:93: kicked' = {0}",
      '  and 1 more such state',
      '  because    TLA+ spec/poll-kick/PollKick.tla:87: smp_mb',
      '  repair     without line 13 it is acceptable',
      '             with lines 12 and 13 exchanged it is acceptable (looked at up to line 60 only)',
      '',
      ...(rejected.divergence?.lanes ?? []),
    ])
    expect(validationLines(rejected, { lanes: false })).not.toContain('-----               -------')
  })

  it('says so where nothing is to be said', () => {
    const { divergence } = rejected
    if (divergence === null) throw new Error('the sample has a divergence')
    const bare = { ...divergence, allowed: [], candidates: [], blame: [], repairs: [], lanes: [] }
    const lines = validationLines({ ...rejected, divergence: bare })
    expect(lines).toContain('  allowed    nothing: no thread of the model could take a step')
    expect(lines).toContain('  repair     none found by dropping an event or exchanging two neighbours')
    expect(lines.at(-1)).toMatch(/^ {2}repair/)
  })

  it('does not give a least number for the number', () => {
    const { divergence } = rejected
    if (divergence === null) throw new Error('the sample has a divergence')
    const cut = { ...rejected, divergence: { ...divergence, candidateCount: 4096, candidatesCut: true as const } }
    const lines = validationLines(cut).join('\n')
    expect(lines.replace(/\s+/g, ' ')).toContain('; at least 4096 states of the model explain what is before')
    expect(lines).toContain('  state 1 of 4096 or more')
    expect(markdownSummary([cut])).toContain('2 of 4096 or more')
  })

  it('calls nothing accepted but what is', () => {
    expect(headline(accepted)).toBe('logs/good.ndjson: poll-kick/clear-recheck.tso allows all 40 events')
    for (const v of [incomplete, doubtful, { ...accepted, accepted: false }])
      expect(headline(v)).toMatch(/: not decided whether /)
  })

  it('shows the first of many', () => {
    const { divergence } = rejected
    if (divergence === null) throw new Error('the sample has a divergence')
    const allowed = Array.from({ length: 100 }, (_, i) => ({ action: `step${i}`, thread: 'vcpu0' }))
    const lines = validationLines({ ...rejected, divergence: { ...divergence, allowed } })
    expect(lines).toContain('             vcpu0 step11')
    expect(lines).toContain('             and 88 more')
    expect(lines.join('\n')).not.toContain('step12')
  })

  it('counts what is not shown of the blame, of the steps, and of the states that were not asked', () => {
    const { divergence } = rejected
    if (divergence === null) throw new Error('the sample has a divergence')
    const blame = Array.from({ length: 20 }, (_, i) => ({
      side: 'spec' as const,
      file: 'spec/A.tla',
      line: i,
      text: `g${i}`,
    }))
    const [allowed] = divergence.allowed
    if (allowed === undefined) throw new Error('the sample allows a step')
    const many = { ...divergence, blame, candidates: [], allowed: [allowed], allowedLeft: 7, lookedAt: 200 }
    const lines = validationLines({ ...rejected, divergence: many }).join('\n')
    expect(lines).toMatch(/TLA\+ spec\/A\.tla:7: g7\n +and 12 more\n/)
    expect(lines).toMatch(
      /kvm_vcpu_poll_read_kicked.*\n +and 7 more\n +\(by 200 of the states; the others were not asked\)/,
    )
    const markdown = markdownSummary([{ ...rejected, divergence: many }])
    expect(markdown).toMatch(/Because: .*; and 12 more/)
    expect(markdown).toMatch(/and 7 more<\/code>; .*by 200 of the states/)
    const nothing = validationLines({ ...rejected, divergence: { ...many, allowed: [], allowedLeft: 0 } }).join('\n')
    expect(nothing).toMatch(/could take a step\n +\(by 200 of the states/)
  })

  it.each(HOSTILE)('%j stays text', (text) => {
    for (const line of validationLines(hostile(text))) {
      expect(line.length).toBeLessThanOrEqual(100)
      expect(line).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]|##\[|^\s*::/u)
    }
  })

  check('is lines of at most 100 columns that do nothing to a terminal or a runner', (some) => {
    for (const v of some) {
      const lines = validationLines(v)
      expect(lines.filter((line) => line.length > 100 || /[\p{C}\p{Zl}\p{Zp}]|##\[|^\s*::/u.test(line))).toEqual([])
    }
  })
})

interface Element {
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: Element[]
  text: string
}

/** Reads XML with a parser that refuses what is not well-formed. */
const parseXml = (xml: string): Element => {
  const root: Element = { name: '', attributes: {}, children: [], text: '' }
  const path = [root]
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const element = { name, attributes, children: [], text: '' }
    path.at(-1)?.children.push(element)
    path.push(element)
  })
  parser.on('closetag', () => path.pop())
  parser.on('text', (text) => {
    const element = path.at(-1)
    if (element !== undefined) element.text += text
  })
  parser.write(xml).close()
  return root.children[0] ?? root
}

const cases = (xml: string): Element[] => parseXml(xml).children.flatMap(({ children }) => children)

describe('JUnit', () => {
  it('fails for a rejected log, with the diagnosis, and errs for one that is not decided', () => {
    const xml = junitReport([...all, doubtful])
    expect(parseXml(xml)).toMatchObject({
      name: 'testsuites',
      attributes: { tests: '4', failures: '1', errors: '2', time: '2.250' },
      children: [{ name: 'testsuite', attributes: { name: accepted.model, tests: '4', failures: '1', errors: '2' } }],
    })
    const message = headline(rejected)
    expect(cases(xml)).toMatchObject([
      { attributes: { name: 'logs/good.ndjson', classname: accepted.model }, children: [{ name: 'system-out' }] },
      {
        attributes: { name: 'logs/bad log.ndjson', file: 'logs/bad log.ndjson', line: '13', time: '1.500' },
        children: [
          {
            name: 'failure',
            attributes: { type: 'log-rejected', message },
            text: validationLines(rejected).join('\n'),
          },
        ],
      },
      { children: [{ name: 'error', attributes: { type: 'log-incomplete' } }] },
      { children: [{ name: 'error', attributes: { type: 'log-incomplete' } }] },
    ])
  })

  it('has a suite for each model, and is a report for no logs too', () => {
    const other = { ...rejected, model: 'poll-kick/posted.sc' }
    const suites = parseXml(junitReport([accepted, other, rejected])).children
    expect(suites.map(({ attributes }) => [attributes['name'], attributes['tests']])).toEqual([
      [accepted.model, '2'],
      [other.model, '1'],
    ])
    expect(parseXml(junitReport([]))).toMatchObject({ name: 'testsuites', attributes: { tests: '0' }, children: [] })
  })

  it('keeps names as they are, and shows what XML has no way to write', () => {
    const file = 'a\n\t\r&<>"]]>\u0000\ud800\u{1f600}'
    const [only] = cases(junitReport([{ ...rejected, file }]))
    expect(only?.attributes['name']).toBe('a\n\t\r&<>"]]>\\u0000\\ud800\u{1f600}')
  })

  check('is well-formed, and only accepted logs pass', (some) => {
    const outcomes = some.map(outcomeOf).sort()
    const kinds = { failure: 'rejected', error: 'incomplete', 'system-out': 'accepted' }
    const found = cases(junitReport(some)).map(({ children }) => kinds[children[0]?.name as keyof typeof kinds])
    expect(found.sort()).toEqual(outcomes)
    for (const v of some) expect(outcomeOf(v) === 'accepted' && !(v.ok && v.accepted)).toBe(false)
  })
})

const schemaFile = join(packageRoot(), 'test', 'fixtures', 'sarif', 'sarif-2.1.0-rtm.5.json')
// the schema has keywords without their type, and a pattern that is none with the flag u
const ajv = new AjvDraft04.default({ strict: false, unicodeRegExp: false, allErrors: true })
addFormats.default(ajv)
const isSarif = ajv.compile(JSON.parse(readFileSync(schemaFile, 'utf8')) as object)

interface SarifRun {
  readonly tool: { readonly driver: { readonly version: string; readonly rules: readonly { readonly id: string }[] } }
  readonly invocations: readonly { readonly executionSuccessful: boolean }[]
  readonly results: readonly {
    readonly ruleId: string
    readonly ruleIndex: number
    readonly level: string
    readonly message: { readonly text: string }
    readonly locations: readonly unknown[]
    readonly relatedLocations?: readonly unknown[]
  }[]
}

const sarifRun = (some: readonly Validation[], root?: string): SarifRun => {
  const report: unknown = JSON.parse(sarifReport(some, { version: '1.2.3', ...(root === undefined ? {} : { root }) }))
  isSarif(report)
  expect(isSarif.errors ?? []).toEqual([])
  const [run] = (report as { runs: SarifRun[] }).runs
  if (run === undefined) throw new Error('a report has a run')
  return run
}

describe('SARIF', () => {
  it('has a result for each log that is not accepted, with the places to blame', () => {
    const run = sarifRun(all)
    expect(run.tool.driver).toMatchObject({ name: 'lockstep', version: '1.2.3' })
    expect(run.invocations).toEqual([{ executionSuccessful: false }])
    expect(run.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['log-rejected', 'error'],
      ['log-incomplete', 'warning'],
    ])
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
    const [first] = run.results
    expect(first?.locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: { uri: 'logs/bad%20log.ndjson' },
          region: { startLine: 13, startColumn: 2 },
        },
      },
    ])
    const place = (file: string, startLine: number): unknown => ({
      artifactLocation: { uri: file, uriBaseId: 'LOCKSTEP' },
      region: { startLine },
    })
    expect(first?.relatedLocations).toMatchObject([
      { id: 1, physicalLocation: place('spec/poll-kick/PollKick.tla', 87), message: { text: 'TLA+: smp_mb' } },
      { id: 2, physicalLocation: place('spec/poll-kick/PollKick.tla', 88) },
      {
        id: 3,
        physicalLocation: place('impl/poll-kick/PollKick.ts', 44),
        message: { text: "TypeScript: yield* smp_mb('smp_mb')" },
      },
      { id: 4, message: { text: "TLA+: kicked' = {{0}}" } },
    ])
    expect(first?.message.text).toMatch(/^logs\/bad log\.ndjson:13:2: .* does not allow vcpu0 smp_mb\.\n\n {2}event/)
  })

  it('was not successful only if something is undecided', () => {
    expect(sarifRun([accepted, rejected]).invocations).toEqual([{ executionSuccessful: true }])
    expect(sarifRun([doubtful])).toMatchObject({
      invocations: [{ executionSuccessful: false }],
      results: [{ ruleId: 'log-incomplete' }],
    })
  })

  it('knows files by their names below the root, and stdin by none', () => {
    const at = (file: string): unknown => sarifRun([{ ...rejected, file }], '/srv/repo').results[0]?.locations[0]
    expect(at('/srv/repo/a/b.ndjson')).toMatchObject({ physicalLocation: { artifactLocation: { uri: 'a/b.ndjson' } } })
    expect(at('/srv/repository')).toMatchObject({
      physicalLocation: { artifactLocation: { uri: 'file:///srv/repository' } },
    })
    expect(at('-')).toMatchObject({ logicalLocations: [{ name: 'stdin' }] })
  })

  it('has no placeholders and no links of a log’s making', () => {
    const [first] = sarifRun([hostile('{0} [a](1)')]).results
    expect(first?.message.text).toContain('{{0}} [a] (1)')
    expect(first?.message.text).not.toMatch(/(?<!\{)\{0\}(?!\})|\]\(/)
  })

  it('has no line 0, which a divergence before the first event may have', () => {
    const { divergence } = rejected
    if (divergence === null) throw new Error('the sample has a divergence')
    expect(
      sarifRun([{ ...rejected, divergence: { ...divergence, line: 0, column: 0 } }]).results[0]?.locations,
    ).toMatchObject([{ physicalLocation: { region: { startLine: 1, startColumn: 1 } } }])
  })

  it('the schema refuses what is not SARIF', () => {
    expect(isSarif({ version: '2.1.0', runs: [{}] })).toBe(false)
    expect(isSarif({ version: '2.1.0', runs: [{ tool: { driver: { name: 'x', informationUri: 'no URI' } } }] })).toBe(
      false,
    )
  })

  check('passes the schema', (some) => {
    const { results } = sarifRun(some, '/abs')
    expect(results.length).toBe(some.filter((v) => outcomeOf(v) !== 'accepted').length)
  })
})

describe('names of files', () => {
  it.each([
    ['a/b', undefined, 'a/b'],
    ['./a//./b', undefined, 'a/b'],
    ['a/../../b', undefined, '../b'],
    ['/r/a', '/r', 'a'],
    ['/r/a', '/r/', 'a'],
    ['/ra', '/r', '/ra'],
    ['C:\\r\\a\\b', 'C:\\r', 'a/b'],
    ['a\\b', '/r', 'a\\b'],
  ])('%s below %s is %s', (file, root, expected) => {
    expect(relativePath(file, root)).toBe(expected)
  })

  it.each([
    ['a b%/ü#?:', 'a%20b%25/%C3%BC%23%3F%3A'],
    ['/x y', 'file:///x%20y'],
    ['C:\\x y', 'file:///C:/x%20y'],
    ['\ud800', '%EF%BF%BD'],
  ])('%s as a URI is %s', (file, expected) => {
    expect(uriOf(file, undefined)).toBe(expected)
  })
})

/** A workflow command as the runner reads it. */
const parseCommand = (line: string): { kind: string; properties: Record<string, string>; message: string } => {
  const [, kind = '', list = '', message = ''] = /^::(\w+) ([^:\r\n]*)::([^\r\n]*)$/.exec(line) ?? []
  const back = (text: string): string =>
    text.replace(/%(0A|0D|3A|2C|25)/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)))
  const properties = Object.fromEntries(
    list.split(',').map((pair): [string, string] => {
      const [, key = '', value = ''] = /^(\w+)=(.*)$/s.exec(pair) ?? []
      return [key, back(value)]
    }),
  )
  return { kind, properties, message: back(message) }
}

describe('GitHub annotations', () => {
  it('stand at the line of the log, errors first', () => {
    const lines = githubAnnotations([incomplete, accepted, rejected, doubtful])
    expect(lines[0]).toMatch(
      /^::error file=logs\/bad log\.ndjson,line=13,col=2,title=Log rejected%3A poll-kick\/clear-recheck\.tso::logs\/bad log\.ndjson:13:2: .*%0A {2}event {6}vcpu0 smp_mb%0A/,
    )
    expect(lines.map((line) => parseCommand(line).kind)).toEqual(['error', 'warning', 'warning'])
    expect(lines[0]).not.toContain('-------')
  })

  it('escape what would end a property, a message or the line', () => {
    const file = 'a:b,c%\n\r'
    const [line = ''] = githubAnnotations([{ ...rejected, file }])
    expect(line).toContain('file=a%3Ab%2Cc%25%0A%0D,line=13,')
    expect(line).not.toMatch(/[\r\n]/)
    expect(parseCommand(line).properties).toMatchObject({ file, line: '13', col: '2' })
    expect(parseCommand(githubAnnotations([{ ...rejected, file: '-' }])[0] ?? '').properties).not.toHaveProperty('file')
    expect(githubAnnotations([{ ...rejected, file: '/r/x' }], '/r')[0]).toContain('::error file=x,')
  })

  it.each(HOSTILE)('of a file that is no log are errors in which %j stays text', (text) => {
    const refused = { ...incomplete, refused: { line: 7, column: 3, message: text } }
    const [line = ''] = githubAnnotations([refused])
    expect(parseCommand(line)).toMatchObject({ kind: 'error', properties: { line: '7', col: '3', title: 'No log' } })
    expectStructure(markdownSummary([refused]))
    expect(cases(junitReport([refused]))[0]?.children[0]?.attributes['type']).toBe('log-refused')
    expect(sarifRun([refused]).results).toMatchObject([{ ruleId: 'log-refused', level: 'error', ruleIndex: 2 }])
  })

  it('are no more than GitHub keeps, and say how many there are', () => {
    const lines = githubAnnotations([
      ...Array<Validation>(14).fill(rejected),
      ...Array<Validation>(10).fill(incomplete),
    ])
    expect(lines).toHaveLength(20)
    expect(lines[9]).toBe('::error title=Log rejected::and 5 more: the step summary has them all')
    expect(lines[19]).toContain('file=logs/long.ndjson')
  })

  check('are one command each that says what the text says', (some) => {
    const shown = some.filter((v) => outcomeOf(v) === 'rejected')
    const warned = some.filter((v) => outcomeOf(v) === 'incomplete')
    const commands = githubAnnotations(some).map(parseCommand)
    expect(commands.map(({ kind }) => kind)).toEqual([...shown.map(() => 'error'), ...warned.map(() => 'warning')])
    commands.forEach(({ message, properties }, i) => {
      const v = [...shown, ...warned][i]
      if (v === undefined) throw new Error('there is one for each')
      expect(message.startsWith(headline(v))).toBe(true)
      if (v.file !== '-') expect(properties['file']).toBe(relativePath(v.file, undefined))
    })
  })
})

/** The text outside code blocks. */
const outside = (markdown: string): string[] => {
  let fence = ''
  return markdown.split('\n').filter((line) => {
    const [run = ''] = /^`{3,}/.exec(line) ?? []
    if (fence === '') {
      fence = run
      return run === ''
    }
    if (line === fence) fence = ''
    return false
  })
}

const cells = (row: string): number => row.split('|').length - 2

/** Holds a summary to its structure: only our own tags, and rows of as many cells as the head. */
const expectStructure = (markdown: string): void => {
  let width = 0
  for (const line of outside(markdown)) {
    expect(line).not.toMatch(/[`\r]|<(?!\/?code>|br>)|www\./i)
    if (!line.startsWith('|')) width = 0
    else if (width === 0) width = cells(line)
    else expect(cells(line)).toBe(width)
  }
}

describe('the step summary', () => {
  it('has a table of all logs, and what a reviewer asks of those that failed', () => {
    const markdown = markdownSummary([incomplete, accepted, rejected])
    expectStructure(markdown)
    expect(markdown).toContain('1 accepted, 1 rejected, 1 incomplete')
    expect(markdown).toContain(
      '| <code>logs/good.ndjson</code> | <code>poll-kick/clear-recheck.tso</code> | ✅ accepted | 40 | 40 |',
    )
    expect(markdown).toContain('❌ **rejected** | 12 | 11 | line 13: <code>vcpu0 smp&#95;mb</code> |')
    expect(markdown).toContain('⚠️ **incomplete** | 900 | 899 |')
    const headings = markdown.split('\n').filter((line) => line.startsWith('###'))
    expect(headings).toEqual([
      '### <code>logs/bad log.ndjson</code>, line 13: rejected by <code>poll-kick/clear-recheck.tso</code>',
      '### <code>logs/long.ndjson</code>: incomplete by <code>poll-kick/clear-recheck.tso</code>',
    ])
    const order = ['- Event:', '- Explained:', '- Allowed next:', '| # | State |', '- Because:', '- Repair:', '```text']
    const places = order.map((text) => markdown.indexOf(text))
    expect(places).toEqual([...places].sort((a, b) => a - b))
    expect(places).not.toContain(-1)
    expect(markdown).toContain(`\`\`\`text\n${(rejected.divergence?.lanes ?? []).join('\n')}\n\`\`\``)
    expect(markdown).toContain('<code>kicked&#91;0&#93;&#58; the log has 1, the model 0</code>')
  })

  it('has a fence longer than any in the lanes', () => {
    const { divergence } = rejected
    if (divergence === null) throw new Error('the sample has a divergence')
    const lanes = ['````', '<b>', '```']
    const markdown = markdownSummary([{ ...rejected, divergence: { ...divergence, lanes } }])
    expect(markdown).toContain('\n`````text\n````\n<b>\n```\n`````\n')
    expectStructure(markdown)
  })

  it.each(HOSTILE)('%j stays text', (text) => {
    expectStructure(markdownSummary([hostile(text), accepted]))
  })

  it.runIf(isCI)('is not larger than GitHub shows, and says what it left out (needs CI)', () => {
    const many = Array<Validation>(3000).fill(hostile('`'.repeat(300)))
    const markdown = markdownSummary(many)
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024)
    expect(markdown).toMatch(/and \d+ more that there is no room for/)
    expect(markdown).toMatch(/and \d+ more logs that were not accepted/)
    expectStructure(markdown)
  })

  check('keeps its structure', (some) => {
    expectStructure(markdownSummary(some))
  })
})

describe('files', () => {
  let directory = ''

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'lockstep-outputs-'))
  })

  afterEach(() => {
    rmSync(directory, { recursive: true, force: true })
  })

  const at = (name: string): string => join(directory, name)
  const read = (name: string): string => readFileSync(at(name), 'utf8')
  const problemOf = (act: () => void): unknown => {
    try {
      act()
    } catch (error) {
      if (error instanceof LockstepError) return { ...error.problem, exit: error.exit }
      throw error
    }
    return undefined
  }

  it('are written whole in place of what was there, and nothing else is left', () => {
    writeFileSync(at('j.xml'), 'x'.repeat(1_000_000))
    writeOutputs({ junit: at('j.xml'), sarif: at('s.sarif'), markdown: at('m.md') }, all, {})
    expect(read('j.xml')).toBe(junitReport(all))
    expect(read('m.md')).toBe(markdownSummary(all))
    const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string }
    expect(read('s.sarif')).toBe(sarifReport(all, { version, root: process.cwd() }))
    expect(readdirSync(directory).sort()).toEqual(['j.xml', 'm.md', 's.sarif'])
  })

  it('name logs below the working directory by their relative names', () => {
    writeOutputs({ sarif: at('s.sarif') }, [{ ...rejected, file: join(process.cwd(), 'logs', 'x') }], {})
    expect(read('s.sarif')).toContain('"uri": "logs/x"')
  })

  it.skipIf(!existsSync('/dev/full'))('are left as they were when one of them cannot be written', () => {
    writeFileSync(at('j.xml'), 'before')
    const files = { junit: at('j.xml'), sarif: at('s.sarif'), markdown: '/dev/full' }
    const act = (): void => {
      writeOutputs(files, all, {})
    }
    expect(problemOf(act)).toMatchObject({ code: 'write-failed', file: '/dev/full', exit: 3 })
    expect(readdirSync(directory)).toEqual(['j.xml'])
    expect(read('j.xml')).toBe('before')
  })

  it('the step summary is appended to, whatever else is in it', () => {
    writeFileSync(at('summary'), 'before\n')
    writeOutputs({ markdown: at('summary') }, all, { GITHUB_STEP_SUMMARY: at('summary') })
    expect(read('summary')).toBe(`before\n${markdownSummary(all)}`)
    writeOutputs({ markdown: at('summary') }, all, { GITHUB_STEP_SUMMARY: at('other') })
    expect(read('summary')).toBe(markdownSummary(all))
  })

  it.each([
    ['a directory that does not exist', 'no-such-directory', { sarif: 'no/s.sarif' }],
    ['a file for a directory', 'no-such-directory', { sarif: 'file/s.sarif' }],
    ['a directory', 'is-directory', { sarif: 'sub' }],
    ['the same file twice', 'same-file', { sarif: 'j.xml' }],
    ['no name', 'no-file', { markdown: '' }],
    ['a link that leads to nothing', 'unwritable', { sarif: 'dangling' }],
  ])('%s is refused before anything is written', (_what, code, bad) => {
    mkdirSync(at('sub'))
    writeFileSync(at('file'), '')
    symlinkSync(at('nowhere'), at('dangling'))
    const named = Object.fromEntries(Object.entries(bad).map(([k, name]) => [k, name === '' ? '' : at(name)]))
    const files = { junit: at('j.xml'), ...named }
    expect(
      problemOf(() => {
        writeOutputs(files, all, {})
      }),
    ).toMatchObject({ code, exit: 2 })
    expect(
      problemOf(() => {
        checkOutputs(files, {})
      }),
    ).toMatchObject({ code, exit: 2 })
    expect(readdirSync(directory).sort()).toEqual(['dangling', 'file', 'sub'])
  })

  it('that are read are refused, by whatever name', () => {
    writeFileSync(at('log'), 'log')
    symlinkSync(at('log'), at('link'))
    linkSync(at('log'), at('hard'))
    for (const name of ['log', 'link', 'hard', './log']) {
      for (const key of ['junit', 'sarif', 'markdown']) {
        const problem = problemOf(() => {
          checkOutputs({ [key]: join(directory, name) }, {}, ['-', at('other'), at('log')])
        })
        expect([name, key, problem]).toMatchObject([name, key, { code: 'output-is-input', exit: 2 }])
      }
      const log = { GITHUB_STEP_SUMMARY: at(name) }
      expect(
        problemOf(() => {
          checkOutputs({ markdown: at(name), junit: at('log') }, log)
        }),
      ).toMatchObject({ code: 'same-file' })
    }
    mkdirSync(at('sub'))
    symlinkSync(at('sub'), at('other'))
    expect(
      problemOf(() => {
        checkOutputs({ junit: at('sub/new'), sarif: at('other/new') }, {})
      }),
    ).toMatchObject({ code: 'same-file' })
    checkOutputs({ junit: at('new'), sarif: '/dev/null' }, {}, [at('log'), '/dev/null'])
    expect(read('log')).toBe('log')
  })

  it('a link is written through, and a device to', () => {
    mkdirSync(at('sub'))
    writeFileSync(at('sub/real'), '')
    symlinkSync(at('sub/real'), at('link'))
    writeOutputs({ junit: at('link'), sarif: '/dev/null', markdown: '/dev/null' }, all, {})
    expect(read('sub/real')).toBe(junitReport(all))
    expect(readdirSync(at('sub'))).toEqual(['real'])
  })

  it.skipIf(process.platform === 'win32')(
    'a pipe is refused at once if nobody reads it, and written into if somebody does',
    () => {
      const pipe = at('pipe')
      expect(spawnSync('mkfifo', [pipe]).status).toBe(0)
      expect(() => {
        checkOutputs({ junit: pipe }, {})
      }).toThrow(
        expect.objectContaining({
          exit: 2,
          problem: expect.objectContaining({ code: 'unread-pipe' }) as unknown,
        }) as Error,
      )
      const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK)
      writeOutputs({ junit: pipe }, [accepted], {})
      const read = Buffer.alloc(2 ** 16)
      const length = readSync(reader, read)
      closeSync(reader)
      expect(read.toString('utf8', 0, length)).toBe(junitReport([accepted]))
    },
  )
})
