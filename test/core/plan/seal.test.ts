import { createCipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { collect, ZdsError, type Plan } from 'zds'
import { packed } from '../../../src/core/many.ts'
import { assemble } from '../../../src/core/plan/plan.ts'
import { parsePlan } from '../../support/parse-plan.ts'
import { isSealed, keyIssues, planKey, seal as sealed, unseal as unsealed } from '../../../src/core/plan/seal.ts'
import { redact } from '../../../src/core/secrets.ts'
import { compared, wanted } from '../../support/syncs.ts'
import { fakeClock } from 'zds/testing'

const plan: Plan = assemble(
  [await compared({ desired: [wanted('A', { name: 'Acme & Söhne' })] })],
  'fingerprint',
  fakeClock(),
)
const key = createSecretKey(randomBytes(32))
const seal = (one: Plan, by: KeyObject): string => [...sealed(one, by)].join('')
/** What a text holds that comes in pieces of `size` characters. */
async function unseal(whole: string, file: string, by: KeyObject, size = 7): Promise<string> {
  const parts = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
    whole.slice(at * size, (at + 1) * size),
  )
  return (await collect(unsealed(parts, file, by))).join('')
}
const text = seal(plan, key)

async function refusal(work: () => unknown): Promise<ZdsError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof ZdsError) return error
    throw error
  }
  throw new Error('it was accepted')
}

describe('a sealed plan', () => {
  it('holds the whole plan for who has the key', async () => {
    expect(parsePlan(await unseal(seal(plan, key), 'plan.sealed', key), 'plan.sealed')).toEqual(plan)
  })

  it('holds one of many changes, which comes in parts', async () => {
    const changes = packed(
      Array.from({ length: 5000 }, (_, n) => ({
        op: 'create' as const,
        key: `Söhne ${'K'.repeat(n % 7)}${n}`,
        fields: {},
      })),
    )
    const [only] = plan.syncs
    if (only === undefined) throw new Error('The plan has a sync')
    const large = assemble([{ ...only, changes }], 'fingerprint', fakeClock())
    expect([...sealed(large, key)].filter((part) => part !== '').length).toBeGreaterThan(4)
    const [whole, pieces] = [seal(large, key), [] as string[]]
    for (let at = 0; at < whole.length; at += 10_001) pieces.push(whole.slice(at, at + 10_001))
    // What has come is handed on before the rest of it comes.
    const [first = ''] = await collect(unsealed(pieces, 'plan.sealed', key))
    expect(first.length).toBeGreaterThan(5_000)
    expect(JSON.stringify(large).startsWith(first)).toBe(true)
    expect(await unseal(seal(large, key), 'plan.sealed', key, 10_001)).toBe(JSON.stringify(large))
  })

  it('shows its digest and nothing of the plan', async () => {
    expect(isSealed(text)).toBe(true)
    expect(isSealed(JSON.stringify(plan))).toBe(false)
    expect(text).toContain(plan.digest)
    const [, body = ''] = text.split('\n')
    for (const shown of [text, Buffer.from(body, 'base64').toString('latin1')]) {
      for (const part of ['Acme', 'fingerprint', 'organizations']) expect(shown).not.toContain(part)
    }
  })

  it('differs each time, with a nonce of 96 bits of its own', async () => {
    const nonces = Array.from({ length: 50 }, () => nonceOf(seal(plan, key)))
    expect(new Set(nonces).size).toBe(50)
    for (const nonce of nonces) expect(Buffer.from(nonce, 'base64')).toHaveLength(12)
  })

  it('is refused with another key, and says which variable to look at', async () => {
    const error = await refusal(() => unseal(text, 'plan.sealed', createSecretKey(randomBytes(32))))
    expect(error).toMatchObject({ code: 'PLAN_INVALID', hint: expect.stringContaining('zds plan --redact --out FILE') })
    expect(error.message).toBe('plan.sealed was sealed with another key than the one in ZDS_PLAN_KEY')
  })

  it('is refused when one character of it was changed, anywhere', async () => {
    for (let at = 0; at < text.length; at += 1) {
      const changed = `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`
      expect((await refusal(() => unseal(changed, 'plan.sealed', key))).code, `at ${at}`).toBe('PLAN_INVALID')
    }
  })

  it('is refused when something is missing or was added', async () => {
    const [head = '', body = ''] = text.split('\n')
    const short = `${head}\n${body.slice(0, body.length - 8)}\n`
    const others = [
      head,
      `${head}\n`,
      `${head}\n\n`,
      `${head}\n${body}`,
      short,
      `${text}\n`,
      `${text}more`,
      `${head}\n${'A'.repeat(20)}\n`,
      `${head}\n${body} \n`,
      text.replaceAll('\n', '\r\n'),
      text.replace(nonceOf(text), ''),
    ]
    for (const other of others) {
      const error = await refusal(() => unseal(other, 'plan.sealed', key))
      expect(error.code).toBe('PLAN_INVALID')
      expect(error.message).toMatch(/changed after it was sealed, or is not whole|another version/)
    }
    const longer = await refusal(() => unseal(`${text}more`, 'plan.sealed', key))
    expect(longer.hint).toMatch(/Fetch the file again.*zds plan --redact --out FILE/)
    expect(longer.cause).toMatchObject({ message: expect.stringContaining('not in the form that seal gives it') })
  })

  it('is refused when what proves it is shortened: fewer bytes are easier to guess', async () => {
    const [head = ''] = text.split('\n')
    const cipher = createCipheriv('aes-256-gcm', key, Buffer.from(nonceOf(text), 'base64')).setAAD(Buffer.from(head))
    cipher.final()
    const proof = cipher.getAuthTag()
    const withProofOf = (bytes: number): string => `${head}\n${proof.subarray(0, bytes).toString('base64')}\n`
    for (const bytes of [4, 8, 12, 15]) {
      const error = await refusal(() => unseal(withProofOf(bytes), 'plan.sealed', key))
      expect(error.message, `${bytes} bytes`).toContain('was changed after it was sealed')
    }
    expect(await unseal(withProofOf(16), 'plan.sealed', key)).toBe('')
  })

  it('of one plan does not open with the header of another: the header is authenticated', async () => {
    const other = seal({ ...plan, digest: 'f'.repeat(64) }, key)
    const [, body = ''] = text.split('\n')
    const crossed = `${other.split('\n')[0]}\n${body}\n`
    expect((await refusal(() => unseal(crossed, 'plan.sealed', key))).message).toContain(
      'was changed after it was sealed',
    )
    const renamed = text.replace(plan.digest, '0'.repeat(64))
    expect((await refusal(() => unseal(renamed, 'plan.sealed', key))).message).toContain(
      'was changed after it was sealed',
    )
  })

  it('of another version is refused as such', async () => {
    const error = await refusal(() => unseal(text.replace('"version":1', '"version":2'), 'plan.sealed', key))
    expect(error).toMatchObject({ code: 'PLAN_INVALID', message: expect.stringContaining('another version') })
    expect(error.hint).toMatch(/with this zds: zds plan --redact --out FILE/)
  })
})

