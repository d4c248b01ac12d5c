/** The package's own protocols and models, read once for a file of tests. */

import { openProject } from '../scripts/workspace/project.ts'

export const project = openProject()
