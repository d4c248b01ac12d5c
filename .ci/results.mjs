// What the JSON report of the tests says, a line each: counts | failed | skipped | needing-java | unexplained.
import { readFileSync } from 'node:fs'

const [, , what, file] = process.argv
const report = JSON.parse(readFileSync(file, 'utf8'))
const tests = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map((test) => ({ ...test, name: `${name.split('/').slice(-2).join('/')}: ${test.fullName}` })),
)
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')

/** Why a test failed: the beginning of what it threw, in one line, without what colours a terminal. */
const reasonOf = ({ failureMessages = [] }) => {
  const [message = ''] = failureMessages
  // eslint-disable-next-line no-control-regex -- what is written to a terminal
  const plain = message.replace(/\u001b\[[0-9;]*m/g, '').replace(/[\u0000-\u0020]+/g, ' ')
  return plain.trim().slice(0, 400)
}

/** A test says in brackets what it needs. */
const needed = ({ fullName }) => /\(needs ([^)]*)\)/.exec(fullName)?.[1]

if (what === 'counts') {
  // a file that could not be loaded has no test that failed
  const broken = report.success || report.numFailedTests > 0 ? 0 : 1
  console.log(report.numPassedTests, report.numFailedTests + broken, skipped.length)
} else if (what === 'failed') {
  for (const test of tests) {
    if (test.status !== 'failed') continue
    const reason = reasonOf(test)
    console.log(`test: ${test.name}${reason === '' ? '' : `: ${reason}`}`)
  }
} else if (what === 'skipped') {
  const reasons = new Map()
  for (const test of skipped) reasons.set(needed(test), [...(reasons.get(needed(test)) ?? []), test])
  for (const [reason, own] of reasons) {
    console.log(`skipped, ${reason === undefined ? 'no reason given' : `needs ${reason}`}: ${own.length}`)
    for (const { name } of own) console.log(`  ${name}`)
  }
} else if (what === 'needing-java') {
  // what is left to LOCKSTEP_FULL is not skipped for want of Java
  const left = (needs) => /\bLOCKSTEP_FULL\b/.test(needs) && !process.env.LOCKSTEP_FULL
  for (const test of skipped) {
    const needs = needed(test) ?? ''
    if (/\bJava\b/.test(needs) && !left(needs)) console.log(`skipped: ${test.name}`)
  }
} else if (what === 'unexplained') {
  for (const test of skipped) if (needed(test) === undefined) console.log(`skipped, and says not why: ${test.name}`)
} else {
  console.error('usage: node .ci/results.mjs counts|failed|skipped|needing-java|unexplained FILE')
  process.exit(2)
}
