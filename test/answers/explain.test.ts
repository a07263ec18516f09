import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { addDays, type Explanation, type Plan } from 'zds'
import { startSandbox, type Sandbox } from 'zds/sandbox'
import { onTerminal, running } from '../cli/scratch.ts'
import { sampleWorld } from '../support/worlds.ts'
import { project, type Project, type Result } from '../support/zds.ts'

const { world, expected, environment } = sampleWorld('plain')

let sandbox: Sandbox
let here: Project
let planned: Plan

beforeAll(async () => {
  sandbox = await startSandbox({ world })
  here = project({ ...sandbox.env, ...environment })
  const { stdout } = await here.zds('plan', '--json', '--as-of', expected.asOf)
  planned = JSON.parse(stdout) as Plan // what --json prints
}, 120_000)
afterAll(async () => {
  here.remove()
  await sandbox.close()
})

function explanationIn({ code, stdout, stderr }: Result): Explanation {
  expect(code, stderr).toBe(0)
  return JSON.parse(stdout) as Explanation // what --json prints
}
const explained = async (...args: readonly string[]): Promise<Explanation> =>
  explanationIn(await here.zds('explain', ...args, '--from', 'last', '--json'))

const createOf = (name: string) => {
  const changes = planned.syncs.find((sync) => sync.name === name)?.changes ?? []
  const found = [...changes].find(({ op, remarks = [] }) => op === 'create' && remarks.length > 0)
  if (found === undefined) throw new Error(`Nobody comes with anything that the plan creates in ${name}`)
  return found
}

const updateOf = (name: string) => {
  const found = [...(planned.syncs.find((sync) => sync.name === name)?.changes ?? [])].find(({ op }) => op === 'update')
  if (found?.id === undefined) throw new Error(`The plan updates nothing in ${name}`)
  return { ...found, id: found.id }
}

describe('a key', () => {
  test.each([
    ['the id of 18 characters', () => updateOf('global').key],
    ['the id of 15 characters', () => updateOf('global').key.slice(0, 15)],
    ['the id of 18 characters in capitals', () => updateOf('global').key.toUpperCase()],
    ['the id of the record', () => updateOf('global').id],
    ['the name', () => expected.global.find(({ key }) => key === updateOf('global').key)?.name ?? ''],
    [
      'the name in capitals',
      () => expected.global.find(({ key }) => key === updateOf('global').key)?.name?.toUpperCase() ?? '',
    ],
  ])('may be %s (SAFE-10, AMB-20)', async (_, asked) => {
    const { key, asOf, syncs } = await explained(asked())
    expect(key).toBe(updateOf('global').key)
    expect(asOf).toBe(expected.asOf)
    expect(syncs[0]).toMatchObject({ sync: 'global', instance: 'global', id: updateOf('global').id, verdict: 'update' })
    expect(syncs.map(({ sync }) => sync)).toEqual(['global', 'us-gov'])
    expect(syncs[1]).toMatchObject({ verdict: 'absent', reason: 'no-subscription', fields: [] })
  })

  test('may be an address in any case (USR-03)', async () => {
    const { key } = updateOf('us-gov-users')
    const found = await explained(key.toUpperCase())
    expect(found.key).toBe(key)
    expect(found.syncs).toMatchObject([{ sync: 'us-gov-users', verdict: 'update', owner: 'us-gov-users' }])
  })

  test('may be the address of somebody who comes with a new organization: who brings them, what becomes of them (SYN-03)', async () => {
    const { key: account, remarks = [] } = createOf('global')
    const [said = ''] = remarks.map(({ message }) => message)
    const [address = ''] = said.split(': ')
    expect(address).toContain('@')
    const { key, syncs } = await explained(address.toUpperCase(), '--sync', 'global')
    expect(key).toBe(account)
    expect(syncs).toMatchObject([{ verdict: 'create', along: remarks }])
    expect(syncs[0]?.rules.find(({ id }) => id === 'SYN-03')?.changed['people']?.to).toContain(address)
    const { stdout } = await here.zds('explain', address, '--sync', 'global', '--from', 'last')
    expect(stdout).toContain(`  With it\n    ${said}\n`)
  })

  test('may be the name of an account that has no record anywhere', async () => {
    const known = new Set([...expected.global, ...expected['us-gov'], ...expected.partners].map(({ key }) => key))
    const accounts = (world.salesforce['Account'] ?? []) as readonly { Id: string; Name: string; Type: string }[] // rows of a world
    const lone = accounts.find(({ Id, Type }) => !known.has(Id) && Type === 'Customer')
    if (lone === undefined) throw new Error('Every customer of the world has a record')
    const { key, syncs } = await explained(lone.Name.toLowerCase())
    expect(key).toBe(lone.Id)
    expect(syncs.map(({ verdict }) => verdict)).toEqual(['absent', 'absent'])
  })

  test('may be a part of a name: which one is proposed, but none of US Government (OPS-08)', async () => {
    const nameIn = (instance: 'global' | 'us_gov'): string => {
      const { name } =
        world.zendesk[instance]?.organizations.find(({ organization_fields: of }) => of?.['salesforce_id']) ?? {}
      if (typeof name !== 'string') throw new Error(`${instance} has nobody with a name`)
      return name
    }
    const near = async (name: string): Promise<string> =>
      (await here.zds('explain', name.slice(0, -1).toUpperCase(), '--from', 'last')).stderr
    expect(await near(nameIn('global'))).toContain(`Did you mean ${JSON.stringify(nameIn('global'))}`)
    expect(await near(nameIn('us_gov'))).not.toContain(nameIn('us_gov'))
  })

  test.each([
    [['nobody@nowhere.example'], /\[USAGE\] Nothing that was read is called nobody@nowhere\.example/],
    [['001000000000001AAA'], /\[USAGE\] Nothing that was read is called 001000000000001AAA/],
    [['Ltd', 'suport_level'], /There is no field suport_level\n {2}Did you mean "support_level"\?/],
    [['Ltd', '--sync', 'globl'], /There is no sync globl\n {2}Did you mean "global"\?/],
  ])('that nobody knows is named, and so is the rest: %j', async (args, message) => {
    const { code, stdout, stderr } = await here.zds('explain', ...args, '--from', 'last', '--json')
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toMatch(message)
  })

  test('of a run that is not there is no answer', async () => {
    const { code, stderr } = await here.zds('explain', updateOf('global').key, '--from', 'yesterday')
    expect(code).toBe(1)
    expect(stderr).toContain('yesterday')
  })
})

