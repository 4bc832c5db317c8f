import { randomInt } from 'node:crypto';

// Words of our own choosing; only the form adjective-noun-number is MLflow's.
const ADJECTIVES = (
  'able agile amber ancient aquatic ardent balanced bold brave bright brisk calm candid careful cheerful clever crisp ' +
  'curious daring deft eager earnest elegant fair fearless fine fleet fond gentle gifted glad golden graceful grand ' +
  'hardy honest humble keen kind lively lucid lunar mellow merry mighty mild modest neat nimble noble patient placid ' +
  'polite proud quick quiet rapid rare salty serene sharp silent sleek smart snug solar spry steady stoic sunny swift ' +
  'tidy tranquil trusty upbeat vivid warm wise witty worthy zesty'
).split(' ');
const NOUNS = (
  'albatross anchor auk badger beacon bear beaver bison bosun buoy capstan cod colt cormorant crab crane cutter deer ' +
  'dinghy dolphin dove duck eagle eel elk ferry finch fox frigate gannet gull hare harbor hawk heron horse hull ibis jay ' +
  'keel kelp ketch kestrel lark lighthouse lynx mackerel mast moose newt oar orca osprey otter owl pelican penguin perch ' +
  'pier plover porpoise puffin quay raven rudder sail salmon schooner seal shark shrew skiff sloop snail sparrow squid ' +
  'stork swan tern tide trout tug turtle walrus wave whale wren yacht'
).split(' ');

/** A name for a run whose creator gave none: `adjective-noun-number`. */
export function randomRunName(): string {
  return `${ADJECTIVES[randomInt(ADJECTIVES.length)]}-${NOUNS[randomInt(NOUNS.length)]}-${randomInt(1000)}`;
}
