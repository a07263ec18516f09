import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

export const MISSING_CHROMIUM = 'there is no Chromium here (Debian: apt-get install chromium)'

/** The Chromium of this machine, or undefined. */
export function findChromium(): string | undefined {
  const places = (process.env['PATH'] ?? '').split(delimiter)
  return NAMES.flatMap((name) => places.map((place) => join(place, name))).find(isProgram)
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
