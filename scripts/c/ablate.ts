/** `lockstep ablate FILE.c`: what of a C file's ordering is needed, and what the weakest version of it is. */

import type { CAblation } from '../../impl/lib/c/ablate/ablate.ts'
import { ablateFile } from '../../impl/lib/c/ablate/ablate.ts'
import { explained } from '../../impl/lib/c/ablate/explain.ts'
import type { Broken } from '../../impl/lib/c/ablate/judge.ts'
import type { ToggleResult, TriedForm } from '../../impl/lib/c/ablate/result.ts'
import type { Row } from '../../impl/lib/c/ablate/sets.ts'
import { loadCParser } from '../../impl/lib/c/index.ts'
import { badInput, EXIT } from '../../impl/lib/kernel/error.ts'
import { given } from '../../impl/lib/kernel/given.ts'
import type { MemoryModel } from '../../impl/lib/kernel/memory/buffer.ts'
import { MEMORY_MODELS } from '../../impl/lib/kernel/memory/buffer.ts'
import { cFileIn } from '../../impl/lib/protocol/c-target.ts'
import { cAblationText } from '../../impl/lib/report/c-ablation.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import type { OptionsOf } from '../cli/commands.ts'
import type { Output } from '../ui/output.ts'
import { printJson, seconds } from '../ui/output.ts'
import { CFiles } from './files.ts'

type AblateOptions = OptionsOf<'ablate'>

/** Options that a protocol has and a C file does not. */
const refuseOthers = ({ confirm, markdown }: AblateOptions): void => {
  const given = confirm === true ? '--confirm' : markdown === undefined ? undefined : '--markdown'
  if (given === undefined) return
  throw badInput({ code: 'usage', message: `${given} is for protocols, not for C files`, hint: 'leave it out' })
}

/** The memory models that are asked for: by `--memory`, or as `race.c/tso`. */
const modelsOf = ({ protocol, memory }: AblateOptions, file: string): readonly MemoryModel[] => {
  const named = protocol.slice(file.length + 1)
  const wanted = named === '' ? (memory ?? 'all') : named
  if (wanted === 'all') return MEMORY_MODELS
  const model = MEMORY_MODELS.find((m) => m.toLowerCase() === wanted)
  if (model !== undefined && (named === '' || memory === undefined || memory === named)) return [model]
  throw badInput({
    code: 'unknown-model',
    message:
      model === undefined ? `${protocol} is no memory model of ${file}` : `${protocol}, and --memory ${String(memory)}`,
    hint: `name the file, with --memory ${MEMORY_MODELS.map((m) => m.toLowerCase()).join(', ')} or all`,
  })
}

const stepsJson = ({ way }: Broken): unknown =>
  way.steps.map(({ thread, label, function: name, text, file, line }) => ({
    thread,
    label,
    function: name ?? null,
    text,
    file: file ?? null,
    line: line ?? null,
  }))

/** The diagram of a counterexample. */
const lanesOf = (ablation: CAblation, { toggle }: ToggleResult, { form }: TriedForm, broken: Broken): string => {
  const found = explained(ablation, toggle, form, broken)
  return found === undefined ? '' : lanes(found.cx, found.docs)
}

/** What each form breaks, of all toggles. */
const allBroken = ({ results }: CAblation): readonly { result: ToggleResult; tried: TriedForm; broken: Broken }[] =>
  results.flatMap((result) =>
    result.forms.flatMap((tried) =>
      'broken' in tried.judgement ? tried.judgement.broken.map((broken) => ({ result, tried, broken })) : [],
    ),
  )

const formJson = ({ form, judgement, unshown }: TriedForm): unknown => ({
  text: form.text,
  verdict: judgement.verdict,
  violated:
    'broken' in judgement
      ? Object.fromEntries(
          judgement.broken.map(({ property, models }) => [property, models.map((m) => m.toLowerCase())]),
        )
      : {},
  // orders that are lost, and of which these models cannot say whether they are needed
  unshown,
  reason: 'message' in judgement ? judgement.message : null,
})

const toggleJson = ({ toggle, status, forms, isPrivate }: ToggleResult): unknown => ({
  name: toggle.name,
  kind: toggle.kind,
  status,
  text: toggle.text,
  function: toggle.function ?? null,
  macro: toggle.macro ?? null,
  places: toggle.places.map(({ file, line, column }) => ({ file, line, column })),
  private: isPrivate,
  forms: forms.map(formJson),
})

/** For each property the toggles without which it is violated, each taken out by itself. */
const necessaryJson = ({ results }: CAblation, properties: readonly string[]): Record<string, string[]> =>
  Object.fromEntries(
    properties.map((name) => [
      name,
      results.flatMap(({ toggle, forms }) => {
        const judgement = forms.at(-1)?.judgement
        return judgement !== undefined && 'broken' in judgement && judgement.broken.some((b) => b.property === name)
          ? [toggle.name]
          : []
      }),
    ]),
  )

