import { afterEach, describe, expect, it } from 'vitest'
import { client } from '../../../plugins/zendesk-target/client.ts'
import { holderOf, holdersOf } from '../../../plugins/zendesk-target/holders.ts'
import { idIn } from '../../../plugins/zendesk-target/replies.ts'
import type { Fault, Sandbox } from 'zds/sandbox'
import { testRun } from './run.ts'
import { addAddress, HOME, many, startUsers } from './users-world.ts'
import { optionsOf, requestsTo } from './world.ts'

let open: Sandbox | undefined
afterEach(async () => {
  await open?.close()
  open = undefined
})

const USERS = [
  ...many(4, (n) => ({ id: 2001 + n, name: `User ${n}`, email: `User.${n}@Agency.example`, organization_id: HOME })),
  { id: 2010, name: 'Jörg', email: 'joerg@bücher.example' },
  { id: 2011, name: 'Agent', email: 'agent@support.example', role: 'agent' as const },
]
const ASKED = [
  ...many(30, (n) => `nobody.${n}@new.example`),
  ...many(4, (n) => `user.${n}@agency.example`),
  'second@agency.example',
  'third@agency.example',
  'joerg@xn--bcher-kva.example',
  'Agent@Support.example',
  'integration@global.example',
  'ours@global.example',
]

/** A sandbox where one user has three addresses, and we have two; asked with these faults. */
async function scene(faults: readonly Fault[] = []) {
  const { sandbox } = await startUsers({ users: USERS })
  open = sandbox
  await addAddress(sandbox, 2001, 'second@agency.example')
  await addAddress(sandbox, 2001, 'third@agency.example')
  await addAddress(sandbox, 1, 'ours@global.example')
  for (const fault of faults) sandbox.faults.add(fault)
  return { sandbox, zendesk: client(optionsOf(sandbox)) }
}

const searches = (sandbox: Sandbox) => requestsTo(sandbox, 'GET', '/users/search').length
const idsIn = (found: ReadonlyMap<string, Parameters<typeof idIn>[0]>) =>
  Object.fromEntries([...found].map(([address, user]) => [address, idIn(user)]))
const HELD = {
  'agent@support.example': '2011',
  'integration@global.example': '1',
  'joerg@xn--bcher-kva.example': '2010',
  'ours@global.example': '1',
  'second@agency.example': '2001',
  'third@agency.example': '2001',
  ...Object.fromEntries(many(4, (n) => [`user.${n}@agency.example`, String(2001 + n)])),
}

describe('who has which of many addresses', () => {
  it('is asked for together, twenty in a search, also by second addresses and other spellings (ZD-10, ZD-20)', async () => {
    const { sandbox, zendesk } = await scene()
    expect(idsIn(await holdersOf(ASKED, zendesk, testRun().run))).toEqual(HELD)
    expect(searches(sandbox)).toBe(2)
  })

  it('is asked for by itself where one is left over', async () => {
    const { sandbox, zendesk } = await scene()
    await holdersOf(ASKED.slice(0, 21), zendesk, testRun().run)
    expect(requestsTo(sandbox, 'GET', '/users/search').at(-1)?.query['query']).toBe('email:"nobody.20@new.example"')
  })

  it('is what each of them, asked for by itself, says', async () => {
    const { zendesk } = await scene()
    const { run } = testRun()
    const alone = await Promise.all(
      ASKED.map(async (address) => [address.toLowerCase(), idIn((await holderOf(address, zendesk, run)) ?? {})]),
    )
    expect(Object.fromEntries(alone.filter(([, id]) => id !== undefined))).toEqual(HELD)
  })

  it.each([
    ['finds nobody, as if every word had to fit', { responseBody: { users: [], count: 0 } }],
    [
      'tells of more than it holds',
      { responseBody: { users: [{ id: 1, email: 'integration@global.example' }], count: 9 } },
    ],
  ])('is asked for one by one where the answer %s', async (_what, answer) => {
    const fault = {
      service: 'zendesk',
      path: '/users/search',
      kind: 'status',
      status: 200,
      times: 1,
      ...answer,
    } as const
    const { sandbox, zendesk } = await scene([fault])
    expect(idsIn(await holdersOf(ASKED, zendesk, testRun().run))).toEqual(HELD)
    expect(searches(sandbox)).toBeGreaterThan(20)
  })

  it.each([
    ['first', 0],
    ['last', -1],
  ])('is asked for one by one where of several words the %s one counts', async (_which, at) => {
    const { sandbox, zendesk } = await scene()
    const call: typeof zendesk.call = ({ query, ...rest }, run) => {
      const word = String(query?.['query']).split(' ').at(at) ?? ''
      return zendesk.call({ ...rest, ...(query && { query: { ...query, query: word } }) }, run)
    }
    const theirs = ASKED.filter((address) => !address.endsWith('@global.example'))
    const held = Object.fromEntries(
      Object.entries(HELD).filter(([address]) => theirs.join().toLowerCase().includes(address)),
    )
    expect(idsIn(await holdersOf(theirs, { ...zendesk, call }, testRun().run))).toEqual(held)
    expect(searches(sandbox)).toBeGreaterThan(20)
  })

  it('is asked for one by one where nobody knows who we are, and where they are few', async () => {
    const { sandbox, zendesk } = await scene([{ service: 'zendesk', path: '/users/me', kind: 'status', status: 404 }])
    expect(idsIn(await holdersOf(ASKED, zendesk, testRun().run))).toEqual(HELD)
    const before = searches(sandbox)
    await holdersOf(ASKED.slice(0, 3), zendesk, testRun().run)
    expect(searches(sandbox) - before).toBe(3)
  })
})
