// Imported before the package's API: what was not built from the sources beside it must not answer for them.
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { remedy, staleness } from './fresh.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stale = staleness(root)
if (stale !== undefined) throw new Error(`lockstep: the build is stale: ${stale}; ${remedy(root)}`)
