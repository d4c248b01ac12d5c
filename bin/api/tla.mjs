// What `import 'lockstep/tla'` gives, once the build was found to be of the sources.
import '../refuse-stale.mjs'

export * from '../../dist/impl/api/tla.js'
