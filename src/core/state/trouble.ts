import { messageOf, ZdsError } from '../errors.ts'

const FREE = 'Another process holds it: run the same command again.'
const ROOM = 'Make room on its disk; then the same command goes on.'
const RIGHT = 'Give this user the right to write there; then the same command goes on.'

/** What waiting, room or a right mends, by SQLite's primary result codes and those of the system. */
const PASSING: ReadonlyMap<unknown, string> = new Map([
  ...[5, 6].map((code) => [code, FREE] as const),
  ...[10, 13, 'ENOSPC', 'EDQUOT', 'EFBIG', 'EIO'].map((code) => [code, ROOM] as const),
  ...[3, 8, 14, 'EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST'].map((code) => [code, RIGHT] as const),
])

/** The code of a refusal of SQLite or of the system; undefined for what is none. */
export function codeOfTrouble(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof ZdsError) return undefined
  if ('errcode' in cause) return Number(cause.errcode) & 0xff
  return 'syscall' in cause && 'code' in cause ? cause.code : undefined
}

/** What was thrown where a file of the state is written: STATE_UNAVAILABLE, with its name, where that passes. */
export function unavailable(cause: unknown, file: string, more = ''): unknown {
  const mended = PASSING.get(codeOfTrouble(cause))
  if (mended === undefined) return cause
  const message = `${file} cannot be used: ${messageOf(cause)}`
  return new ZdsError('STATE_UNAVAILABLE', message, { cause, hint: `${mended}${more}` })
}
