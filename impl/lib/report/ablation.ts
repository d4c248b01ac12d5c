/** Which toggle is needed for which property: a table, the minimal sets, and a counterexample for each need. */

import type { Ablation, Role, Subset } from '../ablate/subsets.ts'
import { hasToggle, membersOf, nested, roleOf } from '../ablate/subsets.ts'

/** What happens without a toggle that is needed. */
export interface Need {
  readonly toggle: number
  /** toggles that are TRUE in the counterexample */
  readonly subset: Subset
  /** the base that it is in */
  readonly base: number
  /** states of the counterexample */
  readonly depth: number
  /** the counterexample as lanes */
  readonly text: string
}

/** One property. */
export interface AblatedProperty {
  readonly name: string
  /** what it promises, in one sentence */
  readonly meaning: string
  readonly ablation: Ablation
  /** sets that suffice only because nothing that the property speaks of occurs with them */
  readonly silent: ReadonlySet<Subset>
  readonly needs: readonly Need[]
}

/** Everything that is shown; without times, so that the same protocol gives the same text. */
export interface AblationReport {
  readonly protocol: string
  readonly memory: string
  readonly toggles: readonly string[]
  /** what each toggle means when it is TRUE */
  readonly meanings: readonly string[]
  /** those that only take behaviours away: verdicts are inferred over them */
  readonly barriers: readonly string[]
  /** toggles that keep one value, and why */
  readonly notAblated: readonly { readonly name: string; readonly value: string; readonly why: string }[]
  /** bases with what they show */
  readonly bases: readonly { readonly model: string; readonly gloss: string }[]
  readonly properties: readonly AblatedProperty[]
  readonly complete: boolean
  readonly covered: number
  readonly total: number
  /** machines that differ and were explored, over all bases */
  readonly machines: number
  /** verdicts of a property in a subset and a base: decided there, and following from others by monotony */
  readonly decided: number
  readonly inferred: number
  /** the first design of the manifest that has these toggles */
  readonly designOf: (subset: Subset) => string | undefined
}

const WIDTH = 100

/** In the order of the legend. */
const SIGNS: Readonly<Record<Role, readonly [sign: string, meaning: string]>> = {
  necessary: ['●', 'in every set that suffices'],
  some: ['○', 'in some minimal set'],
  conditional: ['◐', 'needed once a toggle marked × is on'],
  harmful: ['×', 'breaks it when switched on'],
  never: ['·', 'not needed'],
  unknown: ['?', 'not decided'],
}

const signOf = (role: Role): string => SIGNS[role][0]

const thousands = (n: number): string => n.toLocaleString('en-US')

