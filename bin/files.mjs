// A check of files, and words of help, run from bundles (scripts/bundle.mjs): they load in a fraction of the time, and only what they are
// made of has to be fresh. Whatever is not surely of that kind goes the ordinary way, which answers everything.
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { areFreshBundles } from './fresh.mjs'
import { scriptOf } from './script.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Options of `check` that change nothing about who answers; a test holds them to the table of the options. */
export const FLAGS = ['--json', '--witness', '--expect', '--dry-run', '-n']
export const VALUED = [
  '--memory',
  '--timeout',
  '--max-states',
  '--slots',
  '--workers',
  '--define',
  '-D',
  '--include',
  '-I',
]

const HELP = ['--help', '-h', '--version', '-V']

/** The targets of a check of which nothing but its files decides who answers it. */
const targetsIn = (words) => {
  const targets = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i]
    if (VALUED.includes(word)) i++
    else if (/^-[DI]./.test(word) || VALUED.includes(word.replace(/=.*/s, ''))) continue
    else if (!word.startsWith('-')) targets.push(word)
    else if (!FLAGS.includes(word)) return undefined
  }
  return targets
}

/** A word without a slash may be the name of a protocol, whatever it is besides. */
const isDirectoryByPath = (target) => {
  if (!target.includes('/')) return false
  try {
    return statSync(target).isDirectory()
  } catch {
    return false
  }
}

/** What a command line is: `help`, a check of `one` test, or of `files`; undefined is something else. */
export const kindOf = (argv) => {
  const [command, ...words] = argv
  if (command === undefined || command === 'help' || HELP.includes(command)) return 'help'
  if (words.length === 1 && HELP.includes(words[0])) return 'help'
  const targets = command === 'check' ? targetsIn(words) : undefined
  if (targets === undefined || targets.length === 0) return undefined
  if (targets.length === 1 && targets[0].endsWith('.litmus')) return 'one'
  return targets.every((target) => /\.(?:c|litmus)$/.test(target) || isDirectoryByPath(target)) ? 'files' : undefined
}

const areFresh = (names) => areFreshBundles(root, names)

/** Has a thread do it, if all that it is made of is fresh. */
const supervise = async (argv) => {
  if (!areFresh(['files-supervisor.mjs', 'files-thread.mjs', 'ahead-thread.mjs', 'files.cjs'])) return false
  const { superviseFiles } = await import('../dist/bundle/files-supervisor.mjs')
  superviseFiles(argv)
  return true
}

/** Runs the command line if it is of that kind and the bundles are fresh; answers whether it was. */
export const runBundled = async (argv) => {
  const kind = kindOf(argv)
  if (kind === 'help') {
    if (!areFresh(['help.cjs'])) return false
    const { exports, keep } = scriptOf('help.cjs')
    const isAnswered = await exports.help(argv)
    keep()
    return isAnswered
  }
  if (kind === undefined) return false
  if (kind === 'one') {
    if (!areFresh(['quick.cjs'])) return false
    const { exports, keep } = scriptOf('quick.cjs')
    const forget = exports.hearSignals()
    const isAnswered = await exports.runQuickly(argv)
    // above all where it was not soon answered
    keep()
    if (isAnswered) return true
    try {
      return await supervise(argv)
    } finally {
      forget()
    }
  }
  return supervise(argv)
}
