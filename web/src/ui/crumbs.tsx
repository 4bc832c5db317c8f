import { Link, type LinkProps } from '@tanstack/react-router';
import { Fragment, type ReactNode, useEffect, useSyncExternalStore } from 'react';
import classes from './crumbs.module.css';

/** One step of the way to a page; the last one is the page itself and leads nowhere. */
export interface Crumb {
  readonly label: string;
  readonly link?: LinkProps;
  /** After the label: a copy button, a badge. */
  readonly extra?: ReactNode;
}

let shown: readonly Crumb[] = [];
const listeners = new Set<() => void>();

function show(crumbs: readonly Crumb[]): void {
  shown = crumbs;
  for (const listener of listeners) listener();
}

/** Says where the page is; the window's title follows. `crumbs` in the order from the start page. */
export function useCrumbs(crumbs: readonly Crumb[]): void {
  const key = JSON.stringify(crumbs.map(({ label, link }) => [label, link]));
  useEffect(() => {
    show(crumbs);
    document.title = [...crumbs.map(({ label }) => label).reverse(), 'Slipway'].join(' · ');
  }, [key]);
}

export function Crumbs() {
  const crumbs = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
  return (
    <nav aria-label="Breadcrumb" className={classes.crumbs}>
      {crumbs.map(({ label, link, extra }, i) => (
        <Fragment key={`${i} ${label}`}>
          {i > 0 && (
            <span aria-hidden className={classes.separator}>
              /
            </span>
          )}
          {link === undefined ? (
            <span className={classes.here} aria-current="page" title={label} dir="auto">
              {label}
            </span>
          ) : (
            <Link {...link} className={classes.crumb} title={label} dir="auto">
              {label}
            </Link>
          )}
          {extra}
        </Fragment>
      ))}
    </nav>
  );
}
