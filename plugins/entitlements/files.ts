import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { messageOf, ZdsError, type Issue } from 'zds'

/**
 * The text of a file; a relative path is taken from the working directory. Throws FILE_NOT_FOUND,
 * naming the variable `setting`.
 */
export async function readFileText(path: string, setting: string): Promise<string> {
  try {
    return await readFile(resolve(path), 'utf8')
  } catch (cause) {
    throw new ZdsError('FILE_NOT_FOUND', `${path} cannot be read: ${messageOf(cause)}`, {
      cause,
      hint: `Create the file, or set ${setting} to where it is.`,
      issues: [
        { code: 'FILE_NOT_FOUND', where: path, message: 'cannot be read', hint: `${setting} says where it is.` },
      ],
    })
  }
}

/**
 * The problems that `load` throws, for a check that reports instead of failing. `setting` names the
 * place of one without its own.
 */
export async function issuesOf(setting: string, load: () => Promise<unknown>): Promise<readonly Issue[]> {
  try {
    await load()
    return []
  } catch (error) {
    if (!(error instanceof ZdsError)) throw error
    return error.issues.length > 0
      ? error.issues
      : [
          {
            code: error.code,
            where: setting,
            message: error.message,
            ...(error.hint !== undefined && { hint: error.hint }),
          },
        ]
  }
}