/** `a and b` */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1) ?? ''}`

const namesIn = ({ toggles }: AblationReport, subset: Subset): string[] =>
  membersOf(subset).map((i) => toggles[i] ?? '')

/** A set of toggles in braces, with the design that it is. */
const setText = (report: AblationReport, subset: Subset): string => {
  const design = report.designOf(subset)
  return `{${namesIn(report, subset).join(', ')}}${design === undefined ? '' : ` = ${design}`}`
}

const rolesOf = ({ toggles, complete }: AblationReport, { ablation }: AblatedProperty): Role[] =>
  toggles.map((_, i) => roleOf(ablation, i, complete))

const status = ({ complete }: AblationReport, { ablation, silent }: AblatedProperty): string =>
  [
    ...(complete && ablation.sufficing === 0 ? ['no set suffices'] : []),
    ...(complete && ablation.sufficing > 0 && ablation.violated === 0 ? ['holds in every set'] : []),
    ...(silent.size === 0 ? [] : ['vacuous in a minimal set']),
  ].join(', ')

const legend = (report: AblationReport): string => {
  const present = new Set<string>(report.properties.flatMap((p) => rolesOf(report, p)))
  const shown = Object.entries(SIGNS).filter(([role]) => present.has(role))
  return shown.map(([, [sign, meaning]]) => `${sign} ${meaning}`).join('; ')
}

/** Words in lines of `width`, later ones indented. */
const wrapped = (text: string, indent: string, width = WIDTH): string[] => {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = `${indent}${word}`
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

const table = (report: AblationReport): string[] => {
  const { toggles, properties } = report
  const first = Math.max(...properties.map(({ name }) => name.length))
  const head = `${' '.repeat(first)}${toggles.map((_, i) => String(i + 1).padStart(3)).join('')}`
  const rows = properties.map((p) => {
    const signs = rolesOf(report, p).map((role) => `  ${signOf(role)}`)
    return `${p.name.padEnd(first)}${signs.join('')}  ${status(report, p)}`.trimEnd()
  })
  const names = toggles.map((name, i) => `${i + 1} ${name}`).join(', ')
  return [head, ...rows, '', ...wrapped(`${legend(report)}.`, ''), ...wrapped(`${names}.`, '')]
}

/** What has to be known of a set beside its toggles. */
const remarks = ({ ablation, silent }: AblatedProperty): ((subset: Subset) => string) => {
  const inner = new Set(nested(ablation.minimal))
  return (subset) =>
    `${inner.has(subset) ? ' (contains another)' : ''}${silent.has(subset) ? ' (vacuous: nothing that it speaks of occurs)' : ''}`
}

/** What is to be said of a property's sets; each item is one sentence or one list. */
const setsOf = (report: AblationReport, property: AblatedProperty): string[] => {
  const { minimal, reversals } = property.ablation
  const remark = remarks(property)
  const anyOf = (sets: readonly Subset[], none: string): string =>
    sets.map((s) => `${setText(report, s)}${remark(s)}`).join('  or  ') || none
  return [
    anyOf(minimal, report.complete ? 'no set suffices' : 'none found yet'),
    ...reversals.map((r) => {
      const name = report.toggles[r.toggle] ?? ''
      return `${name} breaks it in ${setText(report, r.holds)}; with ${name}: ${anyOf(r.minimal, 'no set suffices')}`
    }),
  ]
}

const sections = (report: AblationReport): string[] =>
  report.properties.flatMap((p) => [
    p.name,
    ...setsOf(report, p).flatMap((text) => wrapped(text, '  ', WIDTH - 2).map((line) => `  ${line}`)),
  ])

const needLine = (report: AblationReport, property: string, need: Need): string => {
  const base = report.bases[need.base]?.model ?? ''
  return `${property} without ${report.toggles[need.toggle] ?? ''}: ${need.depth} states, in ${base} with ${setText(report, need.subset)}`
}

const needs = (report: AblationReport): string[] =>
  report.properties.flatMap((p) => p.needs.flatMap((need) => wrapped(needLine(report, p.name, need), '  ')))

/** One line: what was covered, and how. */
export const coverageLine = (report: AblationReport): string => {
  const { covered, total, machines, bases, complete } = report
  const models = bases.length === 1 ? '' : ` in each of ${bases.length} models`
  const word = complete ? '' : 'INCOMPLETE: '
  return `${word}${thousands(covered)} of ${thousands(total)} subsets${models}, ${thousands(machines)} different machines explored`
}

/** How many verdicts follow from others, and why. */
const inferenceLine = ({ barriers, decided, inferred }: AblationReport, name: (toggle: string) => string): string =>
  inferred === 0
    ? `All ${thousands(decided)} verdicts were decided by the explorer on the subset's own machine`
    : `${thousands(decided)} verdicts were decided by the explorer on the subset's own machine; ${thousands(inferred)} follow from these by monotony over ${listed(barriers.map(name))}: a barrier only takes behaviours away`

const notAblatedLines = ({ notAblated }: AblationReport, name: (toggle: string) => string): string[] =>
  notAblated.map((n) => `${name(n.name)} is ${n.value} throughout: ${n.why}.`)

/** Lines for a terminal, at most 100 columns where names allow it. */
export const ablationText = (report: AblationReport): string[] => [
  ...table(report),
  '',
  report.complete
    ? 'Minimal sets:'
    : 'Minimal sets found so far (nothing is said to be necessary before all are covered):',
  ...sections(report),
  ...(report.properties.some((p) => p.needs.length > 0) ? ['', 'Shortest counterexamples:', ...needs(report)] : []),
  '',
  ...[`${inferenceLine(report, String)}.`, ...notAblatedLines(report, String)].flatMap((text) => wrapped(text, '')),
]

