import { ZdsError } from '../errors.ts'

/** What is read of an artifact; undefined where there is none. */
export async function ifLeft<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading
  } catch (error) {
    if (error instanceof ZdsError && error.code === 'ARTIFACT_MISSING') return undefined
    throw error
  }
}
