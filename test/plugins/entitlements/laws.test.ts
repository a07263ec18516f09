import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'vitest'
import type { Run, Source } from 'zds'
import { entitlements, overrides } from 'zds/entitlements'
import { processorLaws, settingOf, sourceLaws, testLaws, testRun, type LentRun } from 'zds/testing'
import { account, catalogue, overriding, rowsOf, TABLES } from './support.ts'

/** A run whose inputs are read when they are asked for. */
function reading(): LentRun {
  const lent = testRun()
  const input: Run['input'] = (source) => source.read({ ...lent, input })
  return { ...lent, input }
}

const A = '001000000000001AAA'
const B = '001000000000002AAA'
const C = '001000000000003AAA'

const processor = processorLaws(() => ({
  source: entitlements({
    name: 'global-accounts',
    instance: 'global',
    side: 'global',
    accounts: rowsOf('accounts', [
      account([[{}]], {}, A),
      account([[{ name: 'Nobody Knows This' }]], {}, B),
      account([], {}, C),
    ]),
    catalogue,
    overrides: rowsOf('overrides', [overriding({ account_owner: 'Ada' })]),
    fields: TABLES.global,
    elsewhere: rowsOf('elsewhere', [{ key: '001000000000004AAA', type: 'Prospect' }]),
  }),
  run: reading,
}))

const OVERRIDES = `- salesforce_id: "${A}"
  set: { account_owner: Ada }
  reason: a test
- salesforce_id: "${B}"
  set: { account_owner: Bo }
  reason: a test
`

const file = sourceLaws(() => {
  const directory = mkdtempSync(join(tmpdir(), 'zds-overrides-'))
  const path = join(directory, 'overrides.yaml')
  writeFileSync(path, OVERRIDES)
  const source: Source = overrides({ from: settingOf('SUPPORT_OVERRIDES', path), fields: TABLES, catalogue })
  return { source, run: reading, close: () => rmSync(directory, { recursive: true }) }
})

testLaws(test, 'entitlements', processor)
testLaws(test, 'overrides of a file', file)
