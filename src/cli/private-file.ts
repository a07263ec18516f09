import { open } from 'node:fs/promises'
import { messageOf, ZdsError } from '../core/errors.ts'

/**
 * Writes a file that nobody else may read, also where it was there before and others could
 * (OPS-08).
 */
export async function writePrivately(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600)
  try {
    // A pipe or a device has no readers to keep out, and may not be ours to change.
    if ((await handle.stat()).isFile()) await handle.chmod(0o600)
    await handle.writeFile(text)
  } finally {
    await handle.close()
  }
}

/** Known before the work, where it can be. */
export const unsaved =
  (file: string) =>
  (cause: unknown): never => {
    throw new ZdsError('FILE_NOT_FOUND', `${file} cannot be written: ${messageOf(cause)}`, {
      cause,
      hint: 'Give the name of a file in a directory that exists and may be written to.',
    })
  }
