import { ensurePagesBuilt } from '../../../tools/build-stamp.mjs';

/** Before any test: the pages are built from the sources as they are, or SLIPWAY_TEST_PAGES names a build of them. */
export default function buildPagesOnce(): void {
  if (process.env.SLIPWAY_TEST_PAGES === undefined && !ensurePagesBuilt())
    throw new Error('the web pages do not build; the messages stand above');
}
