import { describe, expect, it } from 'vitest'
import { HttpError } from 'zds'
import { codeOf, refusalOf } from '../../../plugins/zendesk-target/refusals.ts'

const refused = (body: HttpError['body']): HttpError =>
  new HttpError('HTTP_REFUSED', 'global: refused', { status: 422, arrived: 'no', body })

describe('codes of refusals are made of known words, whatever a service says (OPS-08)', () => {
  it.each([
    ['OrganizationUpdateFailed', 'organization-update-failed'],
    ['DatabaseConflict', 'database-conflict'],
    ['Unprocessable Entity', 'unprocessable-entity'],
  ])('%s is %s', (name, code) => expect(codeOf(name)).toBe(code))

  it.each(['<!channel>', 'SecretAgencyFailed', 'secret@agency.example', '', 'Not'.repeat(9), 'x'.repeat(20_000)])(
    '%s is none',
    (name) => {
      expect(codeOf(name)).toBeUndefined()
      expect(refusalOf(refused({ error: name })).code).toBe('http-422')
    },
  )

  it('a value that must be unique is named where it is a field of ours', () => {
    const taken = (field: string) => refusalOf(refused({ details: { [field]: [{ error: 'DuplicateValue' }] } })).code
    expect(taken('external_id')).toBe('external-id-taken')
    expect(taken('<!channel>')).toBe('value-taken')
    expect(taken('constructor')).toBe('value-taken')
  })
})
