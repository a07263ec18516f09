import { expect, it } from 'vitest'
import { defineConfig } from 'zds'
import { sourceOf, syncOf } from '../../support/syncs.ts'

it('a configuration is what it was written as: nothing is merged, copied or defaulted', () => {
  const config = { sources: { accounts: sourceOf('accounts') }, targets: { global: syncOf() } }
  expect(defineConfig(config)).toBe(config)
})
