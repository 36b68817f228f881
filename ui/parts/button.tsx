/** Buttons, tags, key caps. Promise: an icon alone always has a name, and its name is its tooltip. */
import type { LucideIcon } from 'lucide-react'
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import styles from './parts.module.css'

export const classes = (...names: (string | false | undefined)[]): string => names.filter(Boolean).join(' ')

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: 'plain' | 'box' | 'primary'
  readonly ref?: Ref<HTMLButtonElement>
}
export function Button({ look = 'plain', className, children, ...rest }: ButtonProps) {
  return (
    <button type="button" className={classes(styles.button, look !== 'plain' && styles[look], className)} {...rest}>
      {children}
    </button>
  )
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly icon: LucideIcon
  readonly name: string
  readonly ref?: Ref<HTMLButtonElement>
}
export function IconButton({ icon, name, className, title, ...rest }: IconButtonProps) {
  return (
    <button type="button" className={classes(styles.button, styles.square, className)} aria-label={name} title={title ?? name} {...rest}>
      <Icon icon={icon} />
    </button>
  )
}

export function Icon({ icon: Shape, className }: { readonly icon: LucideIcon; readonly className?: string | undefined }) {
  return <Shape className={classes(styles.icon, className)} strokeWidth={1.75} aria-hidden="true" />
}

interface TagProps {
  readonly tone?: 'fail' | 'warn' | 'hatch'
  readonly title?: string
  readonly className?: string | undefined
  readonly children: ReactNode
}
export const Tag = ({ tone, title, className, children }: TagProps) => (
  <span className={classes(styles.tag, className)} data-tone={tone} title={title}>
    {children}
  </span>
)

export const Kbd = ({ children }: { readonly children: ReactNode }) => <kbd className={styles.kbd}>{children}</kbd>
export const Rule = () => <span className={styles.separator} />
export const Hidden = ({ children }: { readonly children: ReactNode }) => <span className={styles.hidden}>{children}</span>
