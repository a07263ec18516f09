import { addDays, addYears } from 'zds'

/** Days for which a charge goes on counting after its end (PROC-02). */
export const GRACE_DAYS = 15
/** Years for which an expired account keeps its record (DEL-04). */
export const RETENTION_YEARS = 3

/** The oldest end date of a charge that still counts on the day `today` (PROC-02). */
export const graceStart = (today: string): string => addDays(today, -GRACE_DAYS)

/**
 * The oldest expiration date that is still kept on the day `today`: three years and a day ago
 * (PROC-03).
 */
export const retentionStart = (today: string): string => addDays(addYears(today, -RETENTION_YEARS), -1)
