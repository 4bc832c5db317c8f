import { Link, type LinkProps } from '@tanstack/react-router';
import { ChevronLeft } from 'lucide-react';
import classes from './back-link.module.css';

interface BackLinkProps extends Pick<LinkProps, 'to' | 'search'> {
  readonly children: string;
}

/** From what was chosen back to its list, where a narrow window has no room for both. */
export function BackLink({ children, ...link }: BackLinkProps) {
  return (
    <Link {...link} className={classes.back}>
      <ChevronLeft size={16} aria-hidden />
      {children}
    </Link>
  );
}
