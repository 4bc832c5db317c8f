import { Bot, CircleUser, type LucideIcon, Users } from 'lucide-react';
import type { PrincipalKind } from '../data/principals.ts';
import classes from './principal-name.module.css';

const LOOKS: Readonly<Record<PrincipalKind, { readonly icon: LucideIcon; readonly word: string }>> = {
  user: { icon: CircleUser, word: 'User' },
  group: { icon: Users, word: 'Group' },
  'service-principal': { icon: Bot, word: 'Service principal' },
};

/** Who, with a sign of what they are where that is known. */
export function PrincipalName({
  name,
  kind,
}: {
  readonly name: string;
  readonly kind?: PrincipalKind | undefined;
}) {
  const look = kind === undefined ? undefined : LOOKS[kind];
  return (
    <span className={classes.principal}>
      {look && (
        <span className={classes.icon} title={look.word}>
          <look.icon size={14} aria-hidden />
          <span className="visually-hidden">{look.word}</span>
        </span>
      )}
      <span className={classes.name} dir="auto" title={name}>
        {name}
      </span>
    </span>
  );
}