const code = (text: string): string => `\`${text}\``

const markdownSet = (report: AblationReport, subset: Subset): string => {
  const design = report.designOf(subset)
  const names = namesIn(report, subset)
  const set = names.length === 0 ? 'none of them' : listed(names.map(code))
  return design === undefined ? set : `${set} (design ${code(design)})`
}

/** The table in Markdown, with its legend. */
const ablationTable = (report: AblationReport): string => {
  const { toggles, properties } = report
  const head = `| Property | ${toggles.map((_, i) => String(i + 1)).join(' | ')} | |`
  const rule = `| --- |${' :-: |'.repeat(toggles.length)} --- |`
  const rows = properties.map((p) => {
    const signs = rolesOf(report, p).map(signOf)
    return `| ${code(p.name.replace(/(Inv|Prop)$/, ''))} | ${signs.join(' | ')} | ${status(report, p)} |`
  })
  const names = toggles.map((name, i) => `${i + 1} ${code(name)}`).join(', ')
  return [head, rule, ...rows, '', `${legend(report)}.`, '', `${names}.`].join('\n')
}

const markdownNeed = (report: AblationReport, need: Need): string[] => [
  `#### Without ${code(report.toggles[need.toggle] ?? '')}: ${need.depth} states`,
  '',
  `In ${code(report.bases[need.base]?.model ?? '')}, on: ${markdownSet(report, need.subset)}.`,
  '',
  '```',
  need.text.trimEnd(),
  '```',
  '',
]

const markdownProperty = (report: AblationReport, p: AblatedProperty): string[] => {
  const { minimal, reversals, sufficing, violated } = p.ablation
  const remark = remarks(p)
  const listOf = (sets: readonly Subset[]): string[] => [
    '',
    ...(sets.length === 0 ? ['- none: no set suffices'] : sets.map((s) => `- ${markdownSet(report, s)}${remark(s)}`)),
    '',
  ]
  return [
    `### ${p.name}`,
    '',
    p.meaning,
    '',
    `Holds in ${thousands(sufficing)} of ${thousands(sufficing + violated)} subsets. Minimal sets:`,
    ...listOf(minimal),
    ...reversals.flatMap((r) => [
      `Not monotone: ${code(report.toggles[r.toggle] ?? '')} breaks it where what is on is: ${markdownSet(report, r.holds)}. Minimal sets with it on:`,
      ...listOf(r.minimal),
    ]),
    ...p.needs.flatMap((need) => markdownNeed(report, need)),
  ]
}

const glossed = (text = ''): string => (text === '' ? '' : `: ${text}`)

/** The page. */
export const ablationMarkdown = (report: AblationReport): string =>
  [
    `# Which ordering ${report.protocol} needs`,
    '',
    `Written by ${code(`lockstep ablate ${report.protocol}`)}. Memory: ${report.memory}. ${coverageLine(report)}.`,
    '',
    'A toggle is a boolean constant of the specification. A set suffices for a property if the property holds with these',
    'toggles TRUE and the others FALSE, in all of these models:',
    '',
    ...report.bases.map(({ model, gloss }) => `- ${code(model)}: ${gloss}`),
    '',
    ...wrapped(
      `${inferenceLine(report, code)}. The argument, and what it asks of a property, is in \`impl/lib/ablate/barrier-inference.ts\`.`,
      '',
      118,
    ),
    '',
    ...notAblatedLines(report, code).flatMap((line) => [...wrapped(line, '', 118), '']),
    '<!-- table -->',
    '',
    ablationTable(report),
    '',
    '<!-- /table -->',
    '',
    '## Toggles',
    '',
    ...report.toggles.map((name, i) => `- ${code(name)}${glossed(report.meanings[i])}`),
    '',
    '## Properties',
    '',
    ...report.properties.flatMap((p) => markdownProperty(report, p)),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')

/** Toggles that are necessary, by name; for JSON. */
export const necessaryNames = (toggles: readonly string[], ablation: Ablation): string[] =>
  toggles.filter((_, i) => ablation.necessary !== undefined && hasToggle(ablation.necessary, i))
