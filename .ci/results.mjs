// What the JSON report of the tests says, a line each: counts | failed | skipped | needing-java | unexplained.
import { readFileSync } from 'node:fs'

const [, , what, file] = process.argv
const report = JSON.parse(readFileSync(file, 'utf8'))
const tests = report.testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map((test) => ({ ...test, name: `${name.split('/').slice(-2).join('/')}: ${test.fullName}` })),
)
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')

/** A test says in brackets what it needs. */
const needed = ({ fullName }) => /\(needs ([^)]*)\)/.exec(fullName)?.[1]

if (what === 'counts') {
  // a file that could not be loaded has no test that failed
  const broken = report.success || report.numFailedTests > 0 ? 0 : 1
  console.log(report.numPassedTests, report.numFailedTests + broken, skipped.length)
} else if (what === 'failed') {
  for (const { status, name } of tests) if (status === 'failed') console.log(`test: ${name}`)
} else if (what === 'skipped') {
  const reasons = new Map()
  for (const test of skipped) reasons.set(needed(test), [...(reasons.get(needed(test)) ?? []), test])
  for (const [reason, own] of reasons) {
    console.log(`skipped, ${reason === undefined ? 'no reason given' : `needs ${reason}`}: ${own.length}`)
    for (const { name } of own) console.log(`  ${name}`)
  }
} else if (what === 'needing-java') {
  for (const test of skipped) if (/\bJava\b/.test(needed(test) ?? '')) console.log(`skipped: ${test.name}`)
} else if (what === 'unexplained') {
  for (const test of skipped) if (needed(test) === undefined) console.log(`skipped, and says not why: ${test.name}`)
} else {
  console.error('usage: node .ci/results.mjs counts|failed|skipped|needing-java|unexplained FILE')
  process.exit(2)
}
