import { expect, onTestFinished, test } from 'vitest'
import { generateWorld, startSandbox, type Sandbox } from 'zds/sandbox'
import { scratch } from '../cli/scratch.ts'
import { byHand } from '../support/crash.ts'
import { runsOf } from '../support/runs.ts'

const asOf = '2026-03-16'

/** The name and fields of each organization of Global, by id. */
const organizationsOf = ({ zendesk }: Sandbox) =>
  new Map(
    zendesk['global']?.organizations.map(({ id, name, organization_fields: fields }) => [id, { name, ...fields }]),
  )

test('SAFE-06: an undo sets back what was written of an update whose name Zendesk refused (AMB-20)', async () => {
  const world = generateWorld({ accounts: 40, seed: 1, asOf })
  const open = await startSandbox({ world })
  onTestFinished(() => open.close())
  const here = runsOf(scratch({ ...open.env }), asOf)
  expect((await here.apply({ force: true })).code).toBe(0)

  const [first, second] = open.zendesk['global']?.organizations.filter(({ external_id: id }) => id !== null) ?? []
  const account = open.salesforce.tables['Account']?.find(({ Account_ID_18__c: id }) => id === first?.external_id)
  if (first === undefined || second === undefined || account === undefined) throw new Error('the world is too small')
  const before = organizationsOf(open)
  Object.assign(account, { Name: 'Taken Meanwhile', Account_Owner_Calc__c: 'Somebody Else' })
  const saved = await here.plan()
  await byHand(open, 'global', `/organizations/${second.id}`, { organization: { name: 'Taken Meanwhile' } })
  const { code, run, syncs } = await here.apply({ saved })
  expect([code, syncs.map(({ failures }) => failures?.map((one) => one.message)).join()]).toEqual([
    4,
    expect.stringContaining('all else of it was written'),
  ])
  expect(organizationsOf(open).get(first.id)).toMatchObject({ account_owner: 'Somebody Else' })

  const undo = await here.lend((engine) => engine.undo(run))
  expect(undo.syncs.flatMap(({ skipped, notices }) => [...skipped, ...notices])).toEqual([])
  expect((await here.apply({ saved: undo })).code).toBe(0)
  expect(organizationsOf(open).get(first.id)).toEqual(before.get(first.id))
})
