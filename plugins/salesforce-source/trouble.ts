import { HttpError, isObject, ZdsError, type Json, type Refusal, type Verdict } from 'zds'

type Complaint = { readonly errorCode: string; readonly message: string }

/**
 * What Salesforce says in the body of a REST error, `[{ message, errorCode }]`; of the window into
 * the query only the sentence.
 */
export function explain(body: Json): string | undefined {
  const said = complaint(body)
  return said === undefined ? undefined : `${said.errorCode}: ${sentence(said.message)}`
}

/**
 * What a refusal means where its status alone does not tell. A record that somebody else is saving,
 * requests of others that are under way, and the undocumented 406 pass; the requests of a day do
 * not (SF-03).
 */
export function verdict({ status, body }: Refusal): Verdict | undefined {
  const { errorCode, message = '' } = complaint(body) ?? {}
  if (status === 406 || errorCode === 'UNABLE_TO_LOCK_ROW') return 'passing'
  if (errorCode === 'REQUEST_LIMIT_EXCEEDED') return message.startsWith('Concurrent') ? 'passing' : 'unavailable'
  return undefined
}

/** What to do about a refusal. */
export const advise = ({ body }: Refusal): string | undefined => HINTS[complaint(body)?.errorCode ?? '']

/** Whether an object is not there, or not for us: Salesforce does not tell the two apart. */
export function isHidden(error: unknown): boolean {
  return (
    error instanceof HttpError && /^(NOT_FOUND|INSUFFICIENT_ACCESS\w*)$/.test(complaint(error.body)?.errorCode ?? '')
  )
}

function complaint(body: Json): Complaint | undefined {
  const first = isList(body) ? body[0] : body
  if (!isObject(first) || typeof first['errorCode'] !== 'string') return undefined
  return { errorCode: first['errorCode'], message: typeof first['message'] === 'string' ? first['message'] : '' }
}

const isList = (body: Json): body is readonly Json[] => Array.isArray(body)

/** A message is sometimes an excerpt of the query with a caret below it, and then the sentence. */
function sentence(message: string): string {
  const lines = message.split('\n').map((line) => line.trim())
  const at = lines.findIndex((line) => line.startsWith('ERROR at Row'))
  return lines
    .slice(at + 1)
    .filter((line) => line !== '')
    .join(' ')
}

const FIELD_HINT =
  'Check the API name, and that the user of zds may see it: a hidden field looks like one that does not exist.'
const HINTS: { readonly [errorCode: string]: string } = {
  MALFORMED_QUERY: 'Check the where clauses of the configuration.',
  QUERY_TIMEOUT: 'The query took Salesforce too long: narrow its where clauses, or ask for fewer columns.',
  QUERY_TOO_COMPLICATED: 'Formula columns make a query heavy: ask for fewer of them.',
  REQUEST_LIMIT_EXCEEDED: 'Other integrations keep the org busy: run it again later.',
  API_DISABLED_FOR_ORG: 'An administrator of Salesforce has to enable the API for the org; not every edition has it.',
  API_CURRENTLY_DISABLED: 'Salesforce has switched the API of the org off for a while: run it again later.',
  FUNCTIONALITY_NOT_ENABLED: 'An administrator of Salesforce has to enable it for the org.',
  INVALID_OPERATION_WITH_EXPIRED_PASSWORD: 'The password of the user that zds acts as has expired: set a new one.',
  INVALID_SESSION_ID:
    'A new token was refused as well: check the policies of the app (IP restrictions, API access of its user).',
}

/**
 * `error` in the terms of whoever asked for rows of `object`; anything that is no complaint of
 * Salesforce is returned as it is.
 */
export function translateTrouble(error: unknown, object: string): unknown {
  const said = error instanceof HttpError ? complaint(error.body) : undefined
  if (!(error instanceof HttpError) || said === undefined) return error
  switch (said.errorCode) {
    case 'INVALID_FIELD':
    case 'INVALID_TYPE':
      return unknownField(said, object, error)
    case 'REQUEST_LIMIT_EXCEEDED':
      if (error.passing) return error
      return new ZdsError(
        'HTTP_UNAVAILABLE',
        `salesforce: the API requests of the last 24 hours are used up (${sentence(said.message)})`,
        {
          cause: error,
          hint: 'Wait until older requests fall out of the window, or raise the limit of the org; trying again now costs more.',
        },
      )
    default:
      return error
  }
}

/** A condition is shown as far as it fits a line. */
const SHOWN = 120

/**
 * A query that was refused, with the source that asks and its condition: columns were looked at
 * before, so that is mostly what is wrong. Anything else is returned as it is.
 */
export function refusedOf(name: string, where: string | undefined, error: unknown): unknown {
  if (!(error instanceof ZdsError) || (error.code !== 'HTTP_REFUSED' && error.code !== 'FIELD_UNKNOWN')) return error
  const { code, message, hint, issues, cause } = error
  const refusal = cause instanceof HttpError ? cause : error
  if (!(refusal instanceof HttpError) || complaint(refusal.body) === undefined) return error
  const asks = where === undefined ? '' : ` where ${where.length > SHOWN ? `${where.slice(0, SHOWN)}…` : where}`
  return new ZdsError(code, `${message} (it asks for ${name}${asks})`, { cause: error, hint, issues })
}

function unknownField(said: Complaint, object: string, cause: HttpError): ZdsError {
  const message = sentence(said.message)
  const column = /No such column '([^']+)' on (?:entity|sobject of type) '?(\w+)/.exec(message)
  const name = /(?:relationship|sObject type) '([^']+)'/.exec(message)?.[1]
  if (column === null && name === undefined)
    return new ZdsError('HTTP_REFUSED', cause.message, { cause, hint: HINTS['MALFORMED_QUERY'] })
  const where =
    column === null
      ? `salesforce ${name === object ? object : `${object}.${name}`}`
      : `salesforce ${column[2]}.${column[1]}`
  const issue = { code: 'FIELD_UNKNOWN', where, message: 'does not exist, or is hidden', hint: FIELD_HINT } as const
  return new ZdsError('FIELD_UNKNOWN', `${where} does not exist, or is hidden from the user of zds`, {
    cause,
    hint: FIELD_HINT,
    issues: [issue],
  })
}
