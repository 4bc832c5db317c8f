import { ActionIcon, Slider } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { ChevronLeft, ChevronRight, Pause, Play } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useShortcut } from '../ui/shortcuts.ts';
import { TimeText } from '../ui/texts.tsx';
import { Tooltip } from '../ui/tooltip.tsx';
import { type ArtifactOwner, viewUrl } from './artifact-owner.ts';
import classes from './artifact-view.module.css';
import { Picture } from './picture.tsx';
import steppedClasses from './stepped-images-view.module.css';
import type { ImageSeries } from './stepped-names.ts';

interface SteppedImagesViewProps {
  readonly owner: ArtifactOwner;
  readonly folder: string;
  readonly series: readonly ImageSeries[];
  /** The key of the series that is shown large; all of them small without it. */
  readonly chosen: string | undefined;
}

const FRAME_MS = 700;

/** Pictures that were logged step by step: all series side by side at one step, or one of them large. */
export function SteppedImagesView({ owner, folder, series, chosen }: SteppedImagesViewProps) {
  const shown = series.find(({ key }) => key === chosen);
  const steps = stepsOf(shown === undefined ? series : [shown]);
  const [step, setStep] = useStep(steps);
  const title = shown?.key ?? 'Pictures by step';
  return (
    <>
      <header className={classes.head}>
        <h2 className={classes.title} dir="auto">
          {title}
        </h2>
        <span className={classes.facts}>
          {shown === undefined ? `${series.length} series · ` : ''}
          {steps.length} {steps.length === 1 ? 'step' : 'steps'}
        </span>
      </header>
      <StepBar steps={steps} step={step} onStep={setStep} />
      {shown === undefined ? (
        <div className={classes.scroll}>
          <ul className={steppedClasses.grid}>
            {series.map((one) => (
              <SmallPicture key={one.key} owner={owner} folder={folder} series={one} step={step} />
            ))}
          </ul>
        </div>
      ) : (
        <LargePicture owner={owner} series={shown} step={step} />
      )}
    </>
  );
}

/** The step stands in the address, so that a link leads to the same picture. */
function useStep(steps: readonly number[]): readonly [number, (step: number) => void] {
  const { step: inAddress } = useSearch({ strict: false }) as { readonly step?: unknown };
  const navigate = useNavigate();
  const last = steps.at(-1) ?? 0;
  const step = steps.includes(Number(inAddress ?? Number.NaN)) ? Number(inAddress) : last;
  const setStep = (next: number) =>
    void navigate({
      to: '.',
      search: (search: object) => ({ ...search, step: next }),
      replace: true,
      resetScroll: false,
    });
  return [step, setStep];
}

interface StepBarProps {
  readonly steps: readonly number[];
  readonly step: number;
  readonly onStep: (step: number) => void;
}

function StepBar({ steps, step, onStep }: StepBarProps) {
  const [isPlaying, setPlaying] = useState(false);
  const index = steps.indexOf(step);
  const go = (to: number) => {
    const next = steps[Math.max(0, Math.min(steps.length - 1, to))];
    if (next !== undefined) onStep(next);
  };
  useShortcut('arrowleft', 'Step before', () => go(index - 1));
  useShortcut('arrowright', 'Next step', () => go(index + 1));
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setTimeout(() => go(index + 1 < steps.length ? index + 1 : 0), FRAME_MS);
    return () => clearTimeout(timer);
  });
  if (steps.length < 2) return <div className={classes.toolbar}>Step {step}</div>;
  const PlayIcon = isPlaying ? Pause : Play;
  const playLabel = isPlaying ? 'Stop' : 'Play the steps';
  return (
    <div className={classes.toolbar}>
      <Tooltip label={playLabel}>
        <ActionIcon
          size="sm"
          variant="subtle"
          color="gray"
          aria-label={playLabel}
          onClick={() => setPlaying(!isPlaying)}
        >
          <PlayIcon size={14} aria-hidden />
        </ActionIcon>
      </Tooltip>
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label="Step before"
        disabled={index <= 0}
        onClick={() => go(index - 1)}
      >
        <ChevronLeft size={15} aria-hidden />
      </ActionIcon>
      <Slider
        className={steppedClasses.slider}
        size="sm"
        thumbLabel="Step"
        min={0}
        max={steps.length - 1}
        step={1}
        value={index}
        label={(at) => `Step ${steps[at]}`}
        thumbValueText={(at) => `Step ${steps[at]}`}
        onChange={go}
      />
      <ActionIcon
        size="sm"
        variant="subtle"
        color="gray"
        aria-label="Next step"
        disabled={index >= steps.length - 1}
        onClick={() => go(index + 1)}
      >
        <ChevronRight size={15} aria-hidden />
      </ActionIcon>
      <span className={steppedClasses.step}>
        Step {step.toLocaleString('en-US')} of {steps.at(-1)?.toLocaleString('en-US')}
      </span>
    </div>
  );
}

/** The picture of a step, or the last one before it. */
const imageAt = ({ images }: ImageSeries, step: number) =>
  images.findLast((image) => image.step <= step) ?? images[0]!;

interface SmallPictureProps {
  readonly owner: ArtifactOwner;
  readonly folder: string;
  readonly series: ImageSeries;
  readonly step: number;
}

function SmallPicture({ owner, series, step }: SmallPictureProps) {
  const navigate = useNavigate();
  const image = imageAt(series, step);
  const open = () =>
    void navigate({ to: '.', search: (search: object) => ({ ...search, series: series.key, step }) });
  return (
    <li>
      <button type="button" className={steppedClasses.card} onClick={open}>
        <span className={steppedClasses.frame}>
          <img src={viewUrl(owner, image.smallPath ?? image.path)} alt="" loading="lazy" />
        </span>
        <span className={steppedClasses.name} dir="auto">
          {series.key}
        </span>
        <span className={steppedClasses.facts}>
          {image.step === step ? `Step ${image.step}` : `Step ${image.step} (none at ${step})`}
        </span>
      </button>
    </li>
  );
}

interface LargePictureProps {
  readonly owner: ArtifactOwner;
  readonly series: ImageSeries;
  readonly step: number;
}

function LargePicture({ owner, series, step }: LargePictureProps) {
  const image = imageAt(series, step);
  useNeighboursAhead(owner, series, image.path);
  return (
    <Picture
      url={viewUrl(owner, image.path)}
      label={`${series.key}, step ${image.step}`}
      tools={
        <span>
          Logged <TimeText timeMs={image.timestampMs} />
        </span>
      }
    />
  );
}

/** The pictures beside the one that is shown are fetched ahead, so that the slider shows them at once. */
function useNeighboursAhead(owner: ArtifactOwner, { images }: ImageSeries, path: string): void {
  useEffect(() => {
    const at = images.findIndex((image) => image.path === path);
    for (const neighbour of [images[at - 1], images[at + 1]]) {
      if (neighbour !== undefined) new Image().src = viewUrl(owner, neighbour.path);
    }
  }, [owner, images, path]);
}

function stepsOf(series: readonly ImageSeries[]): readonly number[] {
  const steps = new Set(series.flatMap(({ images }) => images.map(({ step }) => step)));
  return [...steps].sort((a, b) => a - b);
}
