// What `import 'lockstep'` gives: the API, once the build was found to be of the sources.
import './refuse-stale.mjs'

export * from '../dist/impl/index.js'