const json = (ablation: CAblation, options: AblateOptions, code: number, time: number): unknown => {
  const { baseline, results, sets, suggestion } = ablation
  const broken = allBroken(ablation)
  const properties = [...new Set([...baseline.properties, ...broken.map((b) => b.broken.property)])]
  const always = results.map(({ toggle }) => toggle.name).filter((name) => !sets.toggles.includes(name))
  const inOrder = (names: readonly string[]): string[] =>
    results.flatMap(({ toggle }) => (names.includes(toggle.name) || always.includes(toggle.name) ? [toggle.name] : []))
  return {
    ok: code === EXIT.ok,
    protocol: ablation.file.name,
    verdict: ablation.complete ? 'complete' : 'incomplete',
    memory: ablation.models.map((model) => model.toLowerCase()),
    toggles: results.map(({ toggle }) => toggle.name),
    properties,
    violatedAsIs: Object.fromEntries(
      properties.flatMap((name) => {
        const models = baseline.modelsWith(name, 'violated')
        return models.length === 0 ? [] : [[name, models.map((model) => model.toLowerCase())]]
      }),
    ),
    details: results.map(toggleJson),
    // of each row the toggles that are there
    rows: sets.rows.map(({ on, violated }: Row) => ({ toggles: inOrder(on), violated })),
    searched: { toggles: sets.toggles, all: sets.searched, one: sets.one ?? null },
    necessary: necessaryJson(ablation, properties),
    minimal: Object.fromEntries(sets.minimal),
    suggestion: { changes: suggestion.changes, diff: suggestion.diff },
    counterexamples: broken.map(({ result, tried, broken: found }) => ({
      property: found.property,
      toggle: result.toggle.name,
      form: tried.form.text,
      memory: found.model.toLowerCase(),
      depth: found.way.steps.length + 1,
      loop: found.way.loop ?? null,
      steps: stepsJson(found),
      ...given({ text: options.explain === true ? lanesOf(ablation, result, tried, found) : undefined }),
    })),
    variants: ablation.checked,
    states: ablation.states,
    seconds: Math.round(time * 1000) / 1000,
  }
}

/** The shortest counterexample of each toggle that is needed, at its weakest form. */
const printLanes = (out: Output, ablation: CAblation): void => {
  for (const result of ablation.results) {
    const tried = result.forms.findLast(({ judgement }) => judgement.verdict === 'violated')
    if (tried === undefined || !('broken' in tried.judgement)) continue
    const [shortest] = [...tried.judgement.broken].sort((a, b) => a.way.steps.length - b.way.steps.length)
    if (shortest !== undefined) out.line(`\n${lanesOf(ablation, result, tried, shortest)}`)
  }
}

const printDiff = (out: Output, { suggestion, file }: CAblation): void => {
  if (suggestion.diff === '') {
    out.note(`${file.name}: nothing of it can be weaker, as far as these memory models can tell`)
    return
  }
  // text that is not printed as it is would make a diff that no tool applies
  if (/(?![\n\t])[\p{C}\p{Zl}\p{Zp}]/u.test(suggestion.diff))
    out.note(`${file.name} has characters that are not printed as they are: take the diff from --json`)
  out.line(suggestion.diff.replace(/\n$/, ''))
}

const codeOf = ({ complete, baseline }: CAblation): number => {
  if (!complete) return EXIT.environment
  return baseline.properties.some((name) => baseline.modelsWith(name, 'violated').length > 0) ? EXIT.finding : EXIT.ok
}

/** Ablates a C file; returns the exit code. */
export const ablateC = async (out: Output, options: AblateOptions): Promise<number> => {
  refuseOthers(options)
  const start = performance.now()
  const file = cFileIn(options.protocol) ?? options.protocol
  const files = new CFiles(file, { define: options.define ?? [], include: options.include ?? [] })
  const until = start + options.timeout * 1000
  out.progress(`ablating ${file}`)
  const ablation = ablateFile({
    parser: await loadCParser(),
    file: files.main,
    environment: files,
    models: modelsOf(options, file),
    only: options.property,
    slots: options.slots,
    ...given({ maxStates: options.maxStates }),
    expired: () => performance.now() > until,
    onProgress: (name) => {
      out.progress(`ablating ${file}: ${name}`)
    },
  })
  out.clear()
  files.assertUnchanged()
  const code = codeOf(ablation)
  const time = (performance.now() - start) / 1000
  if (out.json) printJson(json(ablation, options, code, time))
  if (options.suggest === true) printDiff(out, ablation)
  else {
    const lines = cAblationText(ablation)
    for (const line of lines.slice(0, -1)) out.line(line)
    out.line(`${lines.at(-1) ?? ''}, ${seconds(time)}`)
    if (options.explain === true) printLanes(out, ablation)
  }
  if (!ablation.complete) out.note('what is not decided is no pass: give it more with --timeout or --max-states')
  return code
}
