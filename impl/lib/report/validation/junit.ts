/**
 * Results of logs as JUnit XML, for CI servers. Written here and not by a library: of those looked at, junit-report-builder
 * drops the characters that XML does not have without a trace, which in a log are what matters, and xmlbuilder2 lets them
 * through, so that no parser reads the file; what is needed of XML is two escapes.
 */

import { given } from '../../kernel/given.ts'
import { escaped } from '../../text/visible.ts'
import type { Validation } from '../../validate/result.ts'
import { headline, lineOf, outcomeOf, validationLines } from './text.ts'

/** What XML 1.0 has no way to write, not even as a reference, so that it is shown as an escape. */
const ILLEGAL = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  // `]]>` may not stand in text
  ['>', '&gt;'],
  ['"', '&quot;'],
])

const text = (raw: string): string =>
  raw
    .replace(ILLEGAL, escaped)
    .replace(/[&<>"]/g, (c) => ENTITIES.get(c) ?? c)
    // a parser gives them back as they are, and until then nothing acts on them
    .replace(/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/gu, (c) => `&#${c.codePointAt(0) ?? 0};`)

/** Line breaks and tabs in an attribute are blanks to a parser unless they are references. */
const attribute = (raw: string): string => text(raw).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')

type Attributes = Readonly<Record<string, string | number>>

const open = (name: string, attributes: Attributes): string =>
  `<${name}${Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${attribute(String(value))}"`)
    .join('')}>`

const element = (name: string, attributes: Attributes, content: string): string =>
  `${open(name, attributes)}${content}</${name}>`

/** What a test case has to say. */
const body = (v: Validation): string => {
  const lines = text(validationLines(v).join('\n'))
  const message = headline(v)
  switch (outcomeOf(v)) {
    case 'accepted':
      return element('system-out', {}, lines)
    case 'rejected':
      return element('failure', { message, type: 'log-rejected' }, lines)
    case 'incomplete':
      return element('error', { message, type: v.refused === undefined ? 'log-incomplete' : 'log-refused' }, lines)
  }
}

const testcase = (v: Validation): string => {
  const name = v.file === '-' ? 'stdin' : v.file
  const hasLine = v.divergence !== null || typeof v.refused?.line === 'number'
  const place = given({ file: name, line: hasLine ? lineOf(v) : undefined })
  return `    ${element('testcase', { name, classname: v.model, ...place, time: v.seconds.toFixed(3) }, body(v))}`
}

const totals = (validations: readonly Validation[]): Attributes => ({
  tests: validations.length,
  failures: validations.filter((v) => outcomeOf(v) === 'rejected').length,
  errors: validations.filter((v) => outcomeOf(v) === 'incomplete').length,
  time: validations.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(3),
})

/** A JUnit report: a suite for each model, a case for each log. An undecided log is an error, never a pass. */
export const junitReport = (validations: readonly Validation[]): string => {
  const models = [...new Set(validations.map(({ model }) => model))]
  const suites = models.map((name) => {
    const own = validations.filter(({ model }) => model === name)
    return `  ${element('testsuite', { name, ...totals(own), skipped: 0 }, `\n${own.map(testcase).join('\n')}\n  `)}`
  })
  const root = element(
    'testsuites',
    { name: 'lockstep validate', ...totals(validations) },
    `\n${suites.map((s) => `${s}\n`).join('')}`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root}\n`
}
