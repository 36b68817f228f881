/** The tooltip of the mark under the pointer. Promise: text only, never under the pointer, never outside the plot. */
import { useLayoutEffect, useRef } from 'react'
import classes from './tip.module.css'

export interface TipContent {
  /** Pointer, in pixels of the plot. */
  readonly x: number
  readonly y: number
  readonly lines: readonly string[]
  /** More than one: the mark stands for several. */
  readonly count: number
}

export function Tip({ content }: { readonly content: TipContent | null }) {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const element = box.current
    const room = element?.parentElement
    if (!element || !room || !content) return
    const { offsetWidth: w, offsetHeight: h } = element
    const right = content.x + 14 + w <= room.clientWidth
    const below = content.y + 18 + h <= room.clientHeight
    element.style.left = `${right ? content.x + 14 : Math.max(0, content.x - 14 - w)}px`
    element.style.top = `${below ? content.y + 18 : Math.max(0, content.y - 12 - h)}px`
  })
  if (!content || content.lines.length === 0) return null
  const [first, ...rest] = content.lines
  return (
    <div ref={box} className={classes.tip} aria-hidden="true">
      <div className={classes.first}>{first}</div>
      {rest.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity
        <div key={index}>{line}</div>
      ))}
      {content.count > 1 ? <div className={classes.many}>one of {content.count.toLocaleString('en-US')} drawn as one</div> : null}
    </div>
  )
}
