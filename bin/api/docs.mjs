// What `import 'lockstep/docs'` gives, once the build was found to be of the sources.
import '../refuse-stale.mjs'

export * from '../../dist/impl/api/docs.js'
