/**
 * `lockstep/report`: counterexamples, ablations and validated logs as text, each a function of data.
 *
 * @module lockstep/report
 */

export { lanes } from '../lib/report/lanes.ts'
export { mermaid } from '../lib/report/mermaid.ts'
export type { Blocked, Moment, Story, StoryOptions } from '../lib/report/story.ts'
export { tell } from '../lib/report/story.ts'
export type { CellOf, CellVerdict as MatrixVerdict, Matrix } from '../lib/report/matrix.ts'
export { matrix } from '../lib/report/matrix.ts'
export type { AblatedProperty, AblationReport, Need } from '../lib/report/ablation.ts'
export { ablationMarkdown, ablationText } from '../lib/report/ablation.ts'
export { githubAnnotations } from '../lib/report/validation/annotations.ts'
export { junitReport } from '../lib/report/validation/junit.ts'
export { markdownSummary } from '../lib/report/validation/markdown.ts'
export type { SarifOptions } from '../lib/report/validation/sarif.ts'
export { sarifReport } from '../lib/report/validation/sarif.ts'
export type { DiagnosisOptions } from '../lib/report/validation/text.ts'
export { headline, validationLines } from '../lib/report/validation/text.ts'