test('one field is that field alone, and one sync that sync alone', async () => {
  const { key, fields } = updateOf('global')
  const [field = ''] = Object.keys(fields)
  const { syncs } = await explained(key, field, '--sync', 'global')
  expect(syncs).toMatchObject([{ sync: 'global', fields: [{ field, verdict: 'differs', ...live(fields[field]) }] }])
})

const live = (change: { from: unknown; to: unknown } | undefined) => ({ live: change?.from, desired: change?.to })

test('makes no request and needs no secret from a run, and leaves nothing behind', async () => {
  const asked = sandbox.requests.length
  const runs = readdirSync(join(here.directory, '.zds/runs'))
  const known = Object.entries({ ...sandbox.env, ...environment }).filter(([name]) => !/SECRET|TOKEN/.test(name))
  const { ended } = running(
    here,
    Object.fromEntries(known),
    'explain',
    updateOf('global').key,
    '--from',
    'last',
    '--json',
  )
  expect(explanationIn(await ended).syncs[0]?.verdict).toBe('update')
  expect(sandbox.requests.slice(asked)).toEqual([])
  expect(readdirSync(join(here.directory, '.zds/runs'))).toEqual(runs)
})

test('says what another day would bring (PROC-17, PROC-41)', async () => {
  const paying = expected.global.find(({ action, fields }) => action === 'none' && Number(fields?.['aar']) > 0)
  const { key = '', fields: { expiration_date: end } = {} } = paying ?? {}
  const later = addDays(String(end), 16)
  const { syncs, asOf } = await explained(key, 'aar', '--as-of', later)
  expect(asOf).toBe(later)
  const [{ fields, charges } = { fields: [], charges: [] }] = syncs
  expect(fields).toMatchObject([{ desired: 0, rules: ['PROC-41'], from: expect.stringContaining('expired') as string }])
  expect(charges.filter(({ grants }) => grants)).toEqual([])
  expect(charges.find((one) => one.end === end)?.why).toContain(`it ended on ${String(end)}`)
})

