import classes from './active-frame.module.css';

/**
 * A file that may run scripts, in a frame without an origin: it reaches neither our cookies nor our API, and the policy
 * under which the server sends it lets it load nothing. Nothing active is shown in any other way.
 */
export function ActiveFrame({ url, title }: { readonly url: string; readonly title: string }) {
  return (
    <iframe
      className={classes.frame}
      src={url}
      title={title}
      sandbox="allow-scripts"
      referrerPolicy="no-referrer"
      allow=""
    />
  );
}
