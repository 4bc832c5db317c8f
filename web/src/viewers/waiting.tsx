import { Skeleton } from '@mantine/core';
import classes from './artifact-view.module.css';

/** In the shape of a file that is being read. */
export function Waiting() {
  return (
    <div className={classes.padded} aria-busy="true">
      <Skeleton height={16} width="30%" mb={16} />
      <Skeleton height={12} width="80%" mb={8} />
      <Skeleton height={12} width="70%" mb={8} />
      <Skeleton height={12} width="75%" />
    </div>
  );
}