describe('the key in ZDS_PLAN_KEY', () => {
  afterEach(() => {
    delete process.env['ZDS_PLAN_KEY']
  })
  const keyIn = (value: string): KeyObject => {
    process.env['ZDS_PLAN_KEY'] = value
    return planKey()
  }

  it('is 32 bytes as hex digits or in base64, and it is one key', async () => {
    const bytes = randomBytes(32)
    const forms = [
      bytes.toString('hex'),
      bytes.toString('hex').toUpperCase(),
      bytes.toString('base64'),
      bytes.toString('base64url'),
    ]
    for (const form of [...forms, ` ${bytes.toString('hex')}\n`]) {
      expect(keyIn(form).export()).toEqual(bytes)
    }
  })

  it('is asked for when it is not set', async () => {
    expect(await refusal(planKey)).toMatchObject({
      code: 'ENV_MISSING',
      message: expect.stringContaining('ZDS_PLAN_KEY, which is not set'),
      hint: expect.stringContaining('openssl rand -hex 32'),
    })
  })

  it.each([
    ['too short', 'c0ffee'.repeat(10)],
    ['a pass phrase', 'correct horse battery staple'],
    ['too long', 'ab'.repeat(33)],
  ])('that is %s is refused without being shown', async (_, value) => {
    const error = await refusal(() => keyIn(value))
    expect(error.message).toContain('ZDS_PLAN_KEY is not a key: it must be 32 bytes')
    expect(keyIssues()).toMatchObject([{ code: 'ENV_INVALID', where: 'ZDS_PLAN_KEY' }])
    expect(error).toMatchObject({ code: 'ENV_INVALID', hint: expect.stringContaining('openssl rand -hex 32') })
    expect(`${error.message}${error.hint}`).not.toContain(value)
  })

  it('cannot be printed once it is read', async () => {
    const value = randomBytes(32).toString('hex')
    keyIn(`${value}\n`)
    expect(redact(`the key is ${value}`)).toBe('the key is ***')
  })
})

function nonceOf(sealed: string): string {
  return /"nonce":"([^"]+)"/.exec(sealed)?.[1] ?? ''
}
