/** Moments as a device writes them, in UTC as its timezone says. Promise: given the same milliseconds, the same text. */

/** `2026/11/20 06:12:44` */
export const stamp = (now: number): string => new Date(now).toISOString().slice(0, 19).replaceAll('-', '/').replace('T', ' ')

/** `06:12:44` */
export const clock = (now: number): string => stamp(now).slice(11)

/** Seconds since the epoch of a moment that `stamp` wrote. */
export const secondsOf = (text: string): number => Math.floor(Date.parse(`${text.replaceAll('/', '-').replace(' ', 'T')}Z`) / 1000)
