/** The protocols of this workspace. `lockstep new NAME` makes one and adds it here. */
import { defineConfig } from 'lockstep'

export default defineConfig({
  protocols: [],
})
