// What `import 'lockstep/eslint'` gives: the lint rules for machines, once the build was found to be of the sources.
import './refuse-stale.mjs'

export { default } from '../dist/impl/lib/eslint/index.js'
