import { CloudOff } from 'lucide-react';
import { useIsConnected } from '../data/connection.ts';
import classes from './connection-line.module.css';

/** Above every page, while the server does not answer; what is shown stays, and is read anew when it does. */
export function ConnectionLine() {
  const isConnected = useIsConnected();
  return (
    <div role="status">
      {!isConnected && (
        <p className={classes.line}>
          <CloudOff size={14} aria-hidden />
          Not connected, trying again
        </p>
      )}
    </div>
  );
}
