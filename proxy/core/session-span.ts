/** How long a session lasted. Promise: the same wherever it is told. */
import type { Session } from './model.ts'

/** When it was last seen: a byte, or the end of a leg (ms of the recording). */
export const lastOf = ({ lastAt, lastEndAt = 0, ended }: Session): number => Math.max(lastAt, lastEndAt, ended?.at ?? 0)
