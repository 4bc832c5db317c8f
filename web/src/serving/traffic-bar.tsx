import classes from './traffic-bar.module.css';

interface TrafficBarProps {
  readonly shares: readonly {
    readonly key: string | number;
    readonly name: string;
    readonly percent: number;
  }[];
  readonly sum: number;
}

/** How the requests are split, as a bar with a legend. */
export function TrafficBar({ shares, sum }: TrafficBarProps) {
  const whole = Math.max(100, sum);
  return (
    <div className={classes.traffic}>
      <div className={classes.bar} aria-hidden>
        {shares.map(({ key, percent }, i) => (
          <span
            key={key}
            className={classes.part}
            data-series={i % SERIES}
            style={{ width: `${(percent / whole) * 100}%` }}
          />
        ))}
      </div>
      <ul className={classes.legend} aria-label="Split of the requests">
        {shares.map(({ key, name, percent }, i) => (
          <li key={key}>
            <span className={classes.mark} data-series={i % SERIES} aria-hidden />
            <span className={classes.name} title={name} dir="auto">
              {name}
            </span>
            <span className={classes.percent}>{percent} %</span>
          </li>
        ))}
      </ul>
      {sum !== 100 && (
        <p className={classes.wrong} role="status">
          Together {sum} %, not 100 %.
        </p>
      )}
    </div>
  );
}

const SERIES = 10;