test('names the override that sets a field: file, line, reason, expiry, also one that has ended (OVR-03)', async () => {
  const { key } = updateOf('global')
  const file = join(here.directory, 'own.yaml')
  const until = expected.asOf
  const entry = `- salesforce_id: ${key}\n  set: { account_owner: Ada Example }\n  reason: Ada asked for it\n  expires_on: "${until}"\n`
  writeFileSync(file, `# Ours\n${entry}`)
  const ask = (asOf: string) => {
    const vars = { ...sandbox.env, ...environment, SUPPORT_OVERRIDES: 'own.yaml' }
    return running(here, vars, 'explain', key, 'account_owner', '--from', 'last', '--json', '--as-of', asOf).ended
  }
  const [now] = explanationIn(await ask(until)).syncs
  expect(now?.fields).toMatchObject([{ desired: 'Ada Example', from: 'own.yaml:2', rules: ['SFA-21', 'OVR-03'] }])
  const override = {
    file: 'own.yaml',
    line: 2,
    reason: 'Ada asked for it',
    expiry: until,
    set: { account_owner: 'Ada Example' },
  }
  expect(now?.overrides).toEqual([{ ...override, active: true }])
  const [later] = explanationIn(await ask(`${Number(until.slice(0, 4)) + 1}${until.slice(4)}`)).syncs
  expect(later?.fields).toMatchObject([{ from: 'Account_Owner_Calc__c', rules: ['SFA-21'] }])
  expect(later?.overrides).toEqual([{ ...override, active: false }])
  rmSync(file)
})

test('reads what is there now without --from: no service is written to, nobody is told, nothing is left', async () => {
  const runs = readdirSync(join(here.directory, '.zds/runs'))
  const asked = sandbox.requests.length
  const { key } = updateOf('us-gov')
  const answer = explanationIn(await here.zds('explain', key, '--json', '--as-of', expected.asOf))
  expect(answer.syncs.find(({ sync }) => sync === 'us-gov')).toMatchObject({ verdict: 'update' })
  expect(answer.gathered).toBe('now')
  expect(readdirSync(join(here.directory, '.zds/runs'))).toEqual(runs)
  expect(readdirSync(join(here.directory, '.zds')).filter((name) => name.startsWith('from-'))).toEqual([])
  const requests = sandbox.requests.slice(asked)
  expect(requests.length).toBeGreaterThan(0)
  expect(requests.filter(({ method, path }) => method !== 'GET' && !path.includes('/oauth'))).toEqual([])
})

test('text is for a person: the value first, within 80 columns', async () => {
  const { key, fields } = updateOf('global')
  const [field = ''] = Object.keys(fields)
  const vars = { ...sandbox.env, ...environment, NO_COLOR: '1' }
  const { stdout, code } = await onTerminal(here, vars, 'explain', key, '--from', 'last').ended
  expect(code, stdout).toBe(0)
  const lines = stdout.split('\r\n').filter((line) => !line.startsWith('.env'))
  expect(lines.filter((line) => line.length > 80)).toEqual([])
  expect(stdout).toMatch(new RegExp(`${key}, .+, as of ${expected.asOf}`))
  expect(stdout).toMatch(/global will be updated/)
  expect(lines.findIndex((line) => line.includes(field))).toBeLessThan(
    lines.findIndex((line) => /^ {2}Rules/.test(line)),
  )
})

test('once it is applied it is in sync, and the answer tells the run and what became of the change', async () => {
  const change = updateOf('global')
  const { code, stderr } = await here.zds('apply', '--yes', '--force', '--as-of', expected.asOf)
  expect(code, stderr).toBe(0)
  const again = explanationIn(await here.zds('explain', change.key, '--json', '--as-of', expected.asOf))
  expect(again.syncs[0]).toMatchObject({
    verdict: 'in-sync',
    outcome: { op: 'update', status: 'done', run: expect.stringMatching(/^\d{8}T\d{6}-/) as string },
  })
  expect(again.syncs[0]?.fields.filter(({ verdict }) => verdict === 'differs')).toEqual([])
  expect(JSON.parse((await here.zds('plan', '--json', '--as-of', expected.asOf)).stdout)).toMatchObject({
    syncs: planned.syncs.map(({ name }) => ({ name, changes: [] })),
  })
})
