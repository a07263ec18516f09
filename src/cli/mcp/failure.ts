import { isSystemError, messageOf, ZdsError } from '../../core/errors.ts'
import { asCalled } from '../called.ts'

/** What went wrong, for an assistant: no stack, and each problem where there are several. */
export function failureOf(error: unknown): object {
  if (isSystemError(error)) return { code: 'SYSTEM', message: error.message }
  if (!(error instanceof ZdsError)) return { code: 'INTERNAL', message: messageOf(error), hint: FAULT }
  const { code, message, hint, issues } = error
  return {
    code,
    message,
    ...(hint !== undefined && { hint: asCalled(hint) }),
    ...(issues.length > 0 && { issues }),
  }
}

const FAULT = 'This is a fault in zds or in a plugin: the log of the server may say more.'
