import { Film } from 'lucide-react';
import { useState } from 'react';
import { EmptyState } from '../ui/states.tsx';
import type { ViewerProps } from './file-view.tsx';
import { nameOf } from './kinds.ts';
import classes from './media-viewer.module.css';

/** The browser asks for the parts that it plays. */
export function VideoViewer({ file }: ViewerProps) {
  const [hasFailed, setFailed] = useState(false);
  if (hasFailed) return <Unplayable what="film" />;
  return (
    <div className={classes.stage}>
      <video
        className={classes.video}
        src={file.url}
        aria-label={nameOf(file.path)}
        controls
        preload="metadata"
        onError={() => setFailed(true)}
      >
        <track kind="captions" />
      </video>
    </div>
  );
}

export function AudioViewer({ file }: ViewerProps) {
  const [hasFailed, setFailed] = useState(false);
  if (hasFailed) return <Unplayable what="recording" />;
  return (
    <div className={classes.stage}>
      <audio
        className={classes.audio}
        src={file.url}
        aria-label={nameOf(file.path)}
        controls
        preload="metadata"
        onError={() => setFailed(true)}
      >
        <track kind="captions" />
      </audio>
    </div>
  );
}

function Unplayable({ what }: { readonly what: string }) {
  return (
    <EmptyState icon={Film} title={`The ${what} cannot be played here`}>
      <p>This browser does not know how it is coded. Download it and open it in a player.</p>
    </EmptyState>
  );
}
